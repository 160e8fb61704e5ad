#pragma once

#include <cmath>

#include "nn/callable.hpp"
#include "nn/layers/mlp.hpp"
#include "nn/param.hpp"
#include "prob/wrapped_normal.hpp"
#include "vae/models/heads.hpp"

// The Poincare VAE (Mathieu, Le Lan, Maddison, Tomioka and Teh, Continuous Hierarchical Representations with Poincare
// Variational Auto-Encoders, 2019): codes in a ball that is curved so that its rim is infinitely far away.
//
//     q(z|x) = WrappedNormal(loc(x), scale(x)),  p(z) = WrappedNormal(0, 1),  p(x|z) from the distances of z to hyperplanes

namespace concepts {

using namespace tapestry;

/// log(x + sqrt(x^2 + 1)), odd in x.
inline Tensor arsinh(const Tensor& x) {
  const Tensor size = abs(x);
  return where(less(x, 0.0), -1.0, 1.0) * log(size + sqrt(square(size) + 1.0));
}

/// |a_k| times the distance of z to the k-th hyperplane, which goes through the point p_k at right angles to a_k; negative on the
/// side that a_k points away from (section 3.2, after Ganea, Becigneul and Hofmann 2018). In a flat space it is a linear layer.
///
///     sinh(sqrt(c) d) = 2 sqrt(c) ((1 - c |p|^2) a^T z - (1 - 2c p^T z + c |z|^2) a^T p)
///                       / (|a| (1 - c |p|^2) (1 - c |z|^2))
struct Hyperplanes : nn::Callable<Hyperplanes> {
  Hyperplanes(std::int64_t m, std::int64_t planes, double curvature)
      : c(curvature),
        normal(*this, "normal", {planes, m}, nn::Start::table()),
        foot(*this, "foot", {planes, m}, nn::Start::table()) {}

  /// z [..., m] -> [..., planes]
  Tensor forward(const Tensor& z) {
    const Tensor a = as_tensor(normal), v = as_tensor(foot),
                 p = prob::ball_exp(zeros_like(v), v, c);
    const Tensor zz = sum(square(z), -1, true), ap = sum(a * p, -1), pp = sum(square(p), -1);
    const Tensor az = matmul(z, transpose(a)), pz = matmul(z, transpose(p));
    const Tensor length = sqrt(sum(square(a), -1)), rest = 1.0 - c * pp;
    const Tensor above = rest * az - (1.0 - 2 * c * pz + c * zz) * ap;
    const Tensor sinh = 2 * std::sqrt(c) * above / (length * rest * (1.0 - c * zz));
    return length * arsinh(sinh) / std::sqrt(c);
  }

  const double c;
  nn::Param normal, foot;  ///< a; the tangents at the middle that lead to p
};

struct PoincareSizes {
  std::int64_t pixels = 784, hidden = 300, m = 2;
  double curvature = 0.7;
};

struct PoincareVae : nn::Module {
  explicit PoincareVae(const PoincareSizes& s)
      : sizes(s),
        trunk(*this, "trunk", {s.pixels, s.hidden}, Activation::relu),
        tangent(*this, "tangent", s.hidden, s.m),
        width(*this, "width", s.hidden, s.m),
        planes(*this, "planes", s.m, s.hidden, s.curvature),
        pixels(*this, "pixels", s.hidden, s.pixels) {}

  prob::WrappedNormal encode(const Tensor& x) {
    const Tensor h = trunk(x), v = tangent(h);
    return {prob::ball_exp(zeros_like(v), v, sizes.curvature), softplus(width(h)) + 1e-4,
            sizes.curvature};
  }
  prob::WrappedNormal prior() const { return {zeros({sizes.m}), ones({sizes.m}), sizes.curvature}; }
  prob::Bernoulli decode(const Tensor& z) { return pixels(relu(planes(z))); }

  const PoincareSizes sizes;
  nn::Child<nn::Mlp> trunk;
  nn::Child<nn::Linear> tangent, width;
  nn::Child<Hyperplanes> planes;
  nn::Child<vae::BernoulliHead> pixels;
};

}  // namespace concepts
