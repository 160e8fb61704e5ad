#pragma once

#include "concepts/discrete/belief_net.hpp"
#include "prob/one_hot_categorical.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/bounds/renyi.hpp"

// The bidirectional Helmholtz machine (Bornschein, Shabanian, Fischer and Bengio, Bidirectional Helmholtz Machines,
// 2016): the model is the geometric mean of a net that goes down and a net that goes up,
//
//     p*(x, h) = sqrt(p(x, h) q(x, h)) / Z,     q(x, h) = q(h|x) q(x),  where q(x) is p*(x) itself.

namespace concepts {

/// log (sum_h sqrt(p(x, h) q(h|x)))^2, which is log p*(x) + 2 log Z: from tables [..., states].
inline Tensor log_p_tilde(const Tensor& log_p, const Tensor& log_q) {
  return 2.0 * logsumexp(0.5 * (log_p + log_q), -1);
}
/// log p*(x) of all x, from their log_p_tilde: Z^2 is the sum over x.
inline Tensor log_p_star(const Tensor& tilde) { return tilde - logsumexp(tilde); }

/// The weights of draws from q(h|x) as draws from p*(h|x): log w [K, B] -> [K, B].
inline Tensor weights_of_p_star(const Tensor& log_w) {
  return vae::normalized_weights(0.5 * log_w);
}

/// A number whose gradient is that of log p~*(x), where its weights count as numbers.
inline Tensor climbed(const Tensor& weights, const Tensor& log_p, const Tensor& log_q) {
  return sum(weights.detach() * (log_p + log_q), 0);
}

/// log p~*(x) by `samples` draws of q, and what makes it grow. Z stays out: it is at most 1, so log p~* is a bound.
inline vae::Objective helmholtz(BeliefNet& net, const Tensor& x, Rng& rng, std::int64_t samples) {
  const Layers h = net.infer(x, rng, samples);
  const Tensor log_p = net.log_p(h), log_q = net.log_q(h), log_w = (log_p - log_q).detach();
  return {.value = climbed(weights_of_p_star(log_w), log_p, log_q),
          .bound = vae::renyi_bound(log_w, 0.5)};
}

/// log of terms with mean Z^2: (x, h) from p, h' from q(h|x). [samples, n]
///
///     Z^2 = sum_x sum_h sum_h' sqrt(p(x, h) q(h|x) p(x, h') q(h'|x)) = E sqrt(w(x, h') / w(x, h))
inline Tensor log_z2_terms(BeliefNet& net, std::int64_t n, Rng& rng, std::int64_t samples) {
  const NoGrad no_grad;
  const Layers h = net.dream(n, rng);
  return 0.5 * (net.log_weights(h[0], rng, samples) - (net.log_p(h) - net.log_q(h)));
}

/// One of K draws for each of n chains, by its log weight [K, n]: draws [K, n, width] -> [n, width].
inline Tensor pick(const Tensor& log_weight, const Tensor& draws, Rng& rng) {
  const Tensor one = prob::OneHotCategorical(transpose(log_weight, {1, 0})).sample(rng);  // [n, K]
  return sum(reshape(transpose(one, {1, 0}), {draws.dim(0), draws.dim(1), 1}) * draws, 0);
}

/// A Gibbs sweep of p*, from p towards p*: h_1 of `samples` draws of q(h|x), then x of as many draws of p(x|h_1).
///
///     p*(h|x) ~ q(h|x) sqrt(w(x, h))        p*(x|h) ~ p(x|h_1) sqrt(p~*(x) q(h_1|x) / p(x|h_1))
inline Tensor sweep(BeliefNet& net, const Tensor& x, Rng& rng, std::int64_t samples) {
  const NoGrad no_grad;
  const Layers h = net.infer(x, rng, samples);
  const Tensor h_1 = pick(0.5 * (net.log_p(h) - net.log_q(h)), h[1], rng);
  const Tensor drawn = net.below(0, h_1).sample(rng, {samples});              // [K, n, D]
  const Tensor each = reshape(drawn, {-1, x.dim(1)});                         // [K n, D]
  const Tensor tilde = vae::renyi_bound(net.log_weights(each, rng, 4), 0.5);  // of p~*(x)
  const Tensor log_ratio = net.above(0, drawn).log_prob(h_1) - net.below(0, h_1).log_prob(drawn);
  return pick(0.5 * (reshape(tilde, {samples, x.dim(0)}) + log_ratio), drawn, rng);
}

}  // namespace concepts
