#pragma once

#include <algorithm>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/optim/descend.hpp"
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
  double largest = 0;
  for (const Parameter* p : module.parameters())
    if (p->grad().defined()) largest = std::max(largest, max(abs(p->grad())).item());
  return largest;
}

/// The slopes of a module's parameters.
inline std::vector<Tensor> slopes(const nn::Module& module) {
  std::vector<Tensor> all;
  for (const Parameter* p : module.parameters()) all.push_back(p->grad());
  return all;
}
inline double largest_difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, max(abs(a[i] - b[i])).item());
  return largest;
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
