#pragma once

// Catch2 2.13 (Debian 12) and 3 (Ubuntu 24.04, Debian 13) behind one include. Tests use only what
// both have; Approx is spelled without its namespace.
#if __has_include(<catch2/catch_all.hpp>)
#  include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#  include <catch2/catch.hpp>
#endif
