#include "vae/exact/table.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::vae::exact::table {

namespace {

constexpr const char* kTable = "a table of q";

void check_table(const Tensor& log_q) {
  check_values(kTable, "log_q", log_q, kFinite);
  check_sums(kTable, "exp(log_q)", exp(log_q.detach()), 1.0);
}

}  // namespace

Tensor log_px(const Tensor& log_joint) { return logsumexp(log_joint, -1); }

Tensor log_posterior(const Tensor& log_joint) { return log_softmax(log_joint, -1); }

Tensor elbo(const Tensor& log_joint, const Tensor& log_q) {
  check_table(log_q);
  return sum(exp(log_q) * (log_joint - log_q), -1);
}

Tensor gap(const Tensor& log_joint, const Tensor& log_q) {
  check_table(log_q);
  return sum(exp(log_q) * (log_q - log_posterior(log_joint)), -1);
}

}  // namespace tapestry::vae::exact::table
