#pragma once

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "vae/elbo.hpp"
#include "vae/inference/expectation.hpp"

// Estimators of the bound and of its gradient (Kingma and Welling, Auto-Encoding Variational Bayes,
// section 2.3). `likelihood` is any function from z [..., Z] to a distribution p(x|z) whose
// log_prob(x) is [..., B]; q and prior have event_dims = 1. All estimate the same bound without
// bias; they differ in noise and in what they ask of q.

namespace tapestry::vae {

enum class Estimator {
  analytic,              ///< B: closed-form KL, the rest through rsample
  generic,               ///< A: everything sampled
  sticking_the_landing,  ///< A without the score of q
  score_function,        ///< REINFORCE: z carries no gradient and may be discrete
};

struct SgvbOptions {
  int samples = 1;               ///< L, draws of z for each image
  double beta = 1;               ///< weight of the KL in the objective; the bound stays the bound
  Baseline* baseline = nullptr;  ///< of the score function; null = none
};

namespace detail {

inline void check_samples(int samples) {
  check<ConfigError>(samples >= 1, "the estimator needs at least 1 sample, not {}", samples);
}

/// z [B, Z] for one sample, [L, B, Z] for several.
template <class Q>
Tensor draw(const Q& q, int samples, Rng& rng) {
  check_samples(samples);
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

/// Sticking the landing (Roeder, Wu, Duvenaud 2017): A in value, but the gradient leaves out the
/// score of q. At q = p(z|x) nothing is left to differentiate, and the gradient has no noise at all.
template <class Q, class Prior, class Likelihood>
ElboTerms sgvb_sticking_the_landing(const Tensor& x, const Q& q, const Prior& prior,
                                    Likelihood&& likelihood, Rng& rng,
                                    const SgvbOptions& options = {}) {
  const Tensor z = detail::draw(q, options.samples, rng);
  return {.log_lik = detail::mean_over_samples(likelihood(z).log_prob(x), options.samples),
          .kl = detail::mean_over_samples(path_log_prob(q, z) - prior.log_prob(z), options.samples),
          .beta = options.beta};
}

/// The score function (Paisley, Blei, Jordan 2012; Ranganath, Gerrish, Blei 2014): A in value, with
/// (objective - baseline) grad log q(z|x) as the gradient of q. Decoder and prior get theirs as ever.
template <class Q, class Prior, class Likelihood>
ElboTerms sgvb_score_function(const Tensor& x, const Q& q, const Prior& prior,
                              Likelihood&& likelihood, Rng& rng, const SgvbOptions& options = {}) {
  detail::check_samples(options.samples);
  Baseline none = Baseline::none();
  Baseline& baseline = options.baseline ? *options.baseline : none;
  const Tensor z = options.samples == 1 ? q.sample(rng) : q.sample(rng, {options.samples});
  const Tensor log_q = q.log_prob(z);
  const ElboTerms each{.log_lik = likelihood(z).log_prob(x),
                       .kl = log_q.detach() - prior.log_prob(z),
                       .beta = options.beta};
  const Tensor score = score_term(log_q, baseline.centre(each.objective()));
  return {.log_lik = detail::mean_over_samples(each.log_lik + score, options.samples),
          .kl = detail::mean_over_samples(each.kl, options.samples),
          .beta = options.beta};
}

/// Any of the four, chosen at run time. ConfigError if q cannot serve the one that is asked for: no
/// reparameterisation, or no closed-form KL to the prior.
template <prob::Distribution Q, class Prior, class Likelihood>
ElboTerms sgvb(Estimator estimator, const Tensor& x, const Q& q, const Prior& prior,
               Likelihood&& likelihood, Rng& rng, const SgvbOptions& options = {}) {
  using prob::kl;
  if (estimator == Estimator::score_function)
    return sgvb_score_function(x, q, prior, likelihood, rng, options);
  if constexpr (prob::Reparameterized<Q>) {
    if (estimator == Estimator::generic) return sgvb_generic(x, q, prior, likelihood, rng, options);
    if (estimator == Estimator::sticking_the_landing)
      return sgvb_sticking_the_landing(x, q, prior, likelihood, rng, options);
    if constexpr (requires { kl(q, prior); })
      return sgvb_analytic_kl(x, q, prior, likelihood, rng, options);
    else
      throw ConfigError(
          fmt::format("kl({}, {}) has no closed form, so there is no analytic estimator", Q::kName,
                      Prior::kName),
          "Estimator::generic samples it");
  } else {
    throw ConfigError(fmt::format("{} has no rsample: no gradient passes its samples", Q::kName),
                      "use Estimator::score_function");
  }
}

}  // namespace tapestry::vae
