#pragma once

#include "autograd/tape.hpp"

namespace tapestry {

/// The seam between `apply` and the tape: the few functions that write nodes. Not for users.
struct Recorder {
  /// Whether the tape must record an op with this operand. Throws TapeError for a tensor whose tape
  /// ended.
  static bool tracks(const Tape& tape, const Arg& arg);
  /// Appends a node for `out`, and leaves for operands that have no node yet.
  static void record(Tape& tape, const OpInfo& op, std::span<const Arg> args, Inputs in,
                     const Attrs& attrs, Tensor& out, Tensor&& aux);
  static std::int32_t leaf(Tape& tape, const Tensor& value, Parameter* parameter, SourceLoc src);
  static std::int32_t operand(Tape& tape, const Arg& arg, const Tensor& value);
  static void label(Tape& tape, std::int32_t index, const char* text);
  [[noreturn]] static void throw_ended(NodeId id);
  static Tensor shape_only(const Tensor& t);
  /// Throws unless a reverse sweep from y with this seed can begin.
  static void expect_ready(const Tape& tape, const Tensor& y, const Tensor& seed);
  /// Calls the op's backward with dL/dout = dout; errors leave with the op, its line and its
  /// module. With `parts` (a slot for each operand) the tape stays as it is.
  static void run_backward(Tape& tape, Node& node, const Tensor& dout, Tensor* parts = nullptr);
  /// What the node sends to each operand when its gradient is dout, added to `before` if that is not
  /// empty; undefined = nothing.
  static std::vector<Tensor> contributions(Tape& tape, std::int32_t index, const Tensor& dout,
                                           std::vector<Tensor> before = {});
};

}  // namespace tapestry
