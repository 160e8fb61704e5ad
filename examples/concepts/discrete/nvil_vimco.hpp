#pragma once

#include "concepts/discrete/bidirectional_helmholtz.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/bounds/baseline.hpp"
#include "vae/bounds/expectation.hpp"
#include "vae/bounds/iwae.hpp"
#include "vae/bounds/vimco.hpp"

// Three ways to train nets of bits, from K draws h_k of q(h|x) and w_k = p(x, h_k) / q(h_k|x):
//
//     NVIL     sum_k (log w_k - C(x)) d log q_k / K + ...     climbs the ELBO       Mnih and Gregor 2014
//     VIMCO    sum_k (L - L_-k) d log q_k + ...               climbs L_K            Mnih and Rezende 2016
//     RWS      sum_k w~_k (d log p_k + d log q_k)             two aims: log p(x) for p, KL(p(h|x) || q) for q
//                                                             Bornschein and Bengio 2015, reweighted wake-sleep

namespace concepts {

/// What NVIL climbs, from log p(x, h) and log q(h|x) [K, B] of draws of q: its mean gradient is that of the ELBO, whatever
/// `signal` [K, B], log w less a number that does not depend on the draw, has taken off.
inline Tensor nvil_bound(const Tensor& log_p, const Tensor& log_q, const Tensor& signal) {
  return mean(log_p - log_q.detach() + vae::score_term(log_q, signal), 0);
}

/// L_K with the whole bound as the signal of every draw: right in the mean, and noisy. VIMCO takes L_-k off.
inline Tensor whole_bound(const Tensor& log_p, const Tensor& log_q) {
  const Tensor L = vae::iwae_bound(log_p - log_q);
  return L + sum(vae::score_term(log_q, L), 0);
}

/// The wake phases of RWS: draws of q stand for draws of the posterior with the weights w~.
inline Tensor weights_of_posterior(const Tensor& log_w) { return vae::normalized_weights(log_w); }

/// The steps that a wrong version replaces.
struct BitSteps {
  decltype(&vae::vimco_bound) vimco = vae::vimco_bound;
  decltype(&weights_of_posterior) weights = weights_of_posterior;
};

/// A belief net with the baseline of NVIL: C(x) learns to predict log w, beyond the mean of the steps before.
struct NvilNet : nn::Module {
  explicit NvilNet(const std::vector<std::int64_t>& widths)
      : net(*this, "net", widths),
        baseline(*this, "baseline", {widths[0], 100, 1}, Activation::tanh, Activation::none) {}
  nn::Child<BeliefNet> net;
  nn::Child<nn::Mlp> baseline;
  vae::Baseline steps_before = vae::Baseline::running_mean(0.9);
};

inline vae::Objective nvil(NvilNet& of, const Tensor& x, Rng& rng, std::int64_t samples) {
  const Layers h = of.net->infer(x, rng, samples);
  const Tensor log_p = of.net->log_p(h), log_q = of.net->log_q(h);
  const Tensor centred = of.steps_before.centre(log_p - log_q);  // [K, B]
  const Tensor tens = reshape(of.baseline(x), {-1});             // C(x), in units of ten nats
  const Tensor fit = mean(square(0.1 * centred - tens), 0);
  return {.value = nvil_bound(log_p, log_q, centred - 10.0 * tens.detach()) - fit,
          .bound = mean((log_p - log_q).detach(), 0),
          .parts = {{"baseline's error", fit.detach()}}};
}

inline vae::Objective vimco(BeliefNet& net, const Tensor& x, Rng& rng, std::int64_t samples,
                            const BitSteps& steps = {}) {
  const Layers h = net.infer(x, rng, samples);
  const Tensor log_p = net.log_p(h), log_q = net.log_q(h);
  return {.value = steps.vimco(log_p, log_q), .bound = vae::iwae_bound((log_p - log_q).detach())};
}

/// p by the wake phase, q by both: half of its gradient from the data, half from dreams of p.
inline vae::Objective reweighted_wake_sleep(BeliefNet& net, const Tensor& x, Rng& rng,
                                            std::int64_t samples) {
  const Layers h = net.infer(x, rng, samples), dream = net.dream(x.dim(0), rng);
  const Tensor log_p = net.log_p(h), log_q = net.log_q(h), log_w = (log_p - log_q).detach();
  const Tensor wake = climbed(weights_of_posterior(log_w), log_p, 0.5 * log_q);
  return {.value = wake + 0.5 * net.log_q(dream), .bound = vae::iwae_bound(log_w)};
}

}  // namespace concepts
