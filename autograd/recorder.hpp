#pragma once

#include "autograd/tape.hpp"

namespace tapestry {

/// The functions that write nodes to a tape, for `apply`. Not for users.
struct Recorder {
  /// Returns true if an op with this operand must be recorded on the tape. Throws TapeError for a
  /// tensor that no open tape of this thread recorded.
  static bool tracks(const Tape& tape, const Arg& arg);
  /// Appends a node for `out`, and leaves for operands that have no node yet.
  static void record(Tape& tape, const OpInfo& op, std::span<const Arg> args, Inputs in,
                     const Attrs& attrs, Tensor& out, Tensor&& aux);
  static std::int32_t leaf(Tape& tape, const Tensor& value, Parameter* parameter, SourceLoc src);
  static std::int32_t operand(Tape& tape, const Arg& arg, const Tensor& value);
  static void label(Tape& tape, std::int32_t index, const char* text);
  /// "12 exp (z) at vae/models/mlp.cpp:41" for a tensor that an open tape recorded; otherwise empty.
  static std::string origin(const Tensor& x);
  /// The node of such a tensor; otherwise nullptr.
  static const Node* node(const Tensor& x);
  /// The operand as a tensor of the active tape: a trainable parameter becomes its leaf. A number
  /// takes the dtype.
  static Tensor known(const Arg& arg, DType dtype);
  [[noreturn]] static void throw_ended(NodeId id);
  static void forget_node(Tensor& t) { t.node_ = {}; }
  /// Writes shape, dtype and, if wanted, the values of `t` to a node that holds none.
  static void put(const Tensor& t, bool values, Tensor& into);
};

}  // namespace tapestry
