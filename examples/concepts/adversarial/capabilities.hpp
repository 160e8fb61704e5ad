#pragma once

#include <concepts>

#include "vae/models/latent_model.hpp"

// What a model can be asked. The compiler answers.

namespace concepts {

using namespace tapestry;

/// p(x) of a new x can be evaluated.
template <class M>
concept Evaluates = requires(M& m, const Tensor& x) {
  { m.log_prob(x) } -> std::same_as<Tensor>;
};
/// log p(x) can be bounded, and estimated: there is a posterior q(z|x).
template <class M>
concept Bounds = requires(M& m, const Tensor& x, Rng& rng) {
  { vae::log_weights(m, x, rng, 1) } -> std::same_as<Tensor>;
};
/// Points can be drawn.
template <class M>
concept Draws = requires(M& m, Rng& rng) {
  { m.sample(rng, 1) } -> std::same_as<Tensor>;
};

}  // namespace concepts
