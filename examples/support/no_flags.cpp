// The programs of the tour take no flags: an unknown one is refused before main, with the flag that may have been meant.

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "near_miss.hpp"

namespace {

// The C library passes the arguments of main to the functions that run before it.
[[gnu::constructor]] void refuse_flags(int argc, char** argv, char**) {
  if (argc <= 1) return;
  const std::string path = argv[0], name = path.substr(path.rfind('/') + 1), flag = argv[1];
  const std::string near =
      support::near_miss(flag, {"--step", "--html", "--nan", "--debug", "--list", "--help"});
  if (near == "--help" || flag == "-h") {
    fmt::print("{} takes no flags. `examples/run --help` lists those that go before its name.\n",
               name);
    std::exit(flag == near || flag == "-h" ? 0 : 2);
  }
  fmt::print(stderr, "{}: unknown flag '{}': the program takes none\n    hint: {}\n", name, flag,
             near.empty()       ? "examples/run --help lists the flags of every program"
             : near == "--list" ? "did you mean examples/run --list?"
                                : fmt::format("did you mean {0}? it goes before the name: "
                                              "examples/run {0} {1}",
                                              near, name));
  std::exit(2);
}

}  // namespace
