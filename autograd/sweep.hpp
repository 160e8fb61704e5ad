#pragma once

#include "autograd/tape.hpp"

namespace tapestry {

/// The reverse pass over a tape, for `Tape::backward` and `Tape::grads`, and the same for a single
/// node, for checks. Not for users.
class Sweep {
 public:
  /// Throws unless a reverse pass from y with this seed can begin.
  static void expect_ready(const Tape& tape, const Tensor& y, const Tensor& seed,
                           SourceLoc where = {});

  /// Parameter gradients go into `out`, or into Parameter::grad when it is null.
  Sweep(Tape& tape, std::vector<ParameterGrad>* out) : tape_(tape), out_(out) {}
  /// Computes dL/dx for every node x that y depends on, from dL/dy = seed.
  void run(const Tensor& y, Tensor seed, SourceLoc where);

  /// Returns the gradients that a node of gradient `dout` sends to its operands, added to `before` if
  /// there are any; undefined for an operand that gets none. The tape stays as it is.
  static std::vector<Tensor> contributions(Tape& tape, std::int32_t index, const Tensor& dout,
                                           std::vector<Tensor> before = {});

 private:
  void begin(const Tensor& y, Tensor seed, SourceLoc where);
  void loop(const Tensor& y);
  void visit(std::int32_t i, Node& node);
  void deliver(std::int32_t i, const Node& node);
  // always_inline: the compiler drops the call of a function that only prefetches.
  [[gnu::always_inline]] static inline void prefetch(const std::vector<Node>& nodes,
                                                     std::int32_t i);
  void release(Node& node);
  static void run_backward(Tape& tape, Node& node, const Tensor& dout, Tensor* parts = nullptr);

  Tape& tape_;
  std::vector<ParameterGrad>* const out_;
};

}  // namespace tapestry
