#pragma once

#include <limits>
#include <string>

#include "autograd/tensor.hpp"

namespace tapestry::prob {

/// What the values of an argument must satisfy: an interval, perhaps of whole numbers only.
/// NaN satisfies nothing.
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

/// Throws DomainError "Normal: scale must be positive, but scale[2,1] = -0.3" unless every value
/// satisfies the constraint. One vectorised pass; builds no text while all is well.
void check_values(const char* distribution, const char* argument, const Tensor& values,
                  const Constraint& constraint);
/// The same for an option that is a plain number.
void check_value(const char* distribution, const char* argument, double value,
                 const Constraint& constraint);
/// Class numbers: i32 (DTypeError otherwise) in [0, classes).
void check_classes(const char* distribution, const char* argument, const Tensor& index,
                   std::int64_t classes);
/// Every vector along the last axis sums to `total`, up to rounding.
void check_sums(const char* distribution, const char* argument, const Tensor& x, double total);
/// Every matrix of the last two axes is lower triangular with a positive diagonal.
void check_cholesky_factor(const char* distribution, const char* argument, const Tensor& l);

/// Throws E with the distribution's name in front: "tapestry: Normal: message".
template <class E>
[[noreturn]] void fail(const char* distribution, std::string message, std::string hint = {}) {
  E error(std::move(message), std::move(hint));
  error.op = distribution;
  error.compose();
  throw error;
}

}  // namespace tapestry::prob
