#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/gradcheck/fault.hpp"
#include "autograd/op.hpp"
#include "autograd/parameter.hpp"
#include "autograd/tape.hpp"

namespace tapestry {

struct GradCheckOptions {
  double relative = 1e-6,
         absolute = 1e-9;         ///< an element passes within absolute + relative |numeric|
  std::uint64_t seed = 1;         ///< of the random gradients, directions and choices of elements
  std::int64_t max_elements = 0;  ///< of one input; a random choice when it has more; 0 = all
};

/// The result of a gradient check: not a bool, because a fault needs a place.
struct GradReport {
  bool ok = true;
  GradFault fault = GradFault::none;
  std::string text;  ///< the whole finding, several lines; one line when ok

  std::string op;          ///< the op whose gradient is wrong; empty if no single one is
  std::int32_t node = -1;  ///< its node on the tape, when a tape was checked
  SourceLoc at;            ///< the line that recorded the node
  std::string scope;       ///< its module
  int input = -1;          ///< which of its operands

  std::int64_t element = -1;  ///< the worst one of that operand, row major; also when ok
  double analytic = 0, numeric = 0;
  double relative_error = 0;             ///< there; numbers below absolute/relative count as that
  std::int64_t failed = 0, checked = 0;  ///< elements
  std::int64_t kinks = 0;  ///< elements left out, because the slopes on both sides differ
  std::string shared;      ///< what the failing elements have in common: "where x < 0"
  std::string guess;       ///< the fault in words: "it has the wrong sign"
};

/// Checks the backward function of one op against central differences of its forward function, at
/// `at`, for every floating input and a random gradient of the output.
///
/// The step is h = cbrt(eps) max(1, |x|); the estimates with h and h/2 are extrapolated
/// (Richardson). An input that backward leaves alone must have the numeric gradient 0. A gradient
/// must also be proportional to the output's, be added to what is there already, and come out the
/// same after other calls.
GradReport check_op(const OpInfo& op, const TestInput& at, const GradCheckOptions& options = {});

/// The same for one recorded node, at the operands it was recorded with (converted to f64) and for
/// those that gradients flow to: at most 200 elements of each, and fewer of large nodes, unless the
/// options say otherwise. A leaf passes, having nothing to check. TapeError if the tape did not keep
/// the operands' values: Tape tape({.keep = Keep::all}).
GradReport check_node(const Tape& tape, std::int32_t node, const GradCheckOptions& options = {});

/// Checks the gradients of a whole computation. `loss` returns one number made from `parameters`,
/// and must return the same one each time (draw random numbers from a generator made inside).
///
/// The parameters are converted to f64 (and restored, gradients included), the default dtype too,
/// so that a program written for f32 is checked as it is. First one random direction for each
/// parameter is compared; if that fails, every node of the tape is checked alone, and the report
/// names the op, its line and its module. If all nodes pass, the fault lies between them, and the
/// report says so.
GradReport gradcheck(const std::function<Tensor()>& loss, std::span<Parameter* const> parameters,
                     const GradCheckOptions& options = {});

/// The same for a function of tensors; an output of any shape is reduced with random weights.
GradReport gradcheck(const std::function<Tensor(std::span<const Tensor>)>& fn,
                     std::span<const Tensor> inputs, const GradCheckOptions& options = {});

}  // namespace tapestry
