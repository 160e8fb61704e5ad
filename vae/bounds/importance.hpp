#pragma once

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"
#include "prob/monte_carlo.hpp"

// Importance sampling: draw from q what should have been drawn from p, and weigh it by w = p / q.
// Everything is kept as log w; axis 0 counts the samples.

namespace tapestry::vae {

/// An estimate of log p(x), or of the log of another normaliser, with its quality.
struct LogPx {
  Tensor log_px;  ///< [B] nats; a lower bound on average, tight when `ess` is large
  Tensor ess;     ///< [B] effective sample size (sum w)^2 / sum w^2, from 1 to K
  /// [B] standard error of log_px, of first order: nothing to trust at a small ess; of K = 1 infinite
  Tensor se;
};

/// ShapeError unless axis 0 of log_w counts at least one sample.
void check_log_weights(const Tensor& log_w);

/// log of the average of w, for log w [K, B]. Not recorded. ShapeError without samples.
LogPx log_px(const Tensor& log_w);

/// w / sum of w, over axis 0. Recorded.
Tensor normalized_weights(const Tensor& log_w);

/// (sum w)^2 / sum w^2 over axis 0: how many draws from p itself would be as good. Not recorded.
Tensor effective_sample_size(const Tensor& log_w);

/// E_p[f] where p is known up to a factor: sum of w f / sum of w. log w and f [K, B]; the bias is of
/// order 1/ess. Not recorded. ShapeError if the shapes differ; needs at least 2 samples.
prob::Estimate self_normalized(const Tensor& log_w, const Tensor& f);

/// [samples, batch] f(z) p(z) / q(z) for z from q: their average is E_p[f] without bias, and has the
/// least noise when q is in proportion to |f| p. Recorded, but z carries no gradient.
///
///     prob::estimate(vae::importance_terms(f, p, q, 10000, rng))    // mean and standard error
template <class F, prob::Distribution P, prob::Distribution Q>
Tensor importance_terms(F&& f, const P& p, const Q& q, std::int64_t samples, Rng& rng) {
  const Tensor z = q.sample(rng, {samples});
  return f(z) * exp(p.log_prob(z) - q.log_prob(z));
}

}  // namespace tapestry::vae
