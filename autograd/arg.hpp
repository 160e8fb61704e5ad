#pragma once

#include "autograd/tensor.hpp"

namespace tapestry {

class Parameter;

/// An operand of an op: a tensor, a parameter or a number, with the line that passed it.
/// Only ever a function parameter; never kept. Numbers take the dtype of the other operands.
struct Arg {
  Arg(const Tensor& t, SourceLoc where = SourceLoc::current()) : tensor(&t), loc(where) {}
  Arg(Parameter& p, SourceLoc where = SourceLoc::current()) : parameter(&p), loc(where) {}
  Arg(double value, SourceLoc where = SourceLoc::current()) : scalar(value), loc(where) {}

  const Tensor* tensor = nullptr;
  Parameter* parameter = nullptr;
  double scalar = 0;
  SourceLoc loc;

  bool is_scalar() const { return !tensor && !parameter; }
  /// The tensor or the parameter's value; a number becomes a scalar of the default dtype.
  Tensor value() const;
  const Shape& shape() const;  ///< of the value; [] for a number
};

/// An operand as a tensor to be kept: a parameter becomes `recorded`, a number takes the dtype.
Tensor as_tensor(const Arg& x, DType dtype = default_dtype());

/// The parameter as a tensor, for functions that take no Arg: a leaf of the active tape if the
/// parameter is trainable, so that its gradient arrives; otherwise the value alone.
Tensor recorded(Parameter& p, SourceLoc where = SourceLoc::current());

}  // namespace tapestry
