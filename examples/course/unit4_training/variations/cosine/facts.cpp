#include "variation.hpp"

static double value(int step, int steps, double rate) {
  return rate / 2 + rate / 2 * std::cos(std::numbers::pi * (step - 1) / steps);
}

const Facts& variation() {
  static const Facts known{"cosine", "rate (1 + cos(pi (step - 1) / steps)) / 2", value};
  return known;
}
