// A place to play: your concept program of 8.7 on your own functions, first as it is, then with
// each of your mistakes. Nothing here is checked or handed in. ./course play builds and runs it.
// Put a fault into one of the functions of `library` below, and see whether a claim breaks: the
// grader does the same.

#include <cstdio>

#include "concept.hpp"

using namespace tiny;

int main() {
  const Library library{beta_objective, best_q, expected_iwae, spread};
  const Model model{{0.5, 0.3, 0.2}, {-1, -3, -2}};
  const Table q{0.3, 0.3, 0.4};

  std::vector<NamedMistake> runs{{"", "no mistake"}};
  for (const NamedMistake& mistake : mistakes()) runs.push_back(mistake);
  for (const NamedMistake& mistake : runs) {
    Concept c(library, model, q, mistake.name);
    program(c);
    std::printf("%s%s%s\n", mistake.name.c_str(), mistake.name.empty() ? "" : ": ",
                mistake.what.c_str());
    for (const Claim& claim : c.claims()) {
      const bool holds = claim.low <= claim.measured && claim.measured <= claim.high;
      std::printf("  %-6s %12.6g  in %.6g +- %.2g  %s\n", holds ? "holds" : "BREAKS",
                  claim.measured, (claim.low + claim.high) / 2, (claim.high - claim.low) / 2,
                  claim.name.c_str());
    }
    std::printf("\n");
  }
}
