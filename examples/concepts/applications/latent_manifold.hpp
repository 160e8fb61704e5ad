#pragma once

#include "autograd/ops.hpp"
#include "prob/normal.hpp"
#include "vae/models/mlp.hpp"
#include "vae/pictures/slerp.hpp"

/// The model of latent_manifold.cpp (C76), which begins with its equations.
namespace tapestry::concepts {

/// n quantiles of N(0, 1), each in the middle of 1/n of its mass, [n] f64.
inline Tensor quantiles(std::int64_t n) {
  const double half = 0.5 / static_cast<double>(n);
  return prob::Normal(tensor(0.0), tensor(1.0)).icdf(linspace(half, 1 - half, n));
}

/// What the decoder makes of the plane: from left to right z_1 rises, from top to bottom z_2 falls.
/// [n, n, D] of n values q.
inline Tensor sheet_of(vae::MlpVae& model, const Tensor& q) {
  const Tensor z = q.to(DType::f32);
  const Shape both = {z.dim(0), z.dim(0)};
  const Tensor z_1 = broadcast_to(z, both), z_2 = transpose(broadcast_to(-z, both));
  return model.decode(stack({z_1, z_2}, 2)).mean();
}

/// The images at t [T] of the way from the codes a to the codes b [B, 2]: [T, B, D].
inline Tensor by_code(vae::MlpVae& model, const Tensor& a, const Tensor& b, const Tensor& t) {
  return model.decode(vae::lerp(a, b, t)).mean();
}

/// The same way between the images of the codes: one is faded into the other.
inline Tensor by_fading(vae::MlpVae& model, const Tensor& a, const Tensor& b, const Tensor& t) {
  return vae::lerp(model.decode(a).mean(), model.decode(b).mean(), t);
}

}  // namespace tapestry::concepts
