#pragma once

#include "autograd/tape.hpp"
#include "concepts/discrete/boltzmann_prior.hpp"

// Wrong versions of single steps of the VAE with a Boltzmann machine.

namespace concepts {

/// The energies are not normalised.
inline Tensor kl_without_log_z(const prob::Bernoulli& q, const prob::Rbm& p) {
  return kl(q, p) - p.log_z();
}

/// Of the bound, the KL is added where it is to be taken off.
inline Tensor kl_of_other_sign(const prob::Bernoulli& q, const prob::Rbm& p) { return -kl(q, p); }

/// The value is right; its gradient in a, b and W takes the negative phase from draws of q, not of p.
inline Tensor kl_with_q_twice(const prob::Bernoulli& q, const prob::Rbm& p) {
  const Tensor under_q = mean(p.energy(q.probs().detach()));
  return p.energy(q.probs()) - q.entropy() + p.log_z().detach() - (under_q - under_q.detach());
}

/// The density of temperature 1, whatever the temperature of the samples.
inline Tensor relaxed_kl_of_temperature_one(const Tensor& u, double q_logit, double p_logit,
                                            double temperature, double) {
  return relaxed_kl(u, q_logit, p_logit, temperature, 1);
}

}  // namespace concepts
