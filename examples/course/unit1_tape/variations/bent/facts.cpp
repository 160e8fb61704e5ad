#include "variation.hpp"

static double value(double a, double) { return (std::sqrt(a * a + 1) - 1) / 2 + a; }

const Facts& facts() {
  static const Facts known{
      .op = {"bent", 1, value},
      .formula = "y = (sqrt(a^2 + 1) - 1) / 2 + a",
      .extremes = {{1.5e200, 1.5, 0}, {-0.5e200, 0.5, 0}},
  };
  return known;
}
