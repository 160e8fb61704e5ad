#pragma once

#include "prob/mixture.hpp"
#include "vae/exact/draw.hpp"

namespace tapestry::vae::exact {

/// F4, the mixture of normals on a line: the latent is the number of a component, and every
/// quantity has a closed form.
///
///     z ~ Categorical(weights)      x | z = k ~ N(loc_k, scale_k^2)
///     p(x) = sum_k weights_k N(x; loc_k, scale_k^2)                  (notes, equations 17.3, 17.4)
///
/// x has any shape; numbers for each component have one more axis, [..., K]. In nats; recorded,
/// so the parameters may be tracked.
struct NormalMixture {
  Tensor logits;      ///< [K]: weights = softmax(logits)
  Tensor loc, scale;  ///< [K]; scale positive

  /// Three parts on [-4, 4], two of them overlapping: two clear peaks and a shoulder.
  static NormalMixture example();

  std::int64_t parts() const { return loc.size(); }
  Tensor weights() const;                            ///< [K]
  prob::Mixture<prob::Normal> distribution() const;  ///< p(x), z summed out

  Tensor log_joint(const Tensor& x) const;  ///< log p(x, z = k), [..., K]
  Tensor log_px(const Tensor& x) const;     ///< [...]
  /// log p(z = k | x): the logarithm of the responsibilities, [..., K].
  Tensor log_posterior(const Tensor& x) const;
  Tensor responsibilities(const Tensor& x) const;  ///< p(z = k | x), [..., K]; rows sum to 1
  /// E_q[log p(x, k) - log q_k] for a table log_q [..., K]; see table.hpp.
  Tensor elbo(const Tensor& x, const Tensor& log_q) const;

  Tensor mean() const;                          ///< scalar: E x
  Tensor variance() const;                      ///< scalar: E (x - mean)^2
  Draw sample(Rng& rng, std::int64_t n) const;  ///< z [n] i32 numbers of parts, x [n]
};

}  // namespace tapestry::vae::exact
