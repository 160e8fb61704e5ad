#include "vae/bounds/adversarial.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

namespace {

/// The share of logits above 0, a logit of 0 counted half.
double share_above_0(const Tensor& logit) {
  const Tensor above = (logit > 0.0).to(DType::f64), below = (logit < 0.0).to(DType::f64);
  return 0.5 + 0.5 * mean(above - below).item();
}

}  // namespace

Tensor passed_for_real(const Tensor& logit_at_fake) { return log_sigmoid(logit_at_fake); }

double critic_accuracy(const Tensor& logit_at_real, const Tensor& logit_at_fake) {
  const NoGrad no_grad;
  return 0.5 * (share_above_0(logit_at_real) + 1 - share_above_0(logit_at_fake));
}

}  // namespace tapestry::vae
