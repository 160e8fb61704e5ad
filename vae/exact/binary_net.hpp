#pragma once

#include "autograd/random.hpp"
#include "prob/bernoulli.hpp"
#include "vae/exact/draw.hpp"

namespace tapestry::vae::exact {

/// F5, the binary net: K hidden bits, and D observed bits that depend on them. With K up to 12 or
/// so every expectation over z is a sum over the 2^K states, gradients included, so that nothing
/// about discrete latents has to be estimated.
///
///     z_k ~ Bernoulli(sigmoid(prior_logits_k))      x_d | z ~ Bernoulli(sigmoid((W z + b)_d))
///
/// Given x the latents depend on each other ("explaining away"), so no factorised q is exact: the
/// simplest model with a gap that no training closes (notes S3, the discrete posterior, O(K^n)).
/// x is [..., D] of zeros and ones; tables have one entry for each state, [..., 2^K]. In nats;
/// recorded, so the weights may be tracked.
struct BinaryNet {
  Tensor prior_logits;  ///< [K]
  Tensor weight;        ///< [D, K]
  Tensor bias;          ///< [D]

  /// Weights ~ N(0, weight_scale^2), biases and prior logits ~ N(0, 1), of the default dtype.
  /// Throws ConfigError unless 1 <= latents <= 16 and outputs >= 1.
  static BinaryNet random(std::int64_t latents, std::int64_t outputs, Rng& rng,
                          double weight_scale = 2);

  /// F5a, two latents and three outputs, of the default dtype: the numbers that the examples print. The
  /// latents explain one away: each alone switches on output 0.
  ///
  ///     prior logits (-1, -1)      W = [[6, 6], [1, -1], [-1, 2]]      b = (-3, 0, -1)
  static BinaryNet example();
  /// x = (1, 1, 0), the observation of the example: log p(x) = -1.8233 and the best factorised q is at -1.8743.
  static Tensor example_x();

  std::int64_t latents() const { return prior_logits.size(); }
  std::int64_t outputs() const { return bias.size(); }
  /// All states, [2^K, K]: z_k of state number s is bit k of s. ConfigError beyond 16 latents.
  Tensor states() const;

  prob::Bernoulli prior() const;                      ///< over vectors z [..., K]
  prob::Bernoulli likelihood(const Tensor& z) const;  ///< over vectors x [..., D]
  /// log p(x, z) for one z [..., K] of each x, for samplers.
  Tensor log_joint_at(const Tensor& x, const Tensor& z) const;

  Tensor log_joint(const Tensor& x) const;        ///< log p(x, z = s), [..., 2^K]
  Tensor log_px(const Tensor& x) const;           ///< [...]
  Tensor log_posterior(const Tensor& x) const;    ///< log p(z = s | x), [..., 2^K]
  Tensor posterior_probs(const Tensor& x) const;  ///< p(z_k = 1 | x), [..., K]

  /// The table [..., 2^K] of a q under which the latents are independent, from logits [..., K].
  Tensor factorised(const Tensor& q_logits) const;
  /// E_q[log p(x, z) - log q(z)], [...], for any table log_q [..., 2^K], factorised or free; see
  /// table.hpp.
  Tensor elbo(const Tensor& x, const Tensor& log_q) const;
  /// KL(q || p(z | x)) = log p(x) - elbo, [...].
  Tensor gap(const Tensor& x, const Tensor& log_q) const;

  Draw sample(Rng& rng, std::int64_t n) const;  ///< z [n, K], x [n, D]
};

}  // namespace tapestry::vae::exact
