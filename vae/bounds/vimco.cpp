#include "vae/bounds/vimco.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/monte_carlo.hpp"
#include "vae/bounds/expectation.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/bounds/iwae.hpp"

namespace tapestry::vae {

Tensor vimco_signals(const Tensor& tracked) {
  check_log_weights(tracked);
  const std::int64_t K = tracked.dim(0);
  check<ConfigError>(K >= 2, "VIMCO compares each draw with the others: 2 samples or more, not {}",
                     K);
  const NoGrad no_grad;
  check_values("VIMCO", "log w", tracked, kFinite);
  const Tensor log_w = reshape(tracked.detach(), {K, -1});
  // Row k: all log weights, with the mean of the others in the place of the k-th.
  const Tensor own = reshape(eye(K, log_w.dtype()), {K, K, 1});
  const Tensor others = (sum(log_w, 0) - log_w) / static_cast<double>(K - 1);
  const Tensor replaced =
      (1.0 - own) * reshape(log_w, {1, K, -1}) + own * reshape(others, {1, K, -1});
  const Tensor without = prob::log_mean_exp(transpose(replaced, {1, 0, 2}));
  return reshape(iwae_bound(log_w) - without, tracked.shape());
}

Tensor vimco_bound(const Tensor& log_p, const Tensor& log_q) {
  check<ShapeError>(log_p.shape() == log_q.shape(),
                    "VIMCO: log p(x, z) has the shape {}, but log q(z|x) has {}", log_p.shape(),
                    log_q.shape());
  const Tensor log_w = log_p - log_q;
  return iwae_bound(log_w) + sum(score_term(log_q, vimco_signals(log_w)), 0);
}

}  // namespace tapestry::vae
