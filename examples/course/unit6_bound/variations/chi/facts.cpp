#include "variation.hpp"

static double value(const tiny::Table& q, const tiny::Table& log_joint) {
  double most = -INFINITY, sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) most = std::max(most, log_joint[z]);
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += std::exp(2 * (log_joint[z] - most)) / q[z];
  return most + std::log(sum) / 2;
}

const Facts& variation() {
  static const Facts known{"chi", "(1/2) log E_q[(p(x, z) / q(z))^2]", value};
  return known;
}
