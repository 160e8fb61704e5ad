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
  /// Calls the op's backward; errors leave with the op, its line and its module.
  static void run_backward(Tape& tape, Node& node);
};

}  // namespace tapestry
