#pragma once

#include <vector>

#include "nn/nn.hpp"
#include "prob/prob.hpp"
#include "vae/analysis/gradient_noise.hpp"

// Local reparameterisation and variational dropout (Kingma, Salimans and Welling 2015). If the weights of a layer are
// normal, so is what it puts out for a given x:
//
//     y = w x,  w ~ N(m, s^2)     =>     y ~ N(m x, s^2 x^2)
//
// Noise in y is drawn for each datum of a minibatch, noise in w once for all of them.

namespace concepts {

using namespace tapestry;

/// y from its mean and variance, with noise of its own in each element.
inline Tensor local_draw(const Tensor& mean, const Tensor& variance, Rng& rng) {
  return mean + sqrt(variance) * rng.normal(mean.shape(), mean.dtype());
}

/// n times the outputs y [n, M] of one unit for M inputs x [M, D]: weights N(m, s^2) with m and s [n, D].
inline Tensor by_weights(const Tensor& m, const Tensor& s, const Tensor& x, Rng& rng) {
  return linear(m + s * rng.normal(m.shape()), x);
}
inline Tensor by_outputs(const Tensor& m, const Tensor& s, const Tensor& x, Rng& rng) {
  return local_draw(linear(m, x), linear(square(s), square(x)), rng);
}

/// The noise of the gradient of -mean y^2 / 2 over the minibatch x, by m [D].
inline vae::Noise noise_by(decltype(&by_outputs) outputs, const Tensor& m, const Tensor& s,
                           const Tensor& x, std::int64_t repeats, Rng rng) {
  const auto estimate = [&](std::span<const Tensor> at, Rng& r) {
    return -0.5 * mean(square(outputs(at[0], broadcast_to(s, at[0].shape()), x, r)), -1);
  };
  return vae::gradient_noise(estimate, {m}, repeats, rng).gradients[0];
}

/// Variance with shared weights over that with outputs: 1 + (M - 1) Cov / Var of the gradients of single data. Here
/// Cov(i, j) is s^2 (x_i x_j)^2, for one s.
inline double variance_ratio(const Tensor& x) {
  const Tensor products = square(linear(x, x));
  const Tensor own = sum(square(sum(square(x), -1)));
  return (sum(products) / own).item();
}

/// A layer whose weights are N(theta, alpha theta^2), with one alpha <= 1 that is learned.
struct DropoutLayer : nn::Module {
  DropoutLayer(std::int64_t in, std::int64_t out)
      : map(*this, "map", in, out), log_alpha(*this, "log_alpha", {}, -3.0) {}

  Tensor alpha() { return exp(clamp(log_alpha, -20, 0)); }
  Tensor draw(const Tensor& x, Rng& rng) {
    const Tensor spread = linear(square(x), square(map.weight));
    return local_draw(map(x), alpha() * spread + 1e-8, rng);
  }
  /// KL to the log-uniform prior, but for a constant; the polynomial is the paper's (14).
  Tensor kl() {
    const Tensor a = alpha();
    const Tensor each = 0.5 * log(a) + 1.16145124 * a - 1.50204118 * a * a + 0.58629921 * a * a * a;
    return -static_cast<double>(map.weight.size()) * each;
  }

  nn::Child<nn::Linear> map;
  nn::Param log_alpha;
};

struct DropoutNet : nn::Module {
  DropoutNet(std::int64_t in, std::int64_t hidden)
      : first(*this, "first", in, hidden), second(*this, "second", hidden, 10) {}

  Tensor draw(const Tensor& x, Rng& rng) { return second.draw(relu(first.draw(x, rng)), rng); }
  Tensor at_mean(const Tensor& x) { return second.map(relu(first.map(x))); }

  nn::Child<DropoutLayer> first, second;
};

}  // namespace concepts
