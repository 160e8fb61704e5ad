#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "autograd/op.hpp"
#include "autograd/parameter.hpp"
#include "autograd/scope.hpp"

namespace tapestry {

/// One recorded value: plain data, read by the reverse loop, tests and tools alike.
struct Node {
  const OpInfo* op = nullptr;  ///< null for a leaf: parameter, watched tensor or constant
  std::array<std::int32_t, 3> in{-1, -1, -1};  ///< nodes of the operands; see Tape::input
  std::int32_t arity = 0;
  ScopeId scope = 0;
  SourceLoc src;
  const char* label = nullptr;
  Parameter* parameter = nullptr;  ///< for a parameter's leaf
  std::uint64_t version = 0;       ///< the parameter's version when it was recorded
  bool needs_grad = false;         ///< some parameter or watched tensor is upstream
  bool keep_grad = false;          ///< watched: the gradient stays after the sweep
  Tensor out;   ///< shape and dtype always; values only while some gradient needs them
  Tensor aux;   ///< what forward left for backward
  Tensor grad;  ///< dL/dout during the sweep
  Attrs attrs;
};

/// The gradient of one parameter, as returned by Tape::grads.
struct ParameterGrad {
  Parameter* parameter;
  Tensor grad;
};

enum class Keep : std::uint8_t {
  needed,  ///< values that some gradient needs; freed during the sweep
  all,     ///< every value and gradient, for inspection and for a second sweep
};

struct TapeOptions {
  Keep keep = Keep::needed;
};

/// Records ops from its construction to the end of its block, then runs them in reverse.
///
///     Tape tape;
///     Tensor loss = ...;      // parameters used here are recorded
///     tape.backward(loss);    // adds into Parameter::grad
///
/// The innermost tape of the thread records. It records an op if some operand is a trainable
/// Parameter or is tracked on *this* tape; a tensor of an outer tape is a constant here, unless
/// watched. Lives on the stack of one thread, and works only there; a tensor that is used in an op
/// after its tape ended throws.
class Tape {
 public:
  explicit Tape(TapeOptions options = {}, SourceLoc where = SourceLoc::current());
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  static void* operator new(std::size_t) = delete;

  /// Adds dloss/dp into the grad of every trainable parameter p. ShapeError unless `loss` is one
  /// number, DomainError if it is not finite. Frees saved values on the way (not with Keep::all). An
  /// error on the way leaves the gradients that were delivered before it: call zero_grad then.
  void backward(const Tensor& loss, SourceLoc where = SourceLoc::current());
  /// The same from any tensor, with dL/dy = seed of y's shape and dtype: a vector-Jacobian product.
  void backward(const Tensor& y, const Tensor& seed, SourceLoc where = SourceLoc::current());
  /// The same sweep, but the gradients are returned and Parameter::grad is left alone.
  std::vector<ParameterGrad> grads(const Tensor& loss, SourceLoc where = SourceLoc::current());

  /// Makes a leaf of x: ops on the returned tensor are recorded and `grad` of it is kept.
  /// For a tensor that is already tracked here, only keeps its gradient.
  Tensor watch(const Tensor& x, SourceLoc where = SourceLoc::current());
  /// dL/dx after a sweep, for a watched tensor (any tracked one with Keep::all); zeros if the loss
  /// does not depend on x.
  Tensor grad(const Tensor& x, SourceLoc where = SourceLoc::current()) const;

  /// Forgets everything recorded; tensors recorded so far become unusable in ops.
  void reset();

  std::span<const Node> nodes() const;
  /// Index of the i-th operand of a node (concat may have more than three).
  std::int32_t input(const Node& node, int i) const;
  std::uint32_t serial() const { return serial_; }
  /// The tape that records now; null if none or inside NoGrad.
  static Tape* active();

 private:
  friend struct Recorder;
  friend class Sweep;
  friend class BackwardCtx;
  friend class NoGrad;
  struct Arena;  // node storage; the thread keeps it for the next tape

  /// Tapes and NoGrad blocks (null) that are open on this thread, innermost last.
  static std::vector<Tape*>& open();
  void expect_here(const Tensor& x, const char* what, SourceLoc where) const;
  void expect_own_thread() const;

  Arena* arena_;
  TapeOptions options_;
  std::uint32_t serial_;
  const std::vector<Tape*>* home_;  ///< open() of the thread it belongs to
  SourceLoc where_;                 ///< where the tape began
  SourceLoc swept_at_;              ///< where its values were used up; line 0 = not yet
};

/// No tape records until the end of the block: evaluation, sampling, metrics.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;
};

}  // namespace tapestry
