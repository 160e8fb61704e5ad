#include "variation.hpp"

static double value(double a, double b) { return std::sqrt(a * a + b * b); }

// The same with the larger of the two taken out of the root.
static Facts::Extreme extreme(double a, double b) {
  const double most = std::max(std::abs(a), std::abs(b));
  const double y = most * value(a / most, b / most);
  return {y, a / y, b / y};
}

const Facts& facts() {
  static const Facts known{
      .op = {"length", 2, value},
      .formula = "y = sqrt(a^2 + b^2)",
      .extreme = extreme,
  };
  return known;
}
