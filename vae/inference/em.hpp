#pragma once

#include <vector>

#include "vae/exact/mixture.hpp"

// Expectation maximisation for a mixture of K normals over numbers x [N] (problem 17.7): coordinate
// ascent on the bound. The latent z of a number is the component that made it, q(z) a table [N, K].
//
//     E-step: q = mixture.responsibilities(x), the posterior, which makes the bound tight
//     M-step: the mixture with the highest bound for this q

namespace tapestry::vae {

/// The M-step, with n_k = sum over the data of q_k: weights n_k / N, by a Lagrange multiplier for
/// their sum; means and variances of the data, weighed by q_k. Among mixtures
/// with scales >= min_scale it is the best. DomainError if a component is left with no data at all.
exact::NormalMixture maximization_step(const Tensor& x, const Tensor& q, double min_scale = 1e-3);

struct EmOptions {
  int max_steps = 500;
  double tolerance = 1e-12;  ///< stop when log p grows by less than this fraction of its size
  double min_scale = 1e-3;   ///< no component may shrink onto one number, where p is infinite
};

struct EmResult {
  exact::NormalMixture mixture;
  std::vector<double> log_likelihood;  ///< of all data together, at the start and after each step
  bool converged = false;
};

/// Both steps in turn; the likelihood never falls. ShapeError unless x is [N].
EmResult em(const Tensor& x, const exact::NormalMixture& start, const EmOptions& options = {});

}  // namespace tapestry::vae
