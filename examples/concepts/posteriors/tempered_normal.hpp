#pragma once

#include <cmath>

#include "autograd/parameter.hpp"
#include "concepts/posteriors/tempered_hamiltonian.hpp"
#include "vae/exact/ppca.hpp"

namespace concepts {

struct TemperedNormal;
using SlopeOf = Tensor (*)(const TemperedNormal&, const Tensor& z);

/// A tempered posterior of one x of a linear Gaussian model, whose evidence is known. It starts at the prior; step sizes and
/// temperature are learned.
struct TemperedNormal {
  TemperedNormal(const vae::exact::Ppca& p, const Tensor& of, int of_steps, bool heated)
      : model(p),
        x(of),
        steps(of_steps),
        log_size("log_size", full({p.latents()}, -2.0)),
        warmth("warmth", full({}, heated ? 0.0 : -40.0)) {
    warmth.set_trainable(heated);
  }

  /// The bound, exactly: all maps are linear and all logarithms quadratic, so that the mean over 2n points at the distance
  /// sqrt(n) along the axes of the n numbers of z_0 and gamma is the mean over their normal distribution.
  Tensor elbo(SlopeOf slope) {
    const std::int64_t Z = model.latents();
    const Tensor axes = std::sqrt(2.0 * static_cast<double>(Z)) * eye(2 * Z);
    const Tensor points = concat({axes, -axes}, 0);
    const TemperedPosterior q{Normal(zeros({Z}), ones({Z}), 1),
                              [&](const Tensor& z) { return slope(*this, z); }, exp(log_size),
                              1.0 + softplus(warmth), steps};
    const auto [z, log_q] = q.moved(slice(points, 1, 0, Z), slice(points, 1, Z, 2 * Z));
    return mean(model.log_joint(x, z) - log_q);
  }

  const vae::exact::Ppca model;
  const Tensor x;
  const int steps;
  Parameter log_size, warmth;
};

/// W^T (x - m - W z) / sigma^2 - z
inline Tensor slope_of(const TemperedNormal& q, const Tensor& z) {
  return matmul(q.x - q.model.likelihood(z).loc, q.model.weight) / square(q.model.sigma) - z;
}

}  // namespace concepts
