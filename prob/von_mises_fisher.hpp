#pragma once

#include "prob/sphere_uniform.hpp"

namespace tapestry::prob {

/// Unit vectors of length m around `loc`, a normal distribution's cousin on the sphere (Davidson et al., Hyperspherical
/// Variational Auto-Encoders, 2018). The event is at least the last axis.
///
///     log p(x) = kappa loc^T x + (m/2 - 1) log kappa - (m/2) log(2 pi) - log I_{m/2-1}(kappa)
///
/// A density with respect to the surface of the sphere.
struct VonMisesFisher {
  static constexpr const char* kName = "VonMisesFisher";
  static constexpr std::array kArguments{"loc", "concentration"};

  Tensor loc;            ///< of length 1; [..., m], m >= 2
  Tensor concentration;  ///< kappa, positive; [...]
  int event_dims;

  VonMisesFisher(Arg loc, Arg concentration, int event_dims = 1);

  Shape shape() const { return loc.shape(); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  /// cos(theta) loc + sin(theta) t: t is a unit vector at right angles to loc, theta a quantile with an implicit derivative.
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor mean() const;  ///< A loc, shorter than 1, with A = I_{m/2}(kappa) / I_{m/2-1}(kappa)
  Tensor variance() const;
  Tensor entropy() const;

  Tensor mean_length() const;    ///< A, [...]
  Tensor kl_to_uniform() const;  ///< [...], of each vector: kappa A - log of the Bessel series
};

/// kappa A - log S for each event, as in kl.hpp: the direction does not count.
Tensor kl(const VonMisesFisher& q, const SphereUniform& p);

}  // namespace tapestry::prob
