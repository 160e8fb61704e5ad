#pragma once

#include <vector>

#include "nn/init.hpp"
#include "nn/layers/mlp.hpp"
#include "nn/optim/adam.hpp"
#include "prob/sparse_precision_normal.hpp"
#include "prob/standard_normal.hpp"
#include "vae/training/trainer.hpp"

// A decoder that says how the errors of neighbouring pixels go together (Dorta, Vicente, Agapito, Campbell and Simpson,
// Structured Uncertainty Prediction Networks, 2018):
//
//     p(x|z) = N(mu(z), (L L^T)^-1),   L = L(z) lower triangular, not 0 only between neighbours
//     log p(x|z) = sum_i log L_ii - |L^T (x - mu)|^2 / 2 - D log(2 pi) / 2
//     x = mu + L^-T e,   e ~ N(0, I)

namespace concepts {

using namespace tapestry;
using prob::SparsePrecisionNormal;

struct CovarianceVae : nn::Module {
  CovarianceVae(const Tensor& later_of_pixels, std::int64_t hidden, std::int64_t latents)
      : D(later_of_pixels.dim(0)),
        K(later_of_pixels.dim(1)),
        later(later_of_pixels),
        trunk(*this, "trunk", {D, hidden}, Activation::relu),
        loc(*this, "loc", hidden, latents),
        log_scale(*this, "log_scale", hidden, latents),
        features(*this, "features", {latents, hidden}, Activation::relu),
        mu(*this, "mu", hidden, D),
        log_precision(*this, "log_precision", {D}, 1.0),
        factor_weight(*this, "factor_weight", {D * (1 + K), hidden}, 0.0),
        factor_bias(*this, "factor_bias", {D * (1 + K)}, 0.0) {}

  prob::Normal encode(const Tensor& x) {
    const Tensor h = trunk(x);
    return {loc(h), exp(log_scale(h)), 1};
  }
  prob::StandardNormal prior() { return prob::StandardNormal({loc->bias.value().size()}, 1); }

  /// Each pixel has 1 + K numbers: log L_ii, and the L_ji of its neighbours j in units of L_ii.
  SparsePrecisionNormal decode(const Tensor& z) {
    const Tensor h = features(z), all = linear(h, factor_weight, factor_bias);
    const Shape of_pixels = h.shape().without(-1);
    const Tensor numbers = reshape(all, prob::join(of_pixels, {D, 1 + K}));
    const Tensor log_diagonal = reshape(slice(numbers, -1, 0, 1), prob::join(of_pixels, {D}));
    const Tensor diagonal = exp(log_precision + log_diagonal);
    const Tensor below = slice(numbers, -1, 1, 1 + K);
    return {mu(h), diagonal, below * reshape(diagonal, prob::join(of_pixels, {D, 1})), later};
  }

  std::vector<Parameter*> of_factor() { return {&factor_weight, &factor_bias}; }
  std::vector<Parameter*> of_mean() {
    std::vector<Parameter*> rest;
    for (Parameter* p : parameters())
      if (p != &factor_weight && p != &factor_bias) rest.push_back(p);
    return rest;
  }

  const std::int64_t D, K;
  const Tensor later;  // i32 [D, K]
  nn::Child<nn::Mlp> trunk;
  nn::Child<nn::Linear> loc, log_scale;
  nn::Child<nn::Mlp> features;
  nn::Child<nn::Linear> mu;
  nn::Param log_precision, factor_weight, factor_bias;
};

/// The L that makes residuals r [N, D] most likely: each pixel is regressed on its later neighbours, with a ridge, and 1 / L_ii
/// is the deviation of what is left.
inline SparsePrecisionNormal fit_factor(const Tensor& r, const Tensor& later, double ridge) {
  const NoGrad no_grad;
  const std::int64_t D = later.dim(0), K = later.dim(1);
  const Tensor near = transpose(prob::at_later(r, later), {1, 2, 0});  // [D, K, N]
  const Tensor y = reshape(transpose(r), {D, -1, 1});
  const Tensor root =
      cholesky(matmul(near, near, {.transpose_right = true}) + ridge * eye(K, r.dtype()));
  const Tensor half = triangular_solve(root, matmul(near, y));
  const Tensor w = triangular_solve(root, half, {.transpose = true});  // [D, K, 1]
  const Tensor rest = y - matmul(near, w, {.transpose_left = true});
  const Tensor diagonal = 1.0 / sqrt(mean(square(reshape(rest, {D, -1})), -1));
  return {zeros({D}, r.dtype()), diagonal, -reshape(diagonal, {D, 1}) * reshape(w, {D, K}), later};
}

}  // namespace concepts
