#pragma once

#include <algorithm>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/optim/descend.hpp"
#include "support/numerics/gradient_row.hpp"
#include "vae/training/player.hpp"

// Where gradients go in a game of several players, and whose parameters move.

namespace concepts {

using namespace tapestry;

/// One turn of a player, as the Trainer gives it.
inline void take_turn(const vae::Player& player, const nn::Batch& batch, Rng& rng) {
  nn::descend(player.optimizer, [&] { return player.play(batch, rng).loss(); });
}

/// The largest |slope| of a module's parameters; 0 where there is none.
inline double slope_in(const nn::Module& module) {
  return max(abs(support::gradient_row(module))).item();
}

/// A module's parameters at a moment, to be compared with them later.
class Snapshot {
 public:
  explicit Snapshot(const nn::Module& module) : of_(module.parameters()) {
    for (const Parameter* p : of_) values_.push_back(p->value());
  }
  /// The largest change since then.
  double moved() const {
    double largest = 0;
    for (std::size_t i = 0; i < of_.size(); ++i)
      largest = std::max(largest, max(abs(of_[i]->value() - values_[i])).item());
    return largest;
  }

 private:
  std::vector<Parameter*> of_;
  std::vector<Tensor> values_;
};

}  // namespace concepts
