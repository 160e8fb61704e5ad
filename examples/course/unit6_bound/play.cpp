// A place to play: how log p(x) comes nearer with more samples, and how many of them count.
// Nothing here is checked or handed in. ./course play builds and runs it.

#include <cmath>
#include <cstdio>

#include "bound.hpp"

using namespace tiny;

int main() {
  const Model model{1.5, 0.5, 0.8};
  const double x = 2,
               evidence = normal_log_prob(x, model.bias, std::hypot(model.weight, model.scale));
  const Q q{0.2, 0.9};
  Rng rng(1);
  std::printf("log p(x) = %.4f\n\n%9s%16s%14s\n", evidence, "samples", "log mean w", "effective");
  for (const int n : {1, 10, 100, 1000, 10000}) {
    std::vector<double> log_weights;
    for (int i = 0; i < n; ++i) {
      const double z = q.loc + q.width * rng.normal();
      log_weights.push_back(normal_log_prob(z, 0, 1) +
                            normal_log_prob(x, model.weight * z + model.bias, model.scale) -
                            normal_log_prob(z, q.loc, q.width));
    }
    std::printf("%9d%16.4f%14.1f\n", n, log_mean_weight(log_weights),
                effective_sample_size(log_weights));
  }
  const Estimate a = estimator_a(model, x, q, 10000, rng), b = estimator_b(model, x, q, 10000, rng);
  std::printf("\nthe bound: A %.4f +- %.4f, B %.4f +- %.4f\n", a.mean, a.standard_error, b.mean,
              b.standard_error);
}
