#pragma once

#include <string>

#include "autograd/tensor.hpp"

namespace tapestry::debug {

/// Statistics of one tensor. Numbers that are not finite are counted and left out of the rest.
struct Stats {
  std::int64_t size = 0, not_finite = 0, zeros = 0;
  std::int64_t first_not_finite = -1;  ///< row major; -1 = none
  double min = 0, mean = 0, max = 0;
  double norm = 0;  ///< the root of the sum of squares
};

Stats stats(const Tensor& x);

/// One element of a floating tensor, by its row-major number.
double element(const Tensor& x, std::int64_t at);

/// "norm 0.83", or what is wrong: "0 everywhere", "3 of 64 not finite, first [0,7]".
std::string gradient_text(const Tensor& gradient);
/// "min -3.1  mean 0.02  max 2.9", "0.25" for a single number.
std::string value_text(const Tensor& value);
/// A number with four digits and no trailing zeros.
std::string number_text(double value);

}  // namespace tapestry::debug
