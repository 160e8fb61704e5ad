#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// Scalar, to be subtracted from the mean log p(x|z) of a minibatch: the mean KL of each latent, but never
/// less than `least` nats of it (Kingma et al., Improved Variational Inference with Inverse Autoregressive
/// Flow, 2016, equation 15).
///
///     sum_k max(least, mean over images of KL_k)          kl [B, K], one number for each latent
///
/// A latent below the floor has no gradient from its KL, so nothing keeps it from being used. The result is
/// no part of a bound. ConfigError unless least >= 0; ShapeError unless kl has two axes.
Tensor free_bits(const Tensor& kl, double least);

}  // namespace tapestry::vae
