#pragma once

#include <string>
#include <utility>

#include "autograd/parameter.hpp"
#include "autograd/tape.hpp"

namespace tapestry::debug {

/// The origin of a number that is not finite.
struct Birth {
  enum class Kind : std::uint8_t {
    operand,   ///< it came in with a parameter or a constant
    value,     ///< an op made it: NaN from numbers, or infinity from finite ones
    gradient,  ///< a backward function made it from a finite gradient
    update,    ///< an optimizer wrote it
  };

  Birth(Kind what, std::string message) : kind(what), error(std::move(message)) {}

  Kind kind;
  std::uint32_t tape = 0;     ///< serial number
  std::int32_t node = -1;     ///< whose value it is, or which sent the gradient; -1 for an update
  int operand = -1;           ///< of a gradient: to which operand it was sent
  std::string parameter;      ///< of an update, or of an operand that is one
  std::int64_t element = -1;  ///< the first, row major
  std::int64_t count = 0;     ///< how many elements are not finite
  int times = 1;              ///< how often the same was seen
  /// Whether it reaches the loss, or which parameters' gradients; empty before the sweep.
  std::string reach;
  /// The report: op, both lines, module, the operands' values at the element, hint.
  DomainError error;
};

/// The elements of a tensor that are not finite.
struct NotFinite {
  std::int64_t count = 0;
  std::int64_t first = -1;  ///< the first NaN; the first infinite element if there is no NaN
  bool nan = false;
  explicit operator bool() const { return count > 0; }
};
NotFinite not_finite(const Tensor& x);

/// The value of a node that is recorded just now.
Birth birth_of_value(const Tape& tape, std::int32_t node, Inputs in, const Tensor& out);
/// A leaf with these values, which `reader` reads.
Birth birth_in_operand(const Tape& tape, std::int32_t leaf, std::int32_t reader,
                       const Tensor& value);
/// The contribution of the node, whose backward function just ran, to the gradient of its operand.
Birth birth_of_gradient(Tape& tape, std::int32_t node, int operand);
/// New values of a parameter.
Birth birth_of_update(const Parameter& parameter, SourceLoc where);

}  // namespace tapestry::debug
