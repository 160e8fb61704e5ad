#pragma once

#include "nn/layers/mlp.hpp"

namespace tapestry::vae {

/// grad_z log p(x, z), written out, for z ~ N(0, I) and a decoder of one hidden layer of tanh whose
/// outputs are the logits of coins:
///
///     h = tanh(W_1 z + b_1)        s = W_2 h + b_2        x_d | z ~ Bernoulli(sigmoid(s_d))
///     grad = W_1^T ((1 - h^2) * W_2^T (x - sigmoid(s))) - z
///
/// x [B, D] and z [..., B, Z] to [..., B, Z]. Recorded: a step along the gradient inside q has
/// gradients of its own, which a sweep of the tape inside a recording would not have. ConfigError
/// unless the decoder is an Mlp of two layers with tanh between them and none at the end.
Tensor explicit_gradient(nn::Mlp& decoder, const Tensor& x, const Tensor& z);

}  // namespace tapestry::vae
