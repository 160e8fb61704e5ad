#pragma once

#include "concepts/collapse/window_vae.hpp"
#include "nn/optim/schedule.hpp"
#include "vae/training/player.hpp"

// KL annealing (Bowman et al. 2015; cyclical: Fu et al. 2019): the KL weighs w(step), from 0 to exactly 1.

namespace concepts {

using nn::Schedule;

/// Log likelihood minus w(step) KL; the bound has no w.
using Annealed = vae::Objective (*)(const vae::ElboTerms&, double w);
inline vae::Objective annealed(const vae::ElboTerms& terms, double w) {
  return {.value = terms.log_lik - w * terms.kl.total(),
          .bound = terms.elbo(),
          .parts = {{"log_lik", terms.log_lik}, {"kl", terms.kl.total()}}};
}

/// The schedules over a run of so many steps: half of it at weight 1 in the end, or four cycles of half ramps.
inline Schedule schedule_of(const std::string& name, std::int64_t steps) {
  using namespace nn::schedule;
  if (name == "linear") return ramp(0, 1, steps / 2);
  if (name == "cosine") return cosine(0, steps / 2, 1);
  if (name == "cyclical") return cyclical(ramp(0, 1, steps / 8), steps / 4, 4);
  return constant(1);
}

/// The weight at a step of the run.
using Weight = double (*)(const Schedule&, std::int64_t step);
inline double at_its_step(const Schedule& w, std::int64_t step) { return w(step); }

}  // namespace concepts
