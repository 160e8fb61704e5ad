#include "variation.hpp"

static double log_prob(double z) {
  const double far = std::abs(z);  // the density is even
  return -far - 2 * std::log1p(std::exp(-far));
}

static double cdf(double z) { return 1 / (1 + std::exp(-z)); }

const Density& variation() {
  static const Density known{.name = "logistic",
                             .formula = "p(x) = e^-z / (scale (1 + e^-z)^2), z = (x - loc) / scale",
                             .log_prob = log_prob,
                             .cdf = cdf,
                             .variance = std::numbers::pi * std::numbers::pi / 3};
  return known;
}
