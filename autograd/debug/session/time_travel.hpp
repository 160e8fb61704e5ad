#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "autograd/parameter.hpp"
#include "autograd/tape.hpp"

// A training step is a pure function of parameters, batch and the position in the random streams, so
// it can be repeated: up to a chosen node, up to the step where it went wrong, in double precision.
// `nn/capture.hpp` keeps one in a file.

namespace tapestry::debug {

/// Runs the step again and calls `arrived` when the node is recorded: the frames of the program that
/// record it are alive below the call, for a breakpoint or a backtrace. False if the node never came.
///
/// `step` must repeat the same computation: draw random numbers from generators made inside, and
/// start from the same parameters; their values, gradients and dtypes are put back afterwards. With
/// several tapes, `tape` says which one, from 1 in the order in which they open.
using Arrived = std::function<void(const Tape& tape, std::int32_t node, const Tensor& value)>;
bool rerun_to(const std::function<void()>& step, std::span<Parameter* const> parameters,
              std::int32_t node, const Arrived& arrived, int tape = 1);

/// The first step of training after which `is_bad` holds, by halving: `state_at(n)` brings the
/// program to where it is after n steps, for example from the last checkpoint before and on from
/// there. About log2(bad - good) states are looked at, and once bad is taken to stay bad.
/// ConfigError unless the state after `good` steps is good and the one after `bad` steps bad.
std::int64_t bisect_step(std::int64_t good, std::int64_t bad,
                         const std::function<void(std::int64_t)>& state_at,
                         const std::function<bool()>& is_bad);

/// How far the two precisions differ at one node.
struct Precision {
  std::int32_t node = -1;
  /// Largest |f32 - f64| over the largest |f64|; infinite if only f32 is NaN or infinite.
  double difference = 0;
  double inherited = 0;          ///< the same, the largest among what the node computed from
  std::int64_t element = -1;     ///< where it is largest
  double single = 0, exact = 0;  ///< the two values there
};

struct Shadow {
  Precision value,
      gradient;  ///< the first over the bound, in the order of each pass; node -1 = none
  double largest_value = 0, largest_gradient = 0;  ///< difference over all nodes
  std::string text;                                ///< the whole finding, a few lines
  bool ok() const { return value.node < 0 && gradient.node < 0; }
};

/// Runs the same loss in f32 and in f64, forwards and backwards, and compares them node by node. All
/// within the bound: rounding is not the reason, look at the formula. Otherwise the first node over it
/// is where precision is lost.
///
/// `loss` is as in gradcheck: made from `parameters`, the same each time, and of the default dtype,
/// which is f64 in the second run. Values and gradients of the parameters are exactly what they were.
Shadow shadow(const std::function<Tensor()>& loss, std::span<Parameter* const> parameters,
              double bound = 1e-3);

}  // namespace tapestry::debug
