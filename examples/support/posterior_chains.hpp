#pragma once

#include "prob/multivariate_normal.hpp"
#include "support/aevb.hpp"

// What Hamiltonian Monte Carlo does where AEVB has an encoder: learning by Monte Carlo EM, and the
// proposal from which log p(x) is estimated for any model of few latents.

namespace support {

/// log p(x, z) for z [B, Z], [B]: what the chains walk on.
using LogJoint = std::function<tapestry::Tensor(tapestry::vae::Vae&, const tapestry::Tensor& x,
                                                const tapestry::Tensor& z)>;
tapestry::Tensor log_joint(tapestry::vae::Vae& model, const tapestry::Tensor& x,
                           const tapestry::Tensor& z);

/// Monte Carlo EM in the manner of AEVB, with a chain for each of N training images.
///
///     E: the chains of the minibatch go on for ten leapfrog steps, of a length that drifts to where
///        nine proposals in ten are accepted;
///     M: five steps of the model on log p(x, z), with z where the chains are.
///
/// The chains walk on `walked_on`; its usual value is log_joint.
Learner monte_carlo_em(const LogJoint& walked_on);

/// For each image of x [B, D] the normal with the mean and twice the covariance of a chain over p(z|x): a
/// proposal that no encoder had a hand in. The chain starts at the best of 100 draws from the prior, and
/// has 30 steps to warm up and 50 to keep, each of four leapfrog steps.
tapestry::prob::MultivariateNormal explored_posterior(tapestry::vae::Vae& model,
                                                      const tapestry::Tensor& x,
                                                      tapestry::Rng& rng);

}  // namespace support
