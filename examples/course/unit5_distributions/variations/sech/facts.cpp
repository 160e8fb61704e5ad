#include "variation.hpp"

// log cosh z = |z| + log(1 + e^-2|z|) - log 2
static double log_prob(double z) {
  const double far = std::abs(z);
  return -far - std::log1p(std::exp(-2 * far)) + std::log(2 / std::numbers::pi);
}

static double cdf(double z) { return 2 / std::numbers::pi * std::atan(std::exp(z)); }

const Density& variation() {
  static const Density known{.name = "sech",
                             .formula = "p(x) = 1 / (pi scale cosh z), z = (x - loc) / scale",
                             .log_prob = log_prob,
                             .cdf = cdf,
                             .variance = std::numbers::pi * std::numbers::pi / 4};
  return known;
}
