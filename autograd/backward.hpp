#pragma once

#include "autograd/tape.hpp"

namespace tapestry {

/// Where a backward function writes: `grad` has the input's shape; `fresh` says that its contents
/// are undefined and must be overwritten, otherwise the contribution is added (a gemm with beta = 0
/// or 1).
struct GradTarget {
  Tensor& grad;
  bool fresh;
};

/// A contribution that does not fit its operand, kept so that a check can look at it.
struct GradientShapeError : ShapeError {
  GradientShapeError(int operand, const Tensor& got, const Shape& wanted);
  int input;
  Tensor contribution;
};

/// The argument of a backward function: its node, the result's gradient, and the slots to add to.
class BackwardCtx {
 public:
  /// Contributions are added to the gradients of the operands' nodes; with `parts` they go there
  /// instead, one slot for each operand, and the tape stays as it is.
  BackwardCtx(Tape& tape, Node& node, const Tensor& dout, Tensor* parts = nullptr)
      : tape_(tape), node_(node), dout_(dout), parts_(parts) {}

  const Tensor& dout() const { return dout_; }
  /// Shape and dtype always; values only if the row's `saves` names them.
  const Tensor& in(int i) const;
  const Tensor& out() const { return node_.out; }
  const Tensor& aux() const { return node_.aux; }
  /// aux() to overwrite: the tape's own if it reads it no more, else a copy. Once for each node.
  Tensor take_aux();
  const Attrs& attrs() const { return node_.attrs; }
  int arity() const { return node_.arity; }

  /// False for constants: skip their work.
  bool wants(int i) const;
  /// Adds a contribution of the input's shape and dtype (GradientShapeError, DTypeError). The first
  /// is stored without a copy. Later ones are added in place only if the slot is not shared: the same
  /// dout may sit in two slots.
  void accumulate(int i, Tensor contribution);
  GradTarget target(int i);

 private:
  Node& input(int i) const;
  Tensor& slot(int i) const { return parts_ ? parts_[i] : input(i).grad; }
  Tape& tape_;
  Node& node_;
  const Tensor& dout_;
  Tensor* parts_;
};

}  // namespace tapestry
