#pragma once

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "vae/exact/ppca.hpp"

/// The model of test_log_likelihood.cpp (C68), which begins with its equations.
namespace tapestry::concepts {

using vae::exact::Ppca;

constexpr std::int64_t kSamples = 5000;

/// log w [kSamples, B] of samples of q for each row of x [B, D].
template <class Q>
Tensor log_weights(const Ppca& model, const Tensor& x, const Q& q, Rng& rng) {
  const Tensor z = q.sample(rng, {kSamples});
  return model.log_joint(x, z) - q.log_prob(z);
}

/// L_k of each x [B], from groups of k samples: the same samples for every k.
inline Tensor bound(const Tensor& log_w, std::int64_t k) {
  const Tensor groups = reshape(log_w, {kSamples / k, k, log_w.dim(1)});
  return mean(prob::log_mean_exp(groups, 1), 0);
}

inline double bits_per_dimension(double nats, std::int64_t dimensions) {
  return nats / (static_cast<double>(dimensions) * std::numbers::ln2);
}

/// Two models, and one test set x. The worse one has the exact posterior as its encoder.
struct Test {
  Ppca good, worse;
  Tensor x, exact;  ///< and log p(x) of the good model

  explicit Test(std::int64_t images) {
    Rng fixed(1);  // the models and the test set are the same whatever the seed
    good = Ppca::random(10, 3, 1.0, fixed);
    worse = {.weight = good.weight, .mean = good.mean, .sigma = tensor(1.15)};
    x = good.sample(fixed, images).x;
    exact = good.log_px(x);
  }
};

}  // namespace tapestry::concepts
