#pragma once

#include <functional>
#include <vector>

#include "autograd/ops.hpp"
#include "concepts/autoencoders/fit_rows.hpp"
#include "nn/layers/mlp.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/curve.hpp"

// The denoising autoencoder (Vincent, Larochelle, Bengio and Manzagol 2008): clean rows x are corrupted to x~, and a
// network r learns to undo it,
//
//     least E|r(x~) - x|^2        so   r(x~) = E[x | x~]
//
// If the corruption is normal noise, x~ = x + sigma e, this mean knows the density p_sigma of the noisy rows
// (Miyasawa 1961; Vincent 2011):   E[x | x~] = x~ + sigma^2 grad log p_sigma(x~)

namespace concepts {

using namespace tapestry;

/// x + sigma e.
inline Tensor noisy(const Tensor& x, double sigma, Rng& rng) {
  return x + (sigma * rng.normal(x.shape())).to(x.dtype());
}

/// The steps of the method that can be taken wrongly.
struct DenoisingSteps {
  /// what r(x~) is compared with
  std::function<Tensor(const Tensor& x, const Tensor& corrupted)> target =
      [](const Tensor& x, const Tensor&) { return x; };
  /// grad log p_sigma at x~
  std::function<Tensor(const Tensor& restored, const Tensor& corrupted, double sigma)> score =
      [](const Tensor& r, const Tensor& y, double sigma) { return (r - y) / (sigma * sigma); };
  bool identity = false;  ///< hands x~ back
};

struct Denoiser : nn::Module {
  Denoiser(std::vector<std::int64_t> widths, Activation last, DenoisingSteps how)
      : net(*this, "net", std::move(widths), Activation::relu, last), steps(std::move(how)) {}

  Tensor restore(const Tensor& corrupted) { return steps.identity ? corrupted : net(corrupted); }

  /// |r(x~) - x|^2 of each row, x~ with normal noise: for `fit`.
  auto error(double sigma) {
    return [this, sigma](const nn::Batch& batch, Rng& rng) {
      const Tensor y = noisy(batch.images, sigma, rng);
      return squared_error(net(y), steps.target(batch.images, y));
    };
  }

  nn::Child<nn::Mlp> net;
  const DenoisingSteps steps;
};

/// The best linear r for x ~ N(0, L L^T) and noise sigma, by descent: x = L a and x~ = L a + sigma b with (a, b) ~
/// N(0, I), so the expected error is the sum of the errors of the 2 D unit vectors (a, b), exactly.
inline Tensor learned_matrix(const Tensor& L, double sigma, const DenoisingSteps& steps) {
  const std::int64_t D = L.dim(0);
  const Tensor x = concat({transpose(L), zeros({D, D})}, 0);  // a row for each (a, b)
  const Tensor y = concat({transpose(L), sigma * eye(D)}, 0);
  struct Matrix : nn::Module {
    explicit Matrix(std::int64_t n) : R(*this, "R", {n, n}, 0.0) {}
    nn::Param R;
  } r(D);
  nn::Adam adam(r.parameters());
  const nn::Schedule rate = nn::schedule::cosine(0.02, 1500);
  for (int t = 0; t < 1500; ++t) {
    adam.set_lr(rate(t));
    nn::descend(adam, [&] { return sum(squared_error(linear(y, r.R), steps.target(x, y))); });
  }
  return r.R.value();
}

/// grad log p_sigma at points of the plane [n, 2], exactly: the curve with more noise, z summed out.
inline Tensor exact_score(const vae::exact::Curve& curve, double sigma, const Tensor& points) {
  vae::exact::Curve noisier = curve;
  noisier.sigma = sqrt(square(curve.sigma) + sigma * sigma);
  return support::slope([&](const Tensor& at) { return noisier.log_px(at); }, points);
}

}  // namespace concepts
