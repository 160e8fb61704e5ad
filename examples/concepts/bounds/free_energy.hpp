#pragma once

#include <functional>
#include <vector>

#include "autograd/ops.hpp"
#include "prob/bernoulli.hpp"

// Variational free energy (Dayan, Hinton, Neal and Zemel 1995). With the energy E(z) = -log p(x, z) of a latent,
//
//     F_T(q) = E_q[E] - T H(q)      least at the Gibbs distribution q(z) ~ exp(-E(z)/T)
//     F_1(q) = -ELBO  >=  min F_1 = -log sum_z exp(-E(z)) = -log p(x)
//
// The same holds for any E. A Boltzmann machine has one over its images, and log Z in the place of log p(x).

namespace concepts {

using namespace tapestry;

/// F_T from E_q[E] and H(q), in nats.
inline Tensor free_energy(const Tensor& mean_energy, const Tensor& entropy, const Tensor& T) {
  return mean_energy - T * entropy;
}

/// A table of q over S states: log q [S].
struct Table {
  Tensor log_q;
  Tensor mean_energy(const Tensor& energy) const { return sum(exp(log_q) * energy, -1); }
  Tensor entropy() const { return -sum(exp(log_q) * log_q, -1); }
};

/// The Gibbs distribution of energies [S].
inline Table gibbs(const Tensor& energy, const Tensor& T) { return {log_softmax(-energy / T, -1)}; }

/// What draws each of K independent coins q to 1: -dE_q[E]/dp [K], the slope by their probabilities.
using Pull = std::function<Tensor(const prob::Bernoulli& q)>;

/// Mean field: coin k takes the odds for which F is least while the other coins stay.
inline prob::Bernoulli move(const Pull& pull, const prob::Bernoulli& q, std::int64_t k) {
  const Tensor of_k = reshape(slice(eye(q.logits.size()), 0, k, k + 1), {-1});
  return prob::Bernoulli(q.logits + of_k * (pull(q) - q.logits), 1);
}

/// Where the energies are a table [2^K] over `states` [2^K, K].
inline Pull pull_of(const Tensor& energy, const Tensor& states) {
  return [=](const prob::Bernoulli& q) {
    const Tensor log_each = prob::Bernoulli(q.logits).log_prob(states);
    const Tensor q_of_others = exp(sum(log_each, -1, true) - log_each);
    return sum(q_of_others * (1.0 - 2.0 * states) * reshape(energy, {-1, 1}), 0);
  };
}

/// The two steps that can be taken wrongly.
struct FreeEnergySteps {
  decltype(&free_energy) F = free_energy;
  decltype(&move) move_coin = move;

  Tensor of(const Table& q, const Tensor& energy, const Tensor& T) const {
    return F(q.mean_energy(energy), q.entropy(), T);
  }
};

/// F_1 of coins with the odds exp(start), and after each move of `sweeps` sweeps over them.
inline std::vector<double> mean_field(const FreeEnergySteps& by, const Tensor& energy,
                                      const Tensor& states, int sweeps, double start = 0) {
  const Pull pull = pull_of(energy, states);
  prob::Bernoulli q(full({states.dim(1)}, start), 1);
  std::vector<double> course;
  for (std::int64_t i = 0; i <= sweeps * states.dim(1); ++i) {
    course.push_back(by.of({q.log_prob(states)}, energy, tensor(1.0)).item());
    q = by.move_coin(pull, q, i % states.dim(1));
  }
  return course;
}

}  // namespace concepts
