#pragma once

#include "prob/bernoulli.hpp"

namespace tapestry::prob {

/// A restricted Boltzmann machine: bits on two sides, which depend on each other across, and not within a side.
///
///     p(z) = exp(-E(z)) / Z      E(z) = -(a z_1 + b z_2 + z_1 W z_2)      z = (z_1, z_2), one event
///     log Z = log sum_z_1 exp(a z_1 + sum_j softplus(b_j + (z_1 W)_j))
///
/// Smolensky 1986; Hinton, Training products of experts by minimizing contrastive divergence, 2002. Z is a sum over the left
/// side alone, and exact for up to 16 bits there, however many are on the right. Larger ones need Gibbs sweeps.
struct Rbm {
  static constexpr const char* kName = "Rbm";
  static constexpr std::array kArguments{"left", "right", "weight"};

  Tensor left, right;  ///< a [n], b [m]; finite
  Tensor weight;       ///< W [n, m]; finite
  int event_dims = 1;

  /// ShapeError if the sizes do not fit.
  Rbm(Arg left, Arg right, Arg weight);

  Shape shape() const { return {left.size() + right.size()}; }
  /// E(z), [...]. Linear in each z_k: of probabilities it is the mean of E over independent bits. Recorded.
  Tensor energy(Arg z) const;
  /// -log sum_z_2 exp(-E(z_1, z_2)), z_1 [..., n]. Recorded.
  Tensor free_energy(const Tensor& z_1) const;
  /// Scalar. Recorded: its gradients in a, b and W are E z_1, E z_2 and E z_1 z_2. ConfigError for more than 16 bits on the left.
  Tensor log_z() const;

  Tensor sample(Rng& rng,
                const Shape& sample_shape = {}) const;  ///< exact, under the limit of log_z
  Tensor log_prob(Arg z) const;                         ///< -E(z) - log Z
  Tensor mean() const;                                  ///< E z, [n + m]
  Tensor variance() const;

  /// p(z_2|z_1) and p(z_1|z_2): independent bits.
  Bernoulli right_given(const Tensor& z_1) const;
  Bernoulli left_given(const Tensor& z_2) const;
  /// z [..., n + m] after block Gibbs sweeps, the left side first and then the right. Not recorded.
  Tensor gibbs(const Tensor& z, Rng& rng, int sweeps) const;

 private:
  Tensor across(const Tensor& z_1) const;  // b + z_1 W, the logits of z_2
};

}  // namespace tapestry::prob
