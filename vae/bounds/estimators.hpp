#pragma once

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "vae/bounds/elbo.hpp"
#include "vae/bounds/expectation.hpp"

// Estimators of the bound and of its gradient (Kingma and Welling, Auto-Encoding Variational Bayes,
// section 2.3). `decode` is any function from z [..., Z] to a distribution p(x|z) whose
// log_prob(x) is [..., B]; q and prior have event_dims = 1. All estimate the same bound without
// bias; they differ in noise and in what they ask of q.

namespace tapestry::vae {

enum class Estimator {
  automatic,             ///< B where KL(q || prior) has a closed form, A elsewhere
  analytic,              ///< B: closed-form KL, the rest through rsample
  generic,               ///< A: everything sampled
  sticking_the_landing,  ///< A without the score of q
  score_function,        ///< REINFORCE: z carries no gradient and may be discrete
};

/// How a bound is estimated, and what the KL weighs.
struct BoundOptions {
  /// Of `elbo` and `sgvb`; the functions with a name of their own are one each.
  Estimator estimator = Estimator::automatic;
  int samples = 1;               ///< L, draws of z for each image
  double beta = 1;               ///< weight of the KL in the objective; the bound stays the bound
  Baseline* baseline = nullptr;  ///< of the score function; null = none
};

namespace detail {

inline void check_samples(int samples) {
  check<ConfigError>(samples >= 1, "the estimator needs at least 1 sample, not {}", samples);
}

/// {} for one sample, z is then [B, Z]; {L} for several, [L, B, Z].
inline Shape sample_shape(int samples) {
  check_samples(samples);
  return samples == 1 ? Shape{} : Shape{samples};
}

// DomainError where a KL in closed form is below 0, by more than rounding.
void check_not_negative(const Tensor& kl);

inline Tensor mean_over_samples(const Tensor& t, int samples) {
  return samples == 1 ? t : mean(t, 0);
}

}  // namespace detail

/// Estimator B (equation 7): the KL in closed form, only the reconstruction is sampled.
template <class Q, class Prior, class Decode>
ElboTerms sgvb_analytic_kl(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode,
                           Rng& rng, const BoundOptions& options = {}) {
  using prob::kl;  // called unqualified: an overload beside a distribution made elsewhere counts
  constexpr bool closed = requires { kl(q, prior); };
  static_assert(closed, "KL(q || prior) has no closed form: use sgvb_generic, which samples it");
  if constexpr (closed) {
    const Tensor z = q.rsample(rng, detail::sample_shape(options.samples));
    const Tensor divergence = kl(q, prior);
    detail::check_not_negative(divergence);
    return {.log_lik = detail::mean_over_samples(decode(z).log_prob(x), options.samples),
            .kl = divergence,
            .beta = options.beta};
  }
}

/// Estimator A (equation 6): log p(x|z) + log p(z) - log q(z|x) at the same samples. Needs no closed
/// form; the last two terms are a noisy KL, whose value can be negative for one image.
template <class Q, class Prior, class Decode>
ElboTerms sgvb_generic(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
                       const BoundOptions& options = {}) {
  const prob::SampledLatent drawn =
      prob::rsample_and_log_prob(q, rng, detail::sample_shape(options.samples));
  const Tensor& z = drawn.z;
  return {.log_lik = detail::mean_over_samples(decode(z).log_prob(x), options.samples),
          .kl = detail::mean_over_samples(drawn.log_q - prior.log_prob(z), options.samples),
          .beta = options.beta};
}

/// Sticking the landing (Roeder, Wu, Duvenaud 2017): A in value, but the gradient leaves out the
/// score of q. At q = p(z|x) nothing is left to differentiate, and the gradient has no noise at all.
template <class Q, class Prior, class Decode>
ElboTerms sgvb_sticking_the_landing(const Tensor& x, const Q& q, const Prior& prior,
                                    Decode&& decode, Rng& rng, const BoundOptions& options = {}) {
  const Tensor z = q.rsample(rng, detail::sample_shape(options.samples));
  return {.log_lik = detail::mean_over_samples(decode(z).log_prob(x), options.samples),
          .kl = detail::mean_over_samples(path_log_prob(q, z) - prior.log_prob(z), options.samples),
          .beta = options.beta};
}

/// The score function (Paisley, Blei, Jordan 2012; Ranganath, Gerrish, Blei 2014): A in value, with
/// (objective - baseline) grad log q(z|x) as the gradient of q. Decoder and prior get theirs as ever.
template <class Q, class Prior, class Decode>
ElboTerms sgvb_score_function(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode,
                              Rng& rng, const BoundOptions& options = {}) {
  Baseline none = Baseline::none();
  Baseline& baseline = options.baseline ? *options.baseline : none;
  const Tensor z = q.sample(rng, detail::sample_shape(options.samples));
  const Tensor log_q = q.log_prob(z);
  const ElboTerms each{.log_lik = decode(z).log_prob(x),
                       .kl = log_q.detach() - prior.log_prob(z),
                       .beta = options.beta};
  const Tensor f = each.objective();  // of one draw without the axis that counts the draws
  const Tensor by_sample =
      reshape(f, prob::join({options.samples}, Shape{f.size() / options.samples}));
  const Tensor score = score_term(log_q, reshape(baseline.centre(by_sample), f.shape()));
  return {.log_lik = detail::mean_over_samples(each.log_lik + score, options.samples),
          .kl = detail::mean_over_samples(each.kl.total(), options.samples),
          .beta = options.beta};
}

/// The one that `options.estimator` names. ConfigError if q cannot serve it: no reparameterisation, or
/// no closed-form KL to the prior.
template <class Q, class Prior, class Decode>
ElboTerms sgvb(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
               const BoundOptions& options = {}) {
  using prob::kl;
  constexpr bool has_density = requires { q.log_prob(x); };
  constexpr bool has_rsample = requires { q.rsample(rng); };
  constexpr bool has_pair = requires { q.rsample_and_log_prob(rng, Shape{}); };
  constexpr bool has_kl = requires { kl(q, prior); };

  Estimator estimator = options.estimator;
  if (estimator == Estimator::automatic)
    estimator = has_kl ? Estimator::analytic : Estimator::generic;
  if (estimator == Estimator::score_function) {
    if constexpr (has_density) return sgvb_score_function(x, q, prior, decode, rng, options);
  } else if constexpr (!has_rsample && !has_pair) {
    throw ConfigError(fmt::format("{} has no rsample: no gradient passes its samples", Q::kName),
                      "use Estimator::score_function");
  }
  if (estimator == Estimator::generic) {
    if constexpr (has_pair || (has_rsample && has_density))
      return sgvb_generic(x, q, prior, decode, rng, options);
  }
  if (estimator == Estimator::analytic) {
    if constexpr (has_kl && has_rsample) return sgvb_analytic_kl(x, q, prior, decode, rng, options);
    throw ConfigError(
        fmt::format("kl({}, {}) has no closed form, so there is no analytic estimator", Q::kName,
                    Prior::kName),
        "Estimator::generic samples it");
  }
  if constexpr (has_rsample && has_density) {
    return sgvb_sticking_the_landing(x, q, prior, decode, rng, options);
  }
  throw ConfigError(
      fmt::format("{} knows the density of its own samples alone: no estimator takes its score",
                  Q::kName),
      "use Estimator::generic");
}

}  // namespace tapestry::vae
