#include "variation.hpp"

const Questions& questions() {
  static const Questions asked{
      .points = {{0.75, 0}, {-0.4, 0}, {2.4, 0}, {-3, 0}, {0, 0}},
      .extremes = {{1e200, 0}, {-1e200, 0}},
  };
  return asked;
}
