#pragma once

#include "concepts/collapse/kl_annealing.hpp"

// Wrong versions of a weight that grows.

namespace concepts {

/// The schedule begins anew with each minibatch.
inline double at_first_step(const Schedule& w, std::int64_t) { return w(0); }

/// In percent.
inline double percent(const Schedule& w, std::int64_t step) { return 100 * w(step); }

/// The weighted sum is called a bound.
inline vae::Objective weighted_bound(const vae::ElboTerms& terms, double w) {
  vae::Objective o = annealed(terms, w);
  o.bound = o.value;
  return o;
}

}  // namespace concepts
