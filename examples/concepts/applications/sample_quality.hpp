#pragma once

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "prob/mixture.hpp"
#include "prob/monte_carlo.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/exact/curve.hpp"
#include "vae/models/mlp.hpp"

/// The model of sample_quality.cpp (C84), which begins with its equations.
namespace tapestry::concepts {

using Density = prob::Mixture<prob::Normal>;

inline const vae::VaeConfig kEncoder{
    .rows = 1, .cols = 2, .hidden = {32, 32}, .latent = 1, .activation = Activation::tanh};

struct Model : nn::Module {
  nn::Child<vae::MlpEncoder> encode{*this, "encode", kEncoder};
  nn::Child<nn::Linear> h1{*this, "h1", 1, 32, Activation::tanh},
      h2{*this, "h2", 32, 32, Activation::tanh}, f{*this, "f", 32, 2};
  nn::Param log_sigma{*this, "log_sigma", {}, 0.5 * std::log(0.5)};

  prob::Normal decode(const Tensor& z) { return {f(h2(h1(2.0 * z))), exp(log_sigma), 1}; }

  // For what is exact: a grid over z, and p(x) as a mixture with a part for each of its cells.
  vae::exact::Grid line{-4, 4, 200};
  Tensor log_prior = line.log_mass(prob::StandardNormal({200}).log_prob(line.points));
  Density density(const Tensor& log_weights) {
    return {log_weights, decode(reshape(line.points, {-1, 1}))};
  }
};

/// Adam on the bound with a normal q, or on log p(x): with q = p(z|x) that is the bound.
inline void train(Model& model, bool normal_q, int steps, Rng start, Rng rng) {
  nn::init::torch_default(model, start);
  const auto objective = [&] {
    const Tensor x = vae::exact::Curve::example().sample(rng, 200).x;
    if (!normal_q) return mean(model.density(model.log_prior).log_prob(x));
    const auto likelihood = [&](const Tensor& z) { return model.decode(z); };
    const prob::StandardNormal prior({200, 1}, 1);
    return mean(vae::sgvb_analytic_kl(x, model.encode(x), prior, likelihood, rng).elbo());
  };
  support::ascend(model.parameters(), objective, {.steps = steps, .rate = 6e-3, .shrink = 0.05});
}

/// log of the mass of q(z), the mean of all q(z|x), in the cells of the grid.
inline Tensor log_aggregated(Model& model, const Tensor& x) {
  const prob::Normal q = model.encode(x);
  const Tensor each = prob::Normal(q.loc, q.scale).log_prob(model.line.points);
  return model.line.log_mass(prob::log_mean_exp(each, 0));
}

/// n draws of p(x).
inline Tensor draws(const Density& p, std::int64_t n, Rng& rng) { return p.sample(rng, {n}); }

}  // namespace tapestry::concepts
