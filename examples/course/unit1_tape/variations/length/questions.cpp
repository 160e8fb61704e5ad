#include "variation.hpp"

const Questions& questions() {
  static const Questions asked{
      .points = {{3, 4}, {-1, 2}, {0.5, -0.2}, {0, 2}},
      .extremes = {{3e200, 4e200}, {3e-200, -4e-200}},
  };
  return asked;
}
