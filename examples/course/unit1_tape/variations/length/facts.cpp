#include "variation.hpp"

#include <cmath>

static double value(double a, double b) { return std::sqrt(a * a + b * b); }

const Variation& variation() {
  static const Variation facts{
      .name = "length",
      .formula = "y = sqrt(a^2 + b^2)",
      .arity = 2,
      .value = value,
      .points = {{3, 4}, {-1, 2}, {0.5, -0.2}, {0, 2}},
      .extremes = {{3e200, 4e200, 5e200, 0.6, 0.8}, {3e-200, -4e-200, 5e-200, 0.6, -0.8}},
  };
  return facts;
}
