#pragma once

#include <cmath>
#include <functional>
#include <numbers>

#include "autograd/ops.hpp"
#include "concepts/autoencoders/fit_rows.hpp"
#include "nn/layers/dropout.hpp"
#include "nn/layers/mlp.hpp"

// The deep autoencoding Gaussian mixture model, DAGMM (Zong et al. 2018): an autoencoder and a mixture of normals over
// what it says about an image, learned together. An image is odd if its energy is high.

namespace concepts {

using namespace tapestry;

/// A mixture of K normals over vectors u of length D.
struct Parts {
  Tensor weight;      ///< phi [K]
  Tensor mean;        ///< mu [K, D]
  Tensor covariance;  ///< Sigma [K, D, D]
};

/// Equation 5: the mixture of vectors u [N, D] that belong to the parts with probabilities gamma [N, K].
inline Parts parts_of(const Tensor& gamma, const Tensor& u) {
  const std::int64_t D = u.dim(1), K = gamma.dim(1);
  const Tensor n = sum(gamma, 0);  // [K]
  const Tensor mu = matmul(gamma, u, {.transpose_left = true}) / reshape(n, {K, 1});
  const Tensor away = reshape(u, {-1, 1, D}) - mu;  // [N, K, D]
  const Tensor weighed = transpose(reshape(gamma, {-1, K, 1}) * away, {1, 2, 0});
  const Tensor sums = matmul(weighed, transpose(away, {1, 0, 2}));  // [K, D, D]
  return {mean(gamma, 0), mu, sums / reshape(n, {K, 1, 1}) + 1e-6 * eye(D, u.dtype())};
}

/// Equation 6: E(u) = -log sum_k phi_k exp(-(u - mu_k)^T Sigma_k^-1 (u - mu_k)/2) / |2 pi Sigma_k|^(1/2), [N].
inline Tensor energy(const Parts& p, const Tensor& u) {
  const std::int64_t K = p.mean.dim(0), D = p.mean.dim(1);
  const Tensor L = cholesky(p.covariance);
  const Tensor away = transpose(u) - reshape(p.mean, {K, D, 1});     // [K, D, N]
  const Tensor lengths = sum(square(triangular_solve(L, away)), 1);  // [K, N]
  const double of_2_pi = 0.5 * std::log(2 * std::numbers::pi) * static_cast<double>(D);
  const Tensor log_heights = log(p.weight) - log_det_triangular(L) - of_2_pi;
  return -logsumexp(reshape(log_heights, {K, 1}) - 0.5 * lengths, 0);
}

struct Dagmm;
/// E of rows x by the mixture of the whole training set.
inline Tensor energies_of(Dagmm& model, const Tensor& train, const Tensor& x);

struct ScoreSteps {  // that can be taken wrongly
  std::function<Tensor(const Parts&, const Tensor& u)> energy = concepts::energy;
  double narrowness = 0.005;  ///< weight of the term that keeps parts from shrinking onto points
  std::function<Tensor(Dagmm&, const Tensor& train, const Tensor& x)> energies = energies_of;
};

struct Dagmm : nn::Module {
  Dagmm(std::vector<std::int64_t> widths, std::int64_t K, ScoreSteps how)
      : encoder(*this, "encoder", widths, Activation::tanh, Activation::none),
        decoder(*this, "decoder", std::vector(widths.rbegin(), widths.rend()), Activation::tanh,
                Activation::none),
        hidden(*this, "hidden", {widths.back() + 2, 10}, Activation::tanh),
        logits(*this, "logits", std::int64_t{10}, K),
        steps(std::move(how)) {}

  Tensor reconstruct(const Tensor& x) { return decoder(encoder(x)); }

  /// u = [code, |x - x^| / |x|, cosine of x and x^] of each row.
  Tensor features(const Tensor& x) {
    const Tensor z = encoder(x), y = decoder(z);
    const Tensor xx = sum(square(x), 1, true), yy = sum(square(y), 1, true);
    const Tensor distance = sqrt((sum(square(x - y), 1, true) + 1e-8) / (xx + 1e-8));
    return concat({z, distance, sum(x * y, 1, true) / sqrt(xx * yy + 1e-8)}, 1);
  }
  /// The probabilities with which rows u belong to the parts, [N, K].
  Tensor memberships(const Tensor& u) { return softmax(logits(dropout(hidden(u)))); }
  Parts parts(const Tensor& u) { return parts_of(memberships(u), u); }

  /// Equation 7: error + 0.1 energy + 0.005 sum 1 / Sigma_k,jj, for `fit`.
  Tensor loss(const Tensor& x) {
    const Tensor u = features(x);
    const Parts mixture = parts(u);
    const Tensor diagonals = sum(mixture.covariance * eye(u.dim(1), u.dtype()), -1);
    return squared_error(x, reconstruct(x)) + 0.1 * steps.energy(mixture, u) +
           steps.narrowness * sum(1.0 / diagonals);
  }

  nn::Child<nn::Mlp> encoder, decoder, hidden;
  nn::Child<nn::Dropout> dropout{*this, "dropout", 0.5};
  nn::Child<nn::Linear> logits;
  const ScoreSteps steps;
};

Tensor energies_of(Dagmm& model, const Tensor& train, const Tensor& x) {
  const NoGrad no_grad;
  return model.steps.energy(model.parts(model.features(train)), model.features(x));
}

}  // namespace concepts
