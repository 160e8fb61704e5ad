#include "variation.hpp"

static double value(double a, double b) { return std::sqrt(a * a + b * b); }

const Facts& facts() {
  static const Facts known{
      .op = {"length", 2, value},
      .formula = "y = sqrt(a^2 + b^2)",
      .extremes = {{5e200, 0.6, 0.8}, {5e-200, 0.6, -0.8}},
  };
  return known;
}
