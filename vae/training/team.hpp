#pragma once

#include "vae/training/player.hpp"

namespace tapestry::vae {

/// The processes that train one model together, as a Trainer sees them. Each has the whole data, the whole model and
/// the same random numbers; they share the work of a turn.
class Team {
 public:
  virtual ~Team() = default;
  /// Whether this process writes the files of the run and speaks for all.
  virtual bool writes() const = 0;
  /// The objective of a player on the whole minibatch [B], and its gradients in the parameters, in every process the
  /// same; `rng` has gone on as after a turn of one process.
  virtual Objective turn(const Player& player, const nn::Batch& batch, Rng& rng) = 0;
  /// Whether this holds in some process.
  virtual bool any(bool here) = 0;
};

}  // namespace tapestry::vae
