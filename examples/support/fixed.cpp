#include "fixed.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

namespace support {

bool fixed(int argc, char** argv) {
  if (argc == 1) return false;
  const std::string_view flag = argv[1];
  if (argc == 2 && flag == "--fixed") return true;
  const bool help = flag == "--help" || flag == "-h";
  fmt::print(help ? stdout : stderr,
             "{}usage: {} [--fixed]\n"
             "Shows what a mistake in a gradient does; with --fixed the same without the mistake.\n"
             "The mistakes are found in docs/howto/debug_a_gradient.md.\n",
             help ? "" : fmt::format("unknown argument '{}'\n", flag), argv[0]);
  std::exit(help ? 0 : 2);
}

}  // namespace support
