#pragma once

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/module.hpp"
#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"
#include "vae/exact/grid.hpp"

// Pairs of numbers x and z whose joint distributions are known.

namespace concepts {

using namespace tapestry;

/// N(weight y + bias, scale^2), given y: the encoder or the decoder of numbers x and z.
struct LinearNormal : nn::Module {
  explicit LinearNormal(double slope = 0, double variance = 1)
      : weight(*this, "weight", {}, slope),
        bias(*this, "bias", {}, 0.0),
        log_scale(*this, "log_scale", {}, 0.5 * std::log(variance)) {}

  prob::Normal given(const Tensor& y) { return {weight * y + bias, exp(log_scale)}; }

  /// Of a draw, if y ~ N(0, 1).
  double variance() const { return (square(weight.value()) + exp(2.0 * log_scale.value())).item(); }

  nn::Param weight, bias, log_scale;
};

/// log D/(1 - D) for pairs of numbers that are jointly normal: it is quadratic.
struct QuadraticJoint : nn::Module {
  nn::Param weight{*this, "weight", {6}, 0.0};  ///< of 1, x, z, x^2, x z, z^2

  Tensor logit(const Tensor& x, const Tensor& z) {
    return sum(concat({ones_like(x), x, z, square(x), x * z, square(z)}, 1) * weight, -1);
  }
};

/// Two joint distributions with the same marginals, N(0, 1), on a grid of pairs.
struct Known {
  LinearNormal q{0.5, 0.75}, p{0.8, 0.36};  ///< of z given x, and of x given z
  vae::exact::Grid line{-6, 6, 60};
  Tensor pairs = plane(line, line), x = slice(pairs, 1, 0, 1), z = slice(pairs, 1, 1, 2);
  double area = line.step() * line.step();

  static Tensor log_normal(const Tensor& t) { return prob::StandardNormal({1}).log_prob(t); }
  Tensor log_q() { return reshape(log_normal(x) + q.given(x).log_prob(z), {-1}); }
  Tensor log_p() { return reshape(log_normal(z) + p.given(z).log_prob(x), {-1}); }

  /// Of two functions of a pair, over q(x, z).
  double correlation(const Tensor& a, const Tensor& b) {
    const Tensor w = area * exp(log_q());
    const auto covariance = [&](const Tensor& f, const Tensor& g) {
      return (sum(w * f * g) - sum(w * f) * sum(w * g)).item();
    };
    return covariance(a, b) / std::sqrt(covariance(a, a) * covariance(b, b));
  }
};

}  // namespace concepts
