#pragma once

#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"
#include "vae/exact/draw.hpp"
#include "vae/exact/grid.hpp"

namespace tapestry::vae::exact {

/// F3, the curve: a latent on a line, observations around a curve in the plane. The decoder is not
/// linear, so p(x) and p(z | x) have no closed form; but z has one dimension, so both are sums over
/// a fine grid, exact to rounding.
///
///     z ~ N(0, 1)        x | z ~ N(f(z), sigma^2 I)
///     f(z) = (a exp(sin(c_1 + r_1 z)),  cos(c_2 + r_2 z))
///
/// Understanding Deep Learning, section 17.2 and notebook 17.1, whose program has the cosine for the
/// second coordinate (its text writes a sine). The grid covers z in [-8, 8]: beyond that the prior
/// has a mass of 1e-15; the notebook's [-3, 3] loses 0.27 %. In nats; recorded, so the constants of
/// the curve may be tracked.
struct Curve {
  Tensor amplitude;    ///< scalar a
  Tensor phase, rate;  ///< [2]: c and r
  Tensor sigma;        ///< scalar, positive
  Grid grid;           ///< over z

  /// a = 0.5, c = (2, 2), r = (3.675, 2.85), sigma^2 = 0.04 and 1600 cells, of the default dtype.
  static Curve example();

  Tensor decode(const Tensor& z) const;  ///< f(z): z [...] to [..., 2]
  prob::StandardNormal prior(const Shape& shape = {}) const;
  prob::Normal likelihood(const Tensor& z) const;  ///< over vectors x [..., 2], for z [...]
  Tensor log_joint(const Tensor& x, const Tensor& z) const;  ///< x [..., 2], z [...] -> [...]

  /// log p(x, z) + log step at every cell of the grid, [..., n]: a table for table.hpp.
  Tensor log_joint_table(const Tensor& x) const;
  Tensor log_px(const Tensor& x) const;         ///< x [..., 2] -> [...]
  Tensor log_posterior(const Tensor& x) const;  ///< log of p(z | x), a density, [..., n]
  /// E_q[log p(x, z) - log q(z)], [...], of a q over z with parameters [...]: its integral over the
  /// grid, so q must be wider than a few cells and lie within [-8, 8].
  Tensor elbo(const Tensor& x, const prob::Normal& q) const;

  Draw sample(Rng& rng, std::int64_t n) const;  ///< z [n], x [n, 2]
};

}  // namespace tapestry::vae::exact
