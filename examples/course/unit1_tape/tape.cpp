#include "tape.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tiny {

int leaf(Tape& tape, double value) {
  tape.nodes.push_back({.value = value});
  return static_cast<int>(tape.nodes.size()) - 1;
}

bool on_tape(const Tape& tape, int node) {
  return 0 <= node && node < static_cast<int>(tape.nodes.size());
}

// --- 1.1  Record a node -----------------------------------------------------------------------------
int record(Tape& tape, const Op& op, int a, int b) {
  // SOLUTION 1.1 begin
  // STARTER todo("1.1", "record a node");
  const bool good_b = op.arity == 2 ? on_tape(tape, b) : b == kNone;
  if (!on_tape(tape, a) || !good_b)
    throw std::invalid_argument(std::string(op.name) + ": an operand is not on the tape");
  const double value_a = tape.nodes[a].value;
  const double value_b = op.arity == 2 ? tape.nodes[b].value : 0;
  tape.nodes.push_back({.op = &op, .in = {a, b}, .value = op.value(value_a, value_b)});
  return static_cast<int>(tape.nodes.size()) - 1;
  // SOLUTION 1.1 end
}

// --- 1.2  The reverse loop --------------------------------------------------------------------------
void backward(Tape& tape, int loss, const Visit& visit) {
  // SOLUTION 1.2 begin
  // STARTER todo("1.2", "the reverse loop");
  if (!on_tape(tape, loss)) throw std::invalid_argument("backward: the loss is not on the tape");
  for (Node& node : tape.nodes) node.grad = 0;
  tape.nodes[loss].grad = 1;
  for (int i = loss; i >= 0; --i) visit(tape, i);
  // SOLUTION 1.2 end
}

// --- 1.3  Accumulate --------------------------------------------------------------------------------
void send(Tape& tape, int node) {
  // SOLUTION 1.3 begin
  // STARTER todo("1.3", "send a node's gradient to its operands");
  const Node& from = tape.nodes[node];
  if (!from.op) return;
  const bool two = from.op->arity == 2;
  const double a = tape.nodes[from.in[0]].value;
  const double b = two ? tape.nodes[from.in[1]].value : 0;
  const Slopes slopes = from.op->slopes(a, b, from.value);
  tape.nodes[from.in[0]].grad += from.grad * slopes.a;
  if (two) tape.nodes[from.in[1]].grad += from.grad * slopes.b;
  // SOLUTION 1.3 end
}

// --- 1.4  Local derivatives -------------------------------------------------------------------------
// add and sub are given, as the pattern for the others.
static double value_add(double a, double b) { return a + b; }
static Slopes slopes_add(double, double, double) { return {1, 1}; }
const Op kAdd{"add", 2, value_add, slopes_add};

static double value_sub(double a, double b) { return a - b; }
static Slopes slopes_sub(double, double, double) { return {1, -1}; }
const Op kSub{"sub", 2, value_sub, slopes_sub};

static double value_mul(double a, double b) { return a * b; }
static Slopes slopes_mul(double a, double b, double y) {
  // SOLUTION 1.4 begin
  // STARTER todo("1.4", "slopes of mul");
  return {b, a};
  // SOLUTION 1.4 end
}
const Op kMul{"mul", 2, value_mul, slopes_mul};

static double value_exp(double a, double) { return std::exp(a); }
static Slopes slopes_exp(double a, double, double y) {
  // SOLUTION 1.4 begin
  // STARTER todo("1.4", "slopes of exp");
  return {.a = y};
  // SOLUTION 1.4 end
}
const Op kExp{"exp", 1, value_exp, slopes_exp};

static double value_log(double a, double) { return std::log(a); }
static Slopes slopes_log(double a, double, double y) {
  // SOLUTION 1.4 begin
  // STARTER todo("1.4", "slopes of log");
  return {.a = 1 / a};
  // SOLUTION 1.4 end
}
const Op kLog{"log", 1, value_log, slopes_log};

static double value_tanh(double a, double) { return std::tanh(a); }
static Slopes slopes_tanh(double a, double, double y) {
  // SOLUTION 1.4 begin
  // STARTER todo("1.4", "slopes of tanh");
  return {.a = 1 - y * y};
  // SOLUTION 1.4 end
}
const Op kTanh{"tanh", 1, value_tanh, slopes_tanh};

static double value_div(double a, double b) { return a / b; }
static Slopes slopes_div(double a, double b, double y) {
  // SOLUTION 1.4 begin
  // STARTER todo("1.4", "slopes of div");
  return {1 / b, -y / b};
  // SOLUTION 1.4 end
}
const Op kDiv{"div", 2, value_div, slopes_div};

// --- 1.5  The derivative without a tape -------------------------------------------------------------
std::vector<double> numeric_gradient(const Function& f, std::vector<double> x) {
  // SOLUTION 1.5 begin
  // STARTER todo("1.5", "central differences");
  std::vector<double> gradient(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at = x[i];
    const double h = 6e-6 * std::max(1.0, std::abs(at));  // cbrt of the rounding of a double
    x[i] = at + h;
    const double right = f(x);
    x[i] = at - h;
    const double left = f(x);
    x[i] = at;
    gradient[i] = (right - left) / (2 * h);
  }
  return gradient;
  // SOLUTION 1.5 end
}

// VARIATION 1.6

// --- 1.7  A test ------------------------------------------------------------------------------------
bool slopes_are_right(const Op& op) {
  // SOLUTION 1.7 begin
  // STARTER todo("1.7", "a test of an op's slopes");
  const Function value = [&](const std::vector<double>& at) {
    return op.value(at[0], op.arity == 2 ? at[1] : 0);
  };
  for (const double a : {0.6, 1.0, 1.8})
    for (const double b : {0.7, 1.6}) {
      const std::vector<double> x = op.arity == 2 ? std::vector{a, b} : std::vector{a};
      const std::vector<double> numeric = numeric_gradient(value, x);
      const Slopes slopes = op.slopes(a, op.arity == 2 ? b : 0, value(x));
      const std::vector<double> claimed{slopes.a, slopes.b};
      for (std::size_t i = 0; i < x.size(); ++i)
        if (!(std::abs(claimed[i] - numeric[i]) <= 1e-6 * std::max(1.0, std::abs(numeric[i]))))
          return false;
    }
  return true;
  // SOLUTION 1.7 end
}

}  // namespace tiny
