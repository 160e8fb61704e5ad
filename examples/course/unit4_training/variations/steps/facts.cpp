#include "variation.hpp"

static double value(int step, int steps, double rate) {
  const double third = steps / 3.0;
  return step > 2 * third + 1e-9 ? rate / 100 : step > third + 1e-9 ? rate / 10 : rate;
}

const Facts& variation() {
  static const Facts known{"steps", "rate, rate / 10, rate / 100 in the three thirds", value};
  return known;
}
