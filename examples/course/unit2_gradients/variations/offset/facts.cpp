#include "variation.hpp"

static tiny::Array value(const tiny::Arrays& in) {
  tiny::Array y = in[0];
  for (std::size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = y.data[i] * y.data[i] - std::exp(in[1].data[i % in[1].data.size()]);
  return y;
}

const Truth& variation() {
  static const Truth known{.name = "offset", .formula = "y_ij = x_ij^2 - exp(s_j)", .value = value};
  return known;
}
