#pragma once

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "vae/elbo.hpp"

// The two estimators of the bound (Kingma and Welling, Auto-Encoding Variational Bayes, section 2.3).
// `likelihood` is any function from z [..., Z] to a distribution p(x|z) whose log_prob(x) is [..., B];
// q and prior have event_dims = 1. Gradients reach q through rsample.

namespace tapestry::vae {

struct SgvbOptions {
  int samples = 1;  ///< L, draws of z for each image
  double beta = 1;  ///< weight of the KL in the objective; the bound stays the bound
};

namespace detail {

/// z [B, Z] for one sample, [L, B, Z] for several.
template <class Q>
Tensor draw(const Q& q, int samples, Rng& rng) {
  check<ConfigError>(samples >= 1, "the estimator needs at least 1 sample, not {}", samples);
  return samples == 1 ? q.rsample(rng) : q.rsample(rng, {samples});
}

inline Tensor mean_over_samples(const Tensor& t, int samples) {
  return samples == 1 ? t : mean(t, 0);
}

}  // namespace detail

/// Estimator B (equation 7): the KL in closed form, only the reconstruction is sampled.
template <class Q, class Prior, class Likelihood>
ElboTerms sgvb_analytic_kl(const Tensor& x, const Q& q, const Prior& prior, Likelihood&& likelihood,
                           Rng& rng, const SgvbOptions& options = {}) {
  using prob::kl;  // called unqualified: an overload beside a distribution made elsewhere counts
  const Tensor z = detail::draw(q, options.samples, rng);
  return {.log_lik = detail::mean_over_samples(likelihood(z).log_prob(x), options.samples),
          .kl = kl(q, prior),
          .beta = options.beta};
}

/// Estimator A (equation 6): log p(x|z) + log p(z) - log q(z|x) at the same samples. Needs no closed
/// form; the last two terms are a noisy KL, whose value can be negative for one image.
template <class Q, class Prior, class Likelihood>
ElboTerms sgvb_generic(const Tensor& x, const Q& q, const Prior& prior, Likelihood&& likelihood,
                       Rng& rng, const SgvbOptions& options = {}) {
  const Tensor z = detail::draw(q, options.samples, rng);
  return {.log_lik = detail::mean_over_samples(likelihood(z).log_prob(x), options.samples),
          .kl = detail::mean_over_samples(q.log_prob(z) - prior.log_prob(z), options.samples),
          .beta = options.beta};
}

}  // namespace tapestry::vae
