#include "vae/bounds/importance.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

void check_log_weights(const Tensor& log_w) {
  check<ShapeError>(log_w.rank() >= 1 && log_w.dim(0) >= 1,
                    "importance sampling: axis 0 of log w must count the samples, not {}",
                    log_w.shape());
}

namespace {

double samples_of(const Tensor& log_w) {
  check_log_weights(log_w);
  return static_cast<double>(log_w.dim(0));
}

}  // namespace

LogPx log_px(const Tensor& log_w) {
  const NoGrad no_grad;
  const double k = samples_of(log_w);
  const Tensor ess = effective_sample_size(log_w);
  // The relative variance of a mean of w is (K / ess - 1) / (K - 1); rounding may leave it below 0. One w says nothing of it.
  const Tensor relative =
      k > 1 ? maximum(k / ess - 1.0, 0.0) / (k - 1) : full(ess.shape(), kInfinity, ess.dtype());
  return {.log_px = logsumexp(log_w, 0) - std::log(k), .ess = ess, .se = sqrt(relative)};
}

Tensor normalized_weights(const Tensor& log_w) {
  samples_of(log_w);
  return softmax(log_w, 0);
}

Tensor effective_sample_size(const Tensor& log_w) {
  const NoGrad no_grad;
  return reciprocal(sum(square(normalized_weights(log_w)), 0));
}

prob::Estimate self_normalized(const Tensor& log_w, const Tensor& f) {
  check<ShapeError>(log_w.shape() == f.shape(),
                    "importance sampling: log w has the shape {}, but f has {}", log_w.shape(),
                    f.shape());
  check<ConfigError>(samples_of(log_w) >= 2,
                     "importance sampling needs at least 2 samples for an "
                     "error, not {}",
                     log_w.dim(0));
  const NoGrad no_grad;
  const Tensor w = normalized_weights(log_w), average = sum(w * f, 0);
  return {average, sqrt(sum(square(w * (f - average)), 0)), log_w.dim(0)};
}

}  // namespace tapestry::vae
