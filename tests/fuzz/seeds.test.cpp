#include "autograd/random.hpp"
#include "fuzz/target.hpp"
#include "support/catch.hpp"

using namespace tapestry;

// A finding ends the program, so that a test that returns has found none.
TEST_CASE("fuzz: every reader stands its seeds, their beginnings, and bytes changed in them") {
  for (const fuzz::Target& target : fuzz::targets()) {
    INFO(target.name);
    Rng rng = Rng(1).stream(target.name);
    const std::vector<std::string> seeds = target.seeds();
    REQUIRE(!seeds.empty());
    for (const std::string& seed : seeds) {
      target.run(seed);
      std::vector<std::uint32_t> dice(120);
      rng.bits(dice);
      for (std::size_t i = 0; i + 2 < dice.size(); i += 3) {
        target.run(std::string_view(seed).substr(0, dice[i] % (seed.size() + 1)));
        std::string changed = seed;
        if (!changed.empty()) changed[dice[i + 1] % seed.size()] = static_cast<char>(dice[i + 2]);
        target.run(changed);
      }
    }
  }
  SUCCEED();
}
