#include "variation.hpp"

static double value(const tiny::Table& q, const tiny::Table& log_joint) {
  double most = -INFINITY, sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) most = std::max(most, log_joint[z]);
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += std::sqrt(q[z] * std::exp(log_joint[z] - most));
  return most + 2 * std::log(sum);
}

const Facts& variation() {
  static const Facts known{"renyi", "2 log E_q[sqrt(p(x, z) / q(z))]", value};
  return known;
}
