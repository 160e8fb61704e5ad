#pragma once

#include <numbers>
#include <utility>

#include "autograd/ops.hpp"
#include "concepts/aggregate/prior_split.hpp"
#include "concepts/aggregate/two_stage.hpp"
#include "prob/standard_normal.hpp"
#include "vae/exact/ppca.hpp"

// Stages of which everything is known, for two_stage.cpp.

namespace concepts {

using namespace tapestry;

/// z -> its own linear Gaussian model, with the posterior as q.
struct LinearStage {
  vae::exact::Ppca model;

  prob::MultivariateNormal encode(const Tensor& z) { return model.posterior(z); }
  prob::StandardNormal prior() { return model.prior(); }
  prob::Normal decode(const Tensor& u) { return model.likelihood(u); }
};

/// x ~ N(W z + m, sigma^2 I), where z has the covariance S that the second stage gives it: q is the posterior under that.
struct LinearFirst {
  vae::exact::Ppca model;
  Tensor root;  ///< L with L L^T = S

  /// The model of v, where z = L v.
  vae::exact::Ppca of_v() const { return {matmul(model.weight, root), model.mean, model.sigma}; }
  prob::MultivariateNormal encode(const Tensor& x) {
    const prob::MultivariateNormal v = of_v().posterior(x);
    const Tensor covariance = matmul(matmul(root, v.covariance()), transpose(root));
    return prob::MultivariateNormal::from_covariance(linear(v.loc, root), covariance);
  }
  prob::StandardNormal prior() { return model.prior(); }
  prob::Normal decode(const Tensor& z) { return model.likelihood(z); }
};

/// Stages of 2 -> 3 -> 6 numbers, and the largest |bound of both - log p(x)| over 100 rows.
inline double error_of_linear_stages(const StageSteps& steps, Rng rng) {
  LinearStage second{vae::exact::Ppca::random(3, 2, 0.5, rng)};
  second.model.mean = zeros({3});
  const Tensor root = cholesky(second.model.evidence().covariance());
  LinearFirst first{vae::exact::Ppca::random(6, 3, 0.7, rng), root};
  const Tensor x = 2.0 * rng.normal({100, 6});
  const TwoStages both{first, second, steps};
  return max(abs(both.elbo(x, rng).elbo() - first.of_v().log_px(x))).item();
}

/// An encoder whose q(z) is a ring: x [N, 2] is the mean of its code.
struct RingStage {
  static Tensor data() {
    const Tensor angle = 2 * std::numbers::pi / 64 * arange(64);
    return 2.0 * stack({cos(angle), sin(angle)}, 1);
  }
  /// E log q(z), and KL(q(z) || N(0, I)), by a sum over a grid.
  static std::pair<double, double> expected() {
    const Tensor z = square_grid(200, 0.05);
    const Tensor log_q = vae::aggregate_log_prob({data(), full({64, 2}, 0.3), 1}, z);
    const Tensor mass = 0.0025 * exp(log_q), log_p = prob::StandardNormal({2}, 1).log_prob(z);
    return {sum(mass * log_q).item(), sum(mass * (log_q - log_p)).item()};
  }

  /// The variance of |z|, over rows z.
  static double width(const Tensor& z) {
    const Tensor r = sqrt(sum(square(z), -1));
    return mean(square(r - mean(r))).item();
  }

  prob::Normal encode(const Tensor& x) { return {x, full({2}, 0.3, x.dtype()), 1}; }
  prob::StandardNormal prior() { return prob::StandardNormal({2}, 1); }
  prob::Normal decode(const Tensor& z) { return {z, full({2}, 0.3, z.dtype()), 1}; }
};

}  // namespace concepts
