#pragma once

#include <memory>
#include <vector>

#include "case.hpp"
#include "measure.hpp"
#include "state.hpp"

namespace tapestry::bench {

/// One way of making the steps of a case.
class Contestant {
 public:
  virtual ~Contestant() = default;
  virtual void step() = 0;
};

/// Its steps, for take_turns.
inline Runner steps_of(Contestant& contestant) {
  return repeat([&contestant] { contestant.step(); });
}

/// A step whose numbers can be compared with those of another contestant.
class TrainingStep : public Contestant {
 public:
  virtual double loss() const = 0;  ///< of the last step, nats per image
  /// All gradients of the last step in one row, in the order of the model's parameters.
  virtual std::vector<float> gradients() const = 0;
  /// How many of the parameters, gradients and moments are denormal now.
  virtual std::int64_t denormals() const = 0;
};

/// Only the matrix products of the step, through OpenBLAS, in the same shapes.
std::unique_ptr<Contestant> make_floor(const Case& c);
/// The step in plain loops and BLAS calls, without a tape. The state must outlive it.
std::unique_ptr<TrainingStep> make_by_hand(const Case& c, const State& state);
/// The step as every user of the library writes it. The state must outlive it.
std::unique_ptr<TrainingStep> make_tapestry(const Case& c, const State& state);

/// The stream of noise, the same for every contestant.
Rng noise();

/// Runs two steps of both: DomainError if the gradients of the first or one of the losses differ by more
/// than rounding (Adam turns the rounding of tiny gradients into whole steps, so later gradients part).
void check_same(TrainingStep& a, TrainingStep& b, const Case& c);

}  // namespace tapestry::bench
