#pragma once

#include "vae/bounds/elbo.hpp"

namespace tapestry::vae {

/// The weights of InfoVAE. With the defaults it is the ELBO; alpha = 1 is MMD-VAE.
struct InfoWeights {
  double alpha = 0;   ///< reward of the mutual information of x and z, at most 1
  double lambda = 1;  ///< price of the distance from q(z) to p(z), at least 1 - alpha
};

/// InfoVAE (Zhao, Song and Ermon 2017, equation 6):
///
///     E_q[log p(x|z)] - (1 - alpha) KL(q(z|x) || p(z)) - (alpha + lambda - 1) D(q(z), p(z))
///
/// `divergence` is D, a scalar of the minibatch, such as mmd_squared(z, prior.sample(rng, {B}), ...). If D is
/// KL(q(z) || p(z)), the mean over the data is E_q[log p(x|z)] - lambda D - (1 - alpha) I(x; z). A D that weighs
/// nothing is not touched, and has no gradient. Its bound is the ELBO. ConfigError unless both weights are at least 0;
/// ShapeError unless D is a scalar.
Objective info_objective(const ElboTerms& terms, const Tensor& divergence, const InfoWeights& w);

}  // namespace tapestry::vae
