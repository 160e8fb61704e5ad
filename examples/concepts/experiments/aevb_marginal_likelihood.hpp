#pragma once

#include "autograd/ops.hpp"
#include "concepts/experiments/posterior_chains.hpp"

/// The model of aevb_marginal_likelihood.cpp (C63), which begins with its equations.
namespace tapestry::concepts {

/// log p(x) of each x, half of the draws from a chain's normal, half from the encoder.
inline vae::LogPx log_px(support::AevbVae& model, const Tensor& x, Rng& rng, int samples) {
  return support::explored_log_px(model, x, rng, samples);
}

inline Tensor bound(const vae::ElboTerms& terms) { return terms.elbo(); }

/// How the models of the figure learn and are measured: four steps that a wrong version may replace.
struct Method {
  decltype(&log_px) estimate = log_px;
  decltype(&bound) bound_of = bound;
  support::LogJoint walked_on =
      support::log_joint<support::AevbVae>;  ///< by the chains of Monte Carlo EM
  support::Loss loss = support::aevb_loss;
};

/// Of images x: log p(x) from 100 samples, how many count, the gain on 10, and log p(x) minus the
/// bound (of 100 samples too): its mean, and the least of all images.
inline support::Measured marginal(const Method& by, support::AevbVae& model, const Tensor& x,
                                  Rng rng, const std::string& part) {
  const NoGrad no_grad;
  const vae::LogPx from_100 = by.estimate(model, x, rng, 100);
  const vae::LogPx from_10 = by.estimate(model, x, rng, 10);
  const Tensor gap = from_100.log_px - by.bound_of(vae::elbo(model, x, rng, {.samples = 100}));
  return {{part, mean(from_100.log_px).item()},
          {part + " ESS", mean(from_100.ess).item()},
          {part + " gain", mean(from_100.log_px - from_10.log_px).item()},
          {part + " gap", mean(gap).item()},
          {part + " least gap", -max(-gap).item()}};
}

}  // namespace tapestry::concepts
