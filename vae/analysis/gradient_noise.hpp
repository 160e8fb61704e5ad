#pragma once

#include <functional>
#include <span>
#include <vector>

#include "autograd/parameter.hpp"
#include "autograd/random.hpp"
#include "vae/analysis/moments.hpp"

// The noise of an estimator: run it often with fresh random numbers and the same parameters, and
// measure the spread of its value and of its gradient, parameter by parameter.

namespace tapestry::vae {

struct GradientNoise {
  Noise value;                   ///< of the estimate itself; shape []
  std::vector<Noise> gradients;  ///< in the order of the parameters, each of its parameter's shape

  /// The trace of the gradient's covariance: its variance summed over all parameters.
  double total_variance() const;
};

/// Runs `estimate` and its gradient `repeats` times. `estimate` returns one number that depends on
/// the parameters; a parameter that it does not depend on has the gradient 0. Parameter::grad stays
/// as it is.
///
///     const auto noise = vae::gradient_noise(
///         [&](Rng& r) { return mean(model.elbo(x, r).elbo()); }, model.parameters(), 1000, rng);
///     noise.gradients[0].snr      // of the first parameter, element by element
///
/// ConfigError for fewer than 2 repeats or no parameters; DomainError if a number is not finite.
GradientNoise gradient_noise(const std::function<Tensor(Rng&)>& estimate,
                             const std::vector<Parameter*>& parameters, std::int64_t repeats,
                             Rng& rng);

/// The same for a small model whose ops broadcast: all repeats side by side, dozens of times
/// faster. `estimate` receives every parameter once per repeat, as [n] + its shape, and returns n
/// independent estimates [n], the i-th made from the i-th copies alone.
///
///     const auto noise = vae::gradient_noise(
///         [&](std::span<const Tensor> at, Rng& r) {
///           return elbo(prob::Normal(at[0], exp(at[1]), 1), r);    // at[i] is [n, 1]
///         },
///         {tensor({0.0}), tensor({0.0})}, 100000, rng);
GradientNoise gradient_noise(const std::function<Tensor(std::span<const Tensor>, Rng&)>& estimate,
                             const std::vector<Tensor>& parameters, std::int64_t repeats, Rng& rng);

}  // namespace tapestry::vae
