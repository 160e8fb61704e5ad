#pragma once

#include <cstdint>

#include "nn/module.hpp"
#include "prob/normal.hpp"

namespace tapestry::vae {

/// Stochastic variational inference with local parameters: every datum n has its own q_n(z), a
/// diagonal normal over z, kept in a table. An encoder replaces the table by one function of x
/// (amortised inference), which is smaller, works for new data, and can at best be as good.
///
///     vae::LocalPosterior local(data.size(), 2);
///     nn::Adam adam(local.parameters(), {.lr = 0.05});
///     ... local.q(rows) for the rows of a minibatch, ElboTerms::data_set_elbo(N) for the factor N/M
///
/// Rows outside the minibatch have gradient 0; an optimizer with momentum still moves them a little.
class LocalPosterior : public nn::Module {
 public:
  /// N data, Z latents; q_n starts as N(0, I). ConfigError for sizes below 1.
  LocalPosterior(std::int64_t data, std::int64_t latent);

  /// q of some data, by number: rows i32 [B] -> batch shape [B], event_dims = 1 over Z. Recorded.
  prob::Normal q(const Tensor& rows);
  /// q of all of them, in order.
  prob::Normal q();

  nn::Param loc;        ///< [N, Z]
  nn::Param log_scale;  ///< [N, Z] log of the standard deviation
};

}  // namespace tapestry::vae
