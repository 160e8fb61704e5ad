#pragma once

#include <limits>
#include <string>

#include "autograd/address.hpp"
#include "autograd/tensor.hpp"

namespace tapestry {

/// A condition on the values of an argument: an interval, perhaps of whole numbers only. NaN never
/// satisfies it.
struct Constraint {
  const char* text;  ///< completes "scale must be ..."
  double low, high;
  bool open_low, open_high;
  bool whole = false;
};

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr Constraint kFinite{"finite", -kInfinity, kInfinity, true, true};
inline constexpr Constraint kPositive{"positive", 0, kInfinity, true, true};
inline constexpr Constraint kNonNegative{"non-negative", 0, kInfinity, false, true};
inline constexpr Constraint kUnitInterval{"in [0, 1]", 0, 1, false, false};
inline constexpr Constraint kOpenUnitInterval{"strictly between 0 and 1", 0, 1, true, true};
inline constexpr Constraint kCount{"a whole number >= 0", 0, kInfinity, false, true, true};

/// The function or distribution whose arguments are checked and the line that called it, for
/// messages.
struct Caller {
  const char* name;
  SourceLoc where = {};

  Caller(const char* checked, SourceLoc line = {}) : name(checked), where(line) {}
};

/// Throws DomainError "Normal: scale must be positive, but scale[2,1] = -0.3" unless every value
/// satisfies the constraint, with the node that made them and a hint. One vectorised pass; no text
/// is built unless it throws.
void check_values(Caller caller, const char* argument, const Tensor& values,
                  const Constraint& constraint);
/// The same for an option that is a plain number.
void check_value(Caller caller, const char* argument, double value, const Constraint& constraint);
/// Class numbers: i32 (DTypeError otherwise) in [0, classes).
void check_classes(Caller caller, const char* argument, const Tensor& index, std::int64_t classes);
/// Every vector along the last axis sums to `total`, up to rounding.
void check_sums(Caller caller, const char* argument, const Tensor& x, double total);
/// The same for whole numbers: a sum that is off by 1 is refused, as long as the dtype tells `total` from `total` + 1.
void check_whole_sums(Caller caller, const char* argument, const Tensor& x, double total);
/// Every matrix of the last two axes is lower triangular with a positive diagonal.
void check_cholesky_factor(Caller caller, const char* argument, const Tensor& l);

/// A tensor and its name, for messages.
struct Named {
  const char* name;
  const Tensor& tensor;
};

/// Throws E with the caller's name in front and with its address: "tapestry: Normal: message",
/// the line, the module, and a line for each of the tensors in `about`.
template <class E>
[[noreturn]] void fail(Caller caller, std::string message, std::string hint = {},
                       std::initializer_list<Named> about = {}) {
  E error(std::move(message), std::move(hint));
  error.op = caller.name;
  for (const Named& x : about) error.operands.push_back(operand_line(x.name, x.tensor));
  throw_at(caller.where, std::move(error));
}

}  // namespace tapestry
