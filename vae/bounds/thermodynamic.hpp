#pragma once

#include <span>

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// [B] the thermodynamic bound (Masrani, Le and Wood, The Thermodynamic Variational Objective, 2019,
/// equation 7) from the log weights [K, B] of log_weights. On the path from q (beta = 0) to p(z|x)
/// (beta = 1), pi_beta in proportion to q w^beta,
///
///     log p(x) = integral over beta of E_pi_beta[log w]   >=   sum_i (beta_i+1 - beta_i) E_pi_beta_i[log w]
///
/// The left sum is a bound because the integrand rises. Each expectation weighs the same K samples by
/// w^beta, normalised. betas = {0} is the ELBO; they rise from 0 and stay below 1 (ConfigError). Recorded: the
/// gradient passes the samples and their weights.
Tensor thermodynamic_bound(const Tensor& log_w, std::span<const double> betas);

}  // namespace tapestry::vae
