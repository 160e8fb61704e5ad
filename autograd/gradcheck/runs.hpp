#pragma once

#include <vector>

#include "autograd/gradcheck/evidence.hpp"
#include "autograd/gradcheck/slope.hpp"

namespace tapestry::checking {

using Tensors = std::vector<Tensor>;

double dot(const Tensor& a, const Tensor& b);
/// The largest |value|; infinite if one is NaN or infinite.
double largest(const Tensor& x);
/// Equal but for rounding; NaN is never equal.
bool same(const Tensor& a, const Tensor& b);

/// One op, to be run forwards and backwards at will. Inputs are f64 or i32; those that are not
/// wanted are constants to the tape.
class Runs {
 public:
  Runs(const OpInfo& op, const Attrs& attrs, const std::vector<bool>& wanted)
      : op_(op), attrs_(attrs), wanted_(wanted) {}

  Tensor value(const Tensors& inputs) const;

  /// What the op's own backward adds to `before` (undefined: to nothing); zeros where it adds
  /// nothing. The tape keeps only what the row's `saves` asks for, so a value that is missing there
  /// is found.
  Tensors gradients(const Tensors& inputs, const Tensor& dout, Tensors before = {}) const;
  /// The gradient of an operand that is both number i and number j.
  Tensor aliased_gradient(const Tensors& inputs, std::size_t i, std::size_t j,
                          const Tensor& dout) const;

  struct Numeric {
    Slope slope;
    double rounding;  ///< of the outputs, over the step: smaller slopes are lost in it
  };
  /// d(sum of dout y) / d(one element), by central differences; y = value(inputs).
  Numeric numeric(const Tensors& inputs, std::size_t input, std::int64_t element,
                  const Tensor& dout, const Tensor& y) const;

  /// Slopes of every output by the given elements of one operand; nothing if there are too many.
  Jacobian slopes(const Tensors& inputs, std::size_t input,
                  const std::vector<std::int64_t>& elements, const Tensor& y) const;

 private:
  const OpInfo& op_;
  const Attrs& attrs_;
  const std::vector<bool>& wanted_;
};

}  // namespace tapestry::checking
