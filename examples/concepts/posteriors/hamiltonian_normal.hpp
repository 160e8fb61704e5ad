#pragma once

#include <cmath>

#include "autograd/parameter.hpp"
#include "concepts/posteriors/hamiltonian_posterior.hpp"
#include "concepts/posteriors/targets.hpp"
#include "prob/kl.hpp"

namespace concepts {

/// q with `transitions` of `steps` leapfrog steps each; a momentum is drawn anew for each transition.
struct HamiltonianNormal {
  /// `variance` of q_0 and `size` of the steps are where a search begins.
  HamiltonianNormal(int transitions, int of_steps, double variance, double size)
      : steps(of_steps),
        log_variance("log variance", full({2}, std::log(variance))),
        log_size("log size", full({transitions, 1}, std::log(size))),
        log_mass("log mass", stack({zeros({transitions}), full({transitions}, 0.1)}, 1)) {}

  Tensor size_of(int j) { return exp(reshape(slice(log_size, 0, j, j + 1), {1})); }
  Tensor mass_of(int j) { return exp(reshape(slice(log_mass, 0, j, j + 1), {2})); }

  /// Of z_T, [2, 2]: the steps are linear, so where they send the four unit vectors says all.
  Tensor covariance(const Slanted& target, Trajectory trajectory) {
    const auto slope = [&](const Tensor& z) { return target.slope(z); };
    Tensor of_z = eye(2) * exp(log_variance);
    for (int j = 0; j < static_cast<int>(log_size.value().dim(0)); ++j) {
      const Tensor unit = eye(4), m = mass_of(j);
      const Tensor z =
          trajectory(slope, {slice(unit, 1, 0, 2), slice(unit, 1, 2, 4)}, size_of(j), m, steps).z;
      const Tensor by_z = slice(z, 0, 0, 2), by_v = slice(z, 0, 2, 4);
      of_z = matmul(by_z, matmul(of_z, by_z), {.transpose_left = true}) +
             matmul(by_v * reshape(m, {2, 1}), by_v, {.transpose_left = true});
    }
    return of_z;
  }
  Tensor gap(const Slanted& target, Trajectory trajectory) {
    return prob::kl(
        prob::MultivariateNormal::from_covariance(zeros({2}), covariance(target, trajectory)),
        target.normal);
  }

  int steps;
  Parameter log_variance, log_size, log_mass;
};

}  // namespace concepts
