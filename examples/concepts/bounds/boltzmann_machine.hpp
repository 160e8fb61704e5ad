#pragma once

#include "concepts/bounds/free_energy.hpp"
#include "nn/module.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/table.hpp"

// A Boltzmann machine (Ackley, Hinton and Sejnowski 1985) small enough for its Z to be a sum, and two ways to
// learn: with log Z, and with mean field's bound -F <= log Z in its place.

namespace concepts {

/// p(x) = exp(-E(x)) / Z for bits x [..., K], with E(x) = -b x - x J x / 2; J has no diagonal.
struct BoltzmannMachine : nn::Module {
  explicit BoltzmannMachine(std::int64_t K)
      : bias(*this, "bias", {K}, 0.0),
        weight(*this, "weight", {K, K}, 0.0),
        states(vae::exact::BinaryNet{zeros({K}), {}, {}}.states()) {}

  Tensor J() { return 0.5 * (weight + transpose(weight)) * (1.0 - eye(bias.size())); }

  /// Linear in each x_k: of probabilities p in the place of x it is E_q[E] of independent coins.
  Tensor energy(const Tensor& x) { return -sum(x * bias, -1) - 0.5 * sum(x * linear(x, J()), -1); }
  Pull pull() {
    return [b = bias.value(), J = J()](const prob::Bernoulli& q) {
      return b + sum(J * q.probs(), -1);
    };
  }
  Tensor log_z() { return logsumexp(-energy(states)); }  ///< all 2^K images

  nn::Param bias, weight;
  const Tensor states;  ///< [2^K, K]
};

/// Of held-out patches, every ten steps.
struct LearnedMachine {
  std::vector<double> step, log_px, said;  ///< exact, and with -F for log Z
  double miscounted = 0;                   ///< largest |said - log p(x) - KL(q || p)|
};

/// Adam on the mean of log p(x) = -E(x) - log Z, or of what is said of it.
inline LearnedMachine learn(const FreeEnergySteps& by, const Tensor& x, const Tensor& test,
                            bool by_mean_field, int steps) {
  const std::int64_t K = x.dim(1);
  BoltzmannMachine machine(K);
  nn::Adam adam(machine.parameters(), {.lr = 0.05});
  prob::Bernoulli q(zeros({K}), 1);
  const auto bound = [&] { return -by.F(machine.energy(q.probs()), q.entropy(), ones({})); };
  LearnedMachine of;
  for (int step = 0; step <= steps; ++step) {
    const Pull pull = machine.pull();
    for (std::int64_t i = 0; i < 10 * K; ++i) q = by.move_coin(pull, q, i % K);
    if (step % 10 == 0) {
      const NoGrad no_grad;
      const Tensor energy = mean(machine.energy(test)), minus_E = -machine.energy(machine.states);
      of.step.push_back(step);
      of.log_px.push_back(-(energy + machine.log_z()).item());
      of.said.push_back(-(energy + bound()).item());
      const double kl = vae::exact::table::gap(minus_E, q.log_prob(machine.states)).item();
      of.miscounted = std::max(of.miscounted, std::abs(of.said.back() - of.log_px.back() - kl));
    }
    nn::descend(adam, [&] {
      return mean(machine.energy(x)) + (by_mean_field ? bound() : machine.log_z());
    });
  }
  return of;
}

}  // namespace concepts
