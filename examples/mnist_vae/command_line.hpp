#pragma once

#include "settings.hpp"

namespace mnist_vae {

constexpr const char* kVersion = "0.1.0";

/// Reads the command line over --config's file, or over the run's own config.json with --resume and
/// --load. Prints and exits for --help and --version. Throws ConfigError for a wrong flag or value,
/// before it has written anything.
Config parse(int argc, char** argv);

/// What the flags alone say: looks at no file and writes none.
Config parse_flags(int argc, char** argv);

}  // namespace mnist_vae
