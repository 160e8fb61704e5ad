#pragma once

#include <cstdint>
#include <string_view>

namespace tapestry::nn {

/// FNV-1a of 64 bits (Fowler, Noll and Vo). Every step is a bijection of the sum so far, so a change
/// of a single byte is always found; other damage is missed with probability 2^-64.
std::uint64_t checksum(std::string_view bytes);

}  // namespace tapestry::nn
