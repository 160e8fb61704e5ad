#pragma once

// A tape of scalars: the part of Tapestry's autograd/tape.hpp that fits on a page. You write
// tape.cpp; this file is given and the checks use the original, so changes here have no effect.

#include <array>
#include <functional>
#include <vector>

#include "todo.hpp"

namespace tiny {

using course::todo;  // marks what is still to be written

/// dy/da and dy/db of an op at one place. Ops of one operand leave b = 0.
struct Slopes {
  double a = 0;
  double b = 0;
};

/// Everything about one op, in one row (Tapestry's is OpInfo).
struct Op {
  const char* name;
  int arity;                                       ///< number of operands, 1 or 2
  double (*value)(double a, double b);             ///< y; ops of one operand ignore b
  Slopes (*slopes)(double a, double b, double y);  ///< at operands a, b, where the value is y
};

constexpr int kNone = -1;  ///< the operand that is not there

/// One value that was computed, with where it came from.
struct Node {
  const Op* op = nullptr;               ///< null for a leaf: a number you start from
  std::array<int, 2> in{kNone, kNone};  ///< nodes of the operands, by number
  double value = 0;
  double grad = 0;  ///< dL/dvalue, after backward
};

/// Nodes in the order in which they were recorded. An operand is always recorded before its use, so
/// its number is smaller: the tape is sorted from the start.
struct Tape {
  std::vector<Node> nodes;
};

/// Records a number to start from; returns its node. (Given.)
int leaf(Tape& tape, double value);

/// Whether the tape has a node of this number. (Given.)
bool on_tape(const Tape& tape, int node);

/// 1.1  Computes op of the nodes a and b, records it as a new node and returns that node's number.
/// An op of one operand leaves b out; its node keeps kNone there. A wrong number of operands, or one
/// that is not on the tape, throws std::invalid_argument and leaves the tape as it was.
int record(Tape& tape, const Op& op, int a, int b = kNone);

/// 1.3  The chain rule at one node: adds to the gradient of each operand what reaches it through
/// this node. A leaf has no operands and sends nothing.
void send(Tape& tape, int node);

/// 1.2  The gradient of node `loss` with respect to every node, in Node::grad. Calls `visit` once for
/// each node from the loss down to node 0, when that node's gradient is complete. What an earlier
/// sweep left is forgotten. A loss that is not on the tape throws std::invalid_argument.
using Visit = std::function<void(Tape&, int)>;
void backward(Tape& tape, int loss, const Visit& visit = send);

/// 1.4  Rows of ops.
extern const Op kAdd, kSub, kMul, kDiv, kExp, kLog, kTanh;

/// 1.5  df/dx_i for every i, by central differences: f is called, nothing else is known of it.
/// Good to about nine digits for x of any size.
using Function = std::function<double(const std::vector<double>&)>;
std::vector<double> numeric_gradient(const Function& f, std::vector<double> x);

/// 1.6  The op of your course; tape.cpp says which.
extern const Op kVariation;

/// 1.7  A test: whether the slopes of an op are those of its value. The op is smooth for operands from
/// 0.5 to 2, and may be wrong in a part of that only.
bool slopes_are_right(const Op& op);

/// A node that writes itself down: with `Var x{&tape, leaf(tape, 2)}`, the line `x * x + exp(x)`
/// records three nodes. (Given.)
struct Var {
  Tape* tape;
  int node;
};
inline Var operator+(Var a, Var b) { return {a.tape, record(*a.tape, kAdd, a.node, b.node)}; }
inline Var operator-(Var a, Var b) { return {a.tape, record(*a.tape, kSub, a.node, b.node)}; }
inline Var operator*(Var a, Var b) { return {a.tape, record(*a.tape, kMul, a.node, b.node)}; }
inline Var operator/(Var a, Var b) { return {a.tape, record(*a.tape, kDiv, a.node, b.node)}; }
inline Var exp(Var a) { return {a.tape, record(*a.tape, kExp, a.node)}; }
inline Var log(Var a) { return {a.tape, record(*a.tape, kLog, a.node)}; }
inline Var tanh(Var a) { return {a.tape, record(*a.tape, kTanh, a.node)}; }

}  // namespace tiny
