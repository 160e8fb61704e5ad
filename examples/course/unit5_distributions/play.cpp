// A place to play: the gradient of an expectation in two ways, with more and more samples.
// Nothing here is checked or handed in. ./course play builds and runs it.

#include <cstdio>

#include "distributions.hpp"

using namespace tiny;

int main() {
  Rng rng(1);
  std::printf("d E[x^2] / d loc at N(1, 0.5^2), which is 2\n\n%9s%22s%22s\n", "samples",
              "score function", "along the path");
  for (const int n : {10, 100, 1000, 10000, 100000}) {
    const Estimate score = score_gradient([](double x) { return x * x; }, 1, 0.5, n, rng).loc;
    const Estimate path = path_gradient([](double x) { return 2 * x; }, 1, 0.5, n, rng).loc;
    std::printf("%9d%12.3f +- %6.3f%12.3f +- %6.3f\n", n, score.mean, score.standard_error,
                path.mean, path.standard_error);
  }
}
