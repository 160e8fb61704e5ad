#pragma once

#include <vector>

#include "autograd/tensor.hpp"
#include "prob/mixture.hpp"
#include "prob/normal.hpp"

// Expectation maximisation for a mixture of K normals over numbers x [N] (problem 17.7). The latent z
// of a number is the component that made it; q(z) is a table of responsibilities [N, K].

namespace tapestry::vae {

/// K components, all [K].
struct Mixture1d {
  Tensor weights;  ///< positive, of sum 1
  Tensor means;
  Tensor scales;  ///< standard deviations

  prob::Mixture<prob::Normal> distribution() const;
};

/// [N, K] log p(x, z = k) = log weight_k + log N(x | mean_k, scale_k^2). Recorded.
Tensor log_joint(const Mixture1d& mixture, const Tensor& x);
/// sum over the data of log p(x). Recorded.
Tensor log_likelihood(const Mixture1d& mixture, const Tensor& x);
/// The bound for any q [N, K], sum of q (log p(x, z) - log q), where 0 log 0 = 0. Recorded.
Tensor elbo(const Mixture1d& mixture, const Tensor& x, const Tensor& q);

/// E-step: q = p(z|x), which makes the bound tight.
Tensor expectation_step(const Mixture1d& mixture, const Tensor& x);
/// M-step: the mixture with the highest bound for this q, among those with scales >= min_scale.
/// DomainError if a component is left with no data at all.
Mixture1d maximization_step(const Tensor& x, const Tensor& q, double min_scale = 1e-3);

struct EmOptions {
  int max_steps = 500;
  double tolerance = 1e-12;  ///< stop when log p grows by less than this much of its size
  double min_scale = 1e-3;   ///< a narrower component would sit on one number and gain for ever
};

struct EmResult {
  Mixture1d mixture;
  std::vector<double> log_likelihood;  ///< at the start and after each step
  bool converged = false;
};

/// Both steps in turn. ShapeError or DomainError for a start that is no mixture.
EmResult em(const Tensor& x, const Mixture1d& start, const EmOptions& options = {});

}  // namespace tapestry::vae
