#pragma once

#include "autograd/random.hpp"
#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"
#include "vae/exact/draw.hpp"

namespace tapestry::vae::exact {

/// F1, the line: one latent, one observation, and a closed form for every quantity.
///
///     z ~ N(0, 1)            x | z ~ N(w z, s^2)
///     p(x)     = N(x; 0, w^2 + s^2)
///     p(z | x) = N(z; w x / (w^2 + s^2), s^2 / (w^2 + s^2))
///
/// It is the linear Gaussian model of the notes with one dimension each (S2, factor analysis). x
/// and z are elementwise, of any shapes that broadcast; results are in nats. Everything is recorded
/// on an active tape, so w, s, x and the parameters of q may be tracked.
struct Line {
  Tensor w;  ///< scalar: the slope
  Tensor s;  ///< scalar, positive: the standard deviation of the noise

  /// w = 1 and s^2 = 0.5, of the default dtype: the numbers that the examples print.
  static Line example();

  /// N(0, 1) over values of a shape; event_dims as everywhere in prob.
  prob::StandardNormal prior(const Shape& shape = {}, int event_dims = 0) const;
  prob::Normal likelihood(const Tensor& z, int event_dims = 0) const;  ///< p(x | z)
  prob::Normal evidence() const;                                       ///< p(x)
  prob::Normal posterior(const Tensor& x) const;                       ///< p(z | x)

  Tensor log_joint(const Tensor& x, const Tensor& z) const;  ///< log p(x, z)
  Tensor log_px(const Tensor& x) const;                      ///< log p(x)
  /// E_q[log p(x | z)], the reconstruction term.
  Tensor expected_log_lik(const Tensor& x, const prob::Normal& q) const;
  /// E_q[log p(x | z)] - KL(q || p(z)), exact. q has event_dims = 0.
  Tensor elbo(const Tensor& x, const prob::Normal& q) const;
  /// KL(q || p(z | x)) = log p(x) - elbo: the gap of the bound.
  Tensor gap(const Tensor& x, const prob::Normal& q) const;

  Draw sample(Rng& rng, std::int64_t n) const;  ///< z [n], x [n]
};

inline constexpr double kLineX = 1.3;  ///< the observation of the example

}  // namespace tapestry::vae::exact
