#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

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

/// What a gradient check found: never a bare bool, because "wrong" is not yet a place to look at.
struct GradReport {
  bool ok = true;
  std::string text;           ///< the whole finding, several lines; one line when ok
  std::string op;             ///< the op whose gradient is wrong; empty if no single one is
  int input = -1;             ///< which of its operands
  std::int64_t element = -1;  ///< the worst one, row major
  double analytic = 0, numeric = 0, relative_error = 0;  ///< there
  std::int64_t failed = 0, checked = 0;                  ///< elements
  std::int64_t kinks = 0;  ///< elements left out, because the slopes on both sides differ
  std::string guess;       ///< what the errors have in common, for example "a sign"
};

/// Checks the backward function of one op against central differences of its forward function, at
/// `sample`, for every floating input and a random gradient of the output.
///
/// The step is h = cbrt(eps) max(1, |x|); the estimates with h and h/2 are extrapolated
/// (Richardson). An input that backward leaves alone must have the numeric gradient 0.
GradReport check_op(const OpInfo& op, const Sample& sample, const GradCheckOptions& options = {});

/// The same for one recorded node, at the operands it was recorded with (converted to f64): at most
/// 200 elements of each, unless the options say otherwise. A leaf passes, having nothing to check.
/// TapeError if the tape did not keep the operands' values: Tape tape({.keep = Keep::all}).
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
