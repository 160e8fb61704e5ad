// What the judge knows.

#include "agree.hpp"

using namespace course;

double true_evidence(const Table& log_joint) {
  const double most = *std::max_element(log_joint.begin(), log_joint.end());
  double sum = 0;
  for (const double l : log_joint) sum += std::exp(l - most);
  return most + std::log(sum);
}

Table true_posterior(const Table& log_joint) {
  const double evidence = true_evidence(log_joint);
  Table p = log_joint;
  for (double& l : p) l = std::exp(l - evidence);
  return p;
}

double true_elbo(const Table& q, const Table& log_joint) {
  double sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += q[z] * log_joint[z] - q[z] * std::log(q[z]);
  return sum;
}

double true_kl(const Table& q, const Table& p) {
  double sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += q[z] * std::log(q[z] / p[z]);
  return sum;
}
