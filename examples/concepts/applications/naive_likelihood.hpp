#pragma once

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "vae/exact/ppca.hpp"

/// The model of naive_likelihood.cpp (C66), which begins with its equations.
namespace tapestry::concepts {

using vae::exact::Ppca;

/// log E_z[p(x|z)^2]: the evidence of the model with half the variance, times the constant above.
inline Tensor log_second_moment(const Ppca& model, const Tensor& x) {
  const Ppca half{
      .weight = model.weight, .mean = model.mean, .sigma = model.sigma * std::sqrt(0.5)};
  const Tensor variance = 4 * std::numbers::pi * square(model.sigma);
  return half.log_px(x) - 0.5 * static_cast<double>(model.outputs()) * log(variance);
}

inline Tensor draws(const prob::StandardNormal& prior, std::int64_t n, Rng& rng) {
  return prior.sample(rng, {n});
}

/// The steps that a wrong version may replace, and D of the two curves.
struct Method {
  decltype(&log_second_moment) second_moment = log_second_moment;
  decltype(&draws) draw = draws;
  std::int64_t wide = 40, narrow = 10;
};

/// log of the relative variance of one term, the mean over 8 models and 64 x of each.
inline double log_variance(const Method& by, std::int64_t outputs, std::int64_t latents, Rng rng) {
  double total = 0;
  for (int repeat = 0; repeat < 8; ++repeat) {
    const Ppca model = Ppca::random(outputs, latents, 1.0, rng);
    const Tensor x = model.sample(rng, 64).x;
    const Tensor log_ratio = by.second_moment(model, x) - 2.0 * model.log_px(x);
    total += mean(log_ratio + log(-expm1(-log_ratio))).item();  // log(e^r - 1)
  }
  return total / 8;
}

/// log of the estimate with n samples, minus log p(x): the mean over 64 x.
inline double error(const Method& by, std::int64_t latents, std::int64_t n, Rng rng) {
  const Ppca model = Ppca::random(by.wide, latents, 1.0, rng);
  const Tensor x = model.sample(rng, 64).x, z = by.draw(model.prior({1}), n, rng);
  return mean(prob::log_mean_exp(model.likelihood(z).log_prob(x)) - model.log_px(x)).item();
}

}  // namespace tapestry::concepts
