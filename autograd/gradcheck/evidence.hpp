#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autograd/gradcheck/gradcheck.hpp"

// The measurements of one wrong gradient, and the guess of its fault that they allow. The namespace of
// this folder is `checking`, because `gradcheck` is a function.

namespace tapestry::checking {

/// Slopes of every output by some elements of one operand, by backward and by finite differences.
struct Jacobian {
  std::size_t outputs = 0;                // 0 = not measured: there are too many
  std::vector<double> analytic, numeric;  // [element][output]

  std::size_t at(std::size_t element, std::size_t output) const {
    return element * outputs + output;
  }
};

/// One operand's gradient, measured. Everything floating is f64.
struct Evidence {
  const OpInfo& op;
  int input;
  std::span<const Tensor> inputs;
  Tensor y, dout;
  std::vector<std::int64_t> elements;     // those that were compared, row major
  std::vector<double> analytic, numeric;  // there
  std::vector<bool> wrong;
  Jacobian jacobian;

  const Tensor& x() const { return inputs[static_cast<std::size_t>(input)]; }
  const Shape& shape() const { return x().shape(); }
  bool complete() const { return shape().size() == static_cast<std::int64_t>(elements.size()); }
};

struct Guess {
  GradFault fault = GradFault::unexplained;
  std::string text;
};

/// The common fault of the wrong elements (guess.cpp). Needs at least one wrong element.
Guess guess_fault(const Evidence& evidence);
/// The part of it that compares the outputs that an element takes from (couplings.cpp).
std::optional<Guess> guess_couplings(const Evidence& evidence);
/// The part that searches a formula for the error (terms.cpp).
std::optional<Guess> guess_terms(const Evidence& evidence);
/// Where the wrong elements are: "where x < 0", "in row 2"; empty if all are wrong, or nothing
/// separates them from the right ones (where.cpp).
std::string where_wrong(const Evidence& evidence);

/// Equal within the error of finite differences.
bool close(double a, double b);
}  // namespace tapestry::checking
