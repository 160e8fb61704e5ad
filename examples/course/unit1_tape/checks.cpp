// The checks of unit 1. They build tapes out of plain nodes and ops of their own, so that a task can
// be checked before, or in spite of, the others. Numbers are chosen so that every usual mistake
// leads to an answer of its own; the answer then picks the hint.

#include "checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "agree.hpp"
#include "tape.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

// --- Tapes by hand ----------------------------------------------------------------------------------

// y = k a, with slope k: a chain of these has the product of the k as its gradient.
template <int k>
const Op kTimes{"times", 1, [](double a, double) { return k * a; },
                [](double, double, double) { return Slopes{.a = k}; }};

// y = a + 100 b: not symmetric, so that exchanged operands show.
const Op kMix{"mix", 2, [](double a, double b) { return a + 100 * b; },
              [](double, double, double) {
                return Slopes{1, 100};
              }};

// y = a + b, without the student's help.
const Op kPlus{"plus", 2, [](double a, double b) { return a + b; },
               [](double, double, double) {
                 return Slopes{1, 1};
               }};

Node number(double value, double grad = 0) { return {.value = value, .grad = grad}; }

Node of(const Op& op, int a, int b, double value, double grad = 0) {
  return {.op = &op, .in = {a, b}, .value = value, .grad = grad};
}

std::vector<double> grads(const Tape& tape) {
  std::vector<double> all;
  for (const Node& node : tape.nodes) all.push_back(node.grad);
  return all;
}

std::string join(const std::vector<int>& numbers) {
  std::string all;
  for (const int i : numbers) all += fmt::format("{}{}", all.empty() ? "" : ", ", i);
  return all.empty() ? "none" : all;
}

void note_tape(const Tape& tape, bool with_grad = false) {
  for (std::size_t i = 0; i < tape.nodes.size(); ++i) {
    const Node& node = tape.nodes[i];
    std::string from = node.op ? node.op->name : "leaf";
    if (node.op) from += fmt::format(" of node {}", node.in[0]);
    if (node.in[1] != kNone) from += fmt::format(" and node {}", node.in[1]);
    const std::string grad = with_grad ? fmt::format("   grad {:g}", node.grad) : "";
    note(fmt::format("node {}: {:<26} value {:g}{}", i, from, node.value, grad));
  }
}

// The chain rule at one node, so that 1.2 does not need 1.3: for ops whose slopes are constant.
void deliver(Tape& tape, int i) {
  const Node node = tape.nodes.at(i);
  if (!node.op) return;
  const Slopes slopes = node.op->slopes(0, 0, 0);
  tape.nodes[node.in[0]].grad += node.grad * slopes.a;
  if (node.op->arity == 2) tape.nodes[node.in[1]].grad += node.grad * slopes.b;
}

// --- 1.1 record -------------------------------------------------------------------------------------

void record_adds_one_node() {
  Tape tape{{number(2), number(3)}};
  note("the tape holds two leaves, nodes 0 and 1; record(tape, plus, 0, 1) is called");
  const int node = record(tape, kPlus, 0, 1);
  expect_equal("nodes on the tape afterwards", static_cast<int>(tape.nodes.size()), 3, "node");
  expect_equal("number of the new node", node, 2, node == 3 ? "number" : "node");
}

void record_worked_case() {
  Tape tape{{number(2), number(3)}};
  note("node 0 is 2 and node 1 is 3; mix is y = a + 100 b; record(tape, mix, 0, 1) is called");
  record(tape, kMix, 0, 1);
  expect_equal("nodes on the tape afterwards", static_cast<int>(tape.nodes.size()), 3, "node");
  const Node& node = tape.nodes[2];
  expect(node.op == &kMix, "the new node's op points to the row that was passed", "fields");
  expect_equal("its first operand, in[0]", node.in[0], 0, "fields");
  expect_equal("its second operand, in[1]", node.in[1], 1, "fields");
  const Mistake mistakes[] = {{"value", {0}}, {"value", {100}}, {"value", {203}}, {"value", {}}};
  expect_number("its value, 2 + 100 * 3", node.value, 302, mistakes);
  expect_number("its gradient before any sweep", node.grad, 0);
}

void record_chain() {
  Tape tape{{number(3)}};
  note(
      "x = 3; then a = 2 x, b = 5 a, c = b + a are recorded, each from the number of the one "
      "before");
  const int a = record(tape, kTimes<2>, 0);
  const int b = record(tape, kTimes<5>, a);
  const int c = record(tape, kPlus, b, a);
  expect(a == 1 && b == 2 && c == 3,
         fmt::format("a, b, c are the nodes 1, 2, 3; got {}, {}, {}", a, b, c), "number");
  expect_numbers("values of a, b and c",
                 {tape.nodes[1].value, tape.nodes[2].value, tape.nodes[3].value}, {6, 30, 36});
  expect_equal("second operand of c", tape.nodes[3].in[1], 1, "fields");
}

void record_one_operand() {
  Tape tape{{number(3)}};
  note("record(tape, times 2, 0) is called: an op of one operand");
  record(tape, kTimes<2>, 0);
  expect_equal("in[0] of the new node", tape.nodes.back().in[0], 0, "fields");
  expect_equal("in[1] of the new node, which has no second operand", tape.nodes.back().in[1], kNone,
               "fields");
}

void record_refuses() {
  Tape tape{{number(2), number(3)}};
  note("the tape holds nodes 0 and 1; whatever is recorded next will be node 2");
  const auto refuses = [&](const char* call, const Op& op, int a, int b) {
    expect_refused(
        fmt::format("{} is refused", call), [&] { record(tape, op, a, b); }, "refuse");
  };
  refuses("record(tape, plus, 0, 7)", kPlus, 0, 7);
  refuses("record(tape, plus, 2, 0), its own number", kPlus, 2, 0);
  refuses("record(tape, plus, -5, 0)", kPlus, -5, 0);
  refuses("record(tape, plus, 0) without a second operand", kPlus, 0, kNone);
  refuses("record(tape, times 2, 0, 1) with one too many", kTimes<2>, 0, 1);
  expect_equal("nodes on the tape after calls that were refused",
               static_cast<int>(tape.nodes.size()), 2, "refuse");
}

void record_sorted() {
  Draw draw;
  Tape tape{{number(1)}};
  note("300 additions of nodes drawn at random");
  for (int i = 1; i <= 300; ++i) {
    const int a = draw.below(i), b = draw.below(i);
    const double expected = 1e-3 * (tape.nodes[a].value + tape.nodes[b].value);
    expect_equal("number of the new node", record(tape, kPlus, a, b), i, "number");
    Node& made = tape.nodes.back();
    expect(made.in[0] < i && made.in[1] < i, "operands have smaller numbers than the node",
           "fields");
    expect_number(fmt::format("a thousandth of the value of node {}", i), 1e-3 * made.value,
                  expected);
    made.value = std::fmod(made.value, 10);  // stays small
  }
}

// --- 1.2 the reverse loop ---------------------------------------------------------------------------

// x = 7, then times 2, times 3, times 5.
Tape chain() {
  return {{number(7), of(kTimes<2>, 0, kNone, 14), of(kTimes<3>, 1, kNone, 42),
           of(kTimes<5>, 2, kNone, 210)}};
}

void backward_order() {
  Tape tape = chain();
  note_tape(tape);
  note("backward(tape, 3, visit) is called, where visit writes down the node it is called with");
  std::vector<int> visited;
  backward(tape, 3, [&](Tape&, int i) {
    visited.push_back(i);
    expect(visited.size() <= 100, "visit is called once for each node; it was called 100 times",
           "once");
  });
  note("visited: " + join(visited));
  expect(visited != std::vector{0, 1, 2, 3}, "the loss comes first: 3, 2, 1, 0", "order");
  expect(!visited.empty(), "visit is called for the nodes 3, 2, 1, 0", "visit");
  expect_equal("the first node that is visited", visited.front(), 3, "order");
  expect(visited != std::vector{3, 2, 1}, "node 0 is visited too", "last");
  expect(visited == std::vector{3, 2, 1, 0}, "the nodes are visited in the order 3, 2, 1, 0",
         "once");
}

void backward_chain() {
  Tape tape = chain();
  note_tape(tape);
  note("backward(tape, 3) is called; dL/dL is 1, and one node earlier it is 5 times that");
  backward(tape, 3, deliver);
  const Mistake mistakes[] = {
      {"order", {0, 0, 5, 1}}, {"seed", {0, 0, 0, 0}}, {"visit", {0, 0, 0, 1}}};
  expect_numbers("gradients of the nodes 0 to 3", grads(tape), {30, 15, 5, 1}, mistakes);
}

void backward_doubles() {
  Tape tape{{number(3), of(kPlus, 0, 0, 6), of(kPlus, 1, 1, 12)}};
  note("a = 3, b = a + a, c = b + b; so c = 4 a");
  note_tape(tape);
  backward(tape, 2, deliver);
  const Mistake mistakes[] = {{"order", {0, 2, 1}}, {"seed", {0, 0, 0}}, {"once", {8, 2, 1}}};
  expect_numbers("gradients of a, b and c", grads(tape), {4, 2, 1}, mistakes);
}

void backward_from_the_middle() {
  Tape tape = chain();
  note_tape(tape);
  note("backward(tape, 2) is called: the loss is node 2, and node 3 came after it");
  backward(tape, 2, deliver);
  const Mistake mistakes[] = {
      {"middle", {30, 15, 5, 1}}, {"middle", {30, 15, 6, 1}}, {"seed", {0, 0, 0, 0}}};
  expect_numbers("gradients of the nodes 0 to 3", grads(tape), {6, 3, 1, 0}, mistakes);
}

void backward_twice() {
  Tape tape = chain();
  note_tape(tape);
  note("backward(tape, 3) is called twice; the second sweep must not see the first");
  backward(tape, 3, deliver);
  backward(tape, 3, deliver);
  expect_numbers("gradients of the nodes 0 to 3 after the second sweep", grads(tape),
                 {30, 15, 5, 1},
                 std::vector<Mistake>{{"again", {120, 45, 10, 1}},
                                      {"again", {90, 30, 10, 1}},
                                      {"again", {150, 60, 15, 2}},
                                      {"again", {60, 30, 10, 2}}});
}

void backward_limits() {
  Tape tape{{number(3)}};
  note("the tape is one leaf, and it is the loss itself: dL/dL = 1");
  backward(tape, 0, deliver);
  expect_number("gradient of a loss that is a leaf", tape.nodes[0].grad, 1);
  expect_refused(
      "backward(tape, 1) on a tape of one node is refused", [&] { backward(tape, 1, deliver); },
      "refuse");
  expect_refused(
      "backward(tape, -1) is refused", [&] { backward(tape, -1, deliver); }, "refuse");
}

void backward_sixty_doublings() {
  Tape tape{{number(1)}};
  for (int i = 0; i < 60; ++i) tape.nodes.push_back(of(kPlus, i, i, std::ldexp(1, i + 1)));
  note("sixty doublings, x + x of x + x of ...: 61 nodes, but 2^60 paths from the loss to node 0");
  int visits = 0;
  backward(tape, 60, [&](Tape& t, int i) {
    ++visits;
    deliver(t, i);
  });
  expect_equal("calls of visit", visits, 61, "once");
  expect_number("gradient of node 0, as a multiple of 2^60", tape.nodes[0].grad / 0x1p60, 1);
}

// --- 1.3 accumulate ---------------------------------------------------------------------------------

void send_from_leaf() {
  Tape tape{{number(3, 10), number(4, 20)}};
  note("node 1 is a leaf with the gradient 20; send(tape, 1) is called");
  send(tape, 1);
  expect_numbers("gradients of the two leaves, unchanged", grads(tape), {10, 20},
                 std::vector<Mistake>{{"leaf", {30, 20}}});
}

void send_product() {
  const Op times{"times", 2, [](double a, double b) { return a * b; },
                 [](double a, double b, double) {
                   return Slopes{b, a};
                 }};
  Tape tape{{number(2), number(3), of(times, 0, 1, 6, 10)}};
  note("y = a b at a = 2, b = 3: dy/da = 3, dy/db = 2, and dL/dy = 10");
  note_tape(tape, true);
  note("send(tape, 2) is called");
  send(tape, 2);
  const Mistake mistakes[] = {
      {"chain", {3, 2, 10}},  {"chain", {10, 10, 10}}, {"chain", {13, 12, 10}},
      {"swap", {20, 30, 10}}, {"both", {30, 0, 10}},   {"both", {0, 20, 10}},
      {"chain", {}}};
  expect_numbers("gradients of a, b and y", grads(tape), {30, 20, 10}, mistakes);
}

void send_adds() {
  Tape tape{{number(2, 1000), of(kTimes<3>, 0, kNone, 6, 10)}};
  note("y = 3 a, dL/dy = 10; another use of a has already sent it 1000");
  note_tape(tape, true);
  note("send(tape, 1) is called");
  send(tape, 1);
  const Mistake mistakes[] = {{"add", {30, 10}},
                              {"chain", {1010, 10}},
                              {"chain", {1003, 10}},
                              {"chain", {3000, 10}},
                              {"chain", {}}};
  expect_numbers("gradients of a and y", grads(tape), {1030, 10}, mistakes);
}

void send_same_operand_twice() {
  Tape tape{{number(3), of(kMix, 0, 0, 303, 2)}};
  note("y = a + 100 a: both operands are node 0; dL/dy = 2");
  note_tape(tape, true);
  note("send(tape, 1) is called");
  send(tape, 1);
  const Mistake mistakes[] = {{"add", {200, 2}}, {"add", {2, 2}}, {"both", {}}};
  expect_numbers("gradients of a and y", grads(tape), {202, 2}, mistakes);
}

void send_whole_sweep() {
  Tape tape{{number(3), of(kPlus, 0, 0, 6), of(kPlus, 1, 1, 12, 1)}};
  note("a = 3, b = a + a, c = b + b, so dc/da = 4; c's gradient is 1");
  note("send is called for c, then for b: b must be complete before it sends");
  send(tape, 2);
  note(fmt::format("after c has sent: b has {:g}", tape.nodes[1].grad));
  send(tape, 1);
  const Mistake mistakes[] = {{"add", {1, 1, 1}}};
  expect_numbers("gradients of a, b and c", grads(tape), {4, 2, 1}, mistakes);
}

void send_passes_the_place() {
  // The slopes are the three numbers they are given, so whatever is passed arrives in the gradient.
  const Op probe{"probe", 2, [](double, double) { return 5000.0; },
                 [](double a, double b, double y) {
                   return Slopes{a + 10 * b, y};
                 }};
  Tape tape{{number(2), number(7), of(probe, 0, 1, 5000, 1)}};
  note("an op whose slopes are a + 10 b and y, at a = 2, b = 7, y = 5000");
  send(tape, 2);
  const Mistake mistakes[] = {{"values", {27, 5000, 1}},
                              {"values", {72, 0, 1}},
                              {"values", {10, 5000, 1}},
                              {"values", {0, 0, 1}}};
  expect_numbers("gradients of a, b and y", grads(tape), {72, 5000, 1}, mistakes);
  Tape one{{number(2), of(kTimes<3>, 0, kNone, 6, 1)}};
  send(one, 1);
  expect_numbers("an op of one operand reaches only that one", grads(one), {3, 1});
}

// --- 1.4 local derivatives --------------------------------------------------------------------------

void slopes_mul() {
  check_slopes(kMul, [](double a, double b) { return a * b; }, {{2, 5}, {-1.5, 0.5}, {0, 3}});
}
void slopes_exp() {
  check_slopes(kExp, [](double a, double) { return std::exp(a); }, {{0.5, 0}, {-1, 0}, {2, 0}});
}
void slopes_log() {
  check_slopes(kLog, [](double a, double) { return std::log(a); }, {{0.5, 0}, {2, 0}, {7, 0}});
}
void slopes_tanh() {
  check_slopes(kTanh, [](double a, double) { return std::tanh(a); }, {{0.5, 0}, {-1.2, 0}, {2, 0}});
}
void slopes_div() {
  check_slopes(kDiv, [](double a, double b) { return a / b; }, {{3, 2}, {-1, 4}, {2, -0.8}});
}

void slopes_far_out() {
  note("div at a = b = 1e-200: y = 1, dy/da = 1e200, dy/db = -1e200; but b * b is 0 in double");
  const Slopes tiny_div = kDiv.slopes(1e-200, 1e-200, 1);
  const Mistake overflows[] = {{"square", {1, -std::numeric_limits<double>::infinity()}},
                               {"square", {1, std::numeric_limits<double>::infinity()}}};
  expect_numbers("slopes of div there, divided by 1e200", {tiny_div.a / 1e200, tiny_div.b / 1e200},
                 {1, -1}, overflows);
  note("tanh at a = 800: y = 1, and the slope is 0 to sixteen digits");
  expect_number("slope of tanh there", kTanh.slopes(800, 0, 1).a, 0);
}

// --- 1.5 the derivative without a tape --------------------------------------------------------------

void numeric_square() {
  const auto points_of = [](double center, const std::vector<double>& at) {
    std::string all;
    for (const double x : at) all += fmt::format("{}3{:+.1e}", all.empty() ? "" : ", ", x - center);
    return all;
  };
  std::vector<double> asked;
  note("f(x) = x * x at x = 3, where the derivative is 6");
  const std::vector<double> got = numeric_gradient(
      [&](const std::vector<double>& x) {
        asked.push_back(x.at(0));
        return x.at(0) * x.at(0);
      },
      {3.0});
  note("f was asked at x = " + points_of(3, asked));
  expect_equal("numbers in the gradient of a function of one number", static_cast<int>(got.size()),
               1, "size");
  bool left = false, right = false;
  for (const double x : asked) {
    left = left || x < 3;
    right = right || x > 3;
  }
  expect(right || left, "f is called beside x, not only at it", "step");
  expect(right && left, "f is called on both sides of x", "side");
  const Mistake mistakes[] = {{"halve", {12}}, {"halve", {3}}, {"step", {}}};
  expect_number("df/dx", got[0], 6, mistakes, 1e-7);
}

void numeric_two() {
  note("f(x, y) = x * y * y at x = 2, y = 3: df/dx = 9, df/dy = 12");
  int together = 0;
  const std::vector<double> got = numeric_gradient(
      [&](const std::vector<double>& x) {
        together += x.at(0) != 2 && x.at(1) != 3;
        return x.at(0) * x.at(1) * x.at(1);
      },
      {2.0, 3.0});
  const Mistake mistakes[] = {
      {"swap", {12, 9}}, {"halve", {18, 24}}, {together ? "restore" : "side", {}}};
  expect_numbers("gradient", got, {9, 12}, mistakes, 1e-7);
}

void numeric_one_at_a_time() {
  note("f(x, y) = x + 10 y; while y is moved, x must be back at its place");
  const std::vector<double> x{2, 3};
  int together = 0;
  numeric_gradient(
      [&](const std::vector<double>& at) {
        together += at.at(0) != x[0] && at.at(1) != x[1];
        return at.at(0) + 10 * at.at(1);
      },
      x);
  expect_equal("calls in which x and y were both moved", together, 0, "restore");
}

void numeric_sizes() {
  note("f(x) = sin(x / s) + x / s, with s = max(1, |x|): as curved at a million as it is at 1");
  for (const double x : {1.0, 1e-3, 0.0, 1e3, 1e6, -1e6}) {
    const double s = std::max(1.0, std::abs(x));
    const std::vector<double> got = numeric_gradient(
        [&](const std::vector<double>& at) { return std::sin(at.at(0) / s) + at.at(0) / s; }, {x});
    expect_equal("numbers in the gradient", static_cast<int>(got.size()), 1, "size");
    const Mistake mistakes[] = {{"step", {}}};
    expect_number(fmt::format("s df/dx at x = {:g}, to eight digits", x), got[0] * s,
                  std::cos(x / s) + 1, mistakes, 1e-8);
  }
}

void numeric_against_tape() { check_random_expressions(20, 6, &numeric_gradient); }

// --- 1.6 an op of your own --------------------------------------------------------------------------

void variation_row() {
  note(fmt::format("this course's op: {}, {}", variation().name, variation().formula));
  expect(std::string(kVariation.name) == variation().name,
         fmt::format("the row's name is {}", variation().name));
  expect_equal("number of operands", kVariation.arity, variation().arity);
  const std::vector<double>& at = variation().points.front();
  note(fmt::format("at a = {:g}{}", at[0],
                   variation().arity == 2 ? fmt::format(", b = {:g}", at[1]) : ""));
  expect_number("its value", kVariation.value(at[0], at[1]), variation().value(at[0], at[1]), {},
                1e-9);
}

void variation_slopes() { check_slopes(kVariation, variation().value, variation().points); }

void variation_extremes() {
  for (const Variation::Extreme& at : variation().extremes) {
    note(fmt::format("at a = {:g}{}", at.a,
                     variation().arity == 2 ? fmt::format(", b = {:g}", at.b) : ""));
    const double y = kVariation.value(at.a, at.b);
    const Mistake overflow[] = {{"stable", {std::numeric_limits<double>::infinity()}},
                                {"stable", {-std::numeric_limits<double>::infinity()}},
                                {"stable", {0}}};
    expect_number(fmt::format("value, divided by {:g}", at.value), y / at.value, 1, overflow);
    const Slopes slopes = kVariation.slopes(at.a, at.b, at.value);
    const bool good =
        std::abs(slopes.a - at.slope_a) < 1e-9 && std::abs(slopes.b - at.slope_b) < 1e-9;
    expect(good,
           fmt::format("slopes {:g} and {:g}; got {:g} and {:g}", at.slope_a, at.slope_b, slopes.a,
                       slopes.b),
           "stable");
  }
}

constexpr Check kChecks[] = {
    {"1.1", Kind::shape, "one node is added and its number comes back", 2, record_adds_one_node,
     "node"},
    {"1.1", Kind::worked, "the node holds op, operands and value", 4, record_worked_case, "fields"},
    {"1.1", Kind::worked, "three nodes in a row build on each other", 3, record_chain, "value"},
    {"1.1", Kind::edge, "an op of one operand keeps kNone for the second", 2, record_one_operand,
     "fields"},
    {"1.1", Kind::edge, "operands that are not on the tape are refused", 2, record_refuses,
     "refuse"},
    {"1.1", Kind::property, "any tape comes out sorted", 2, record_sorted, "number"},
    {"1.2", Kind::shape, "every node is visited once, the loss first", 4, backward_order, "end"},
    {"1.2", Kind::worked, "a chain multiplies its slopes", 4, backward_chain, "end"},
    {"1.2", Kind::worked, "b = a + a, c = b + b: order matters", 4, backward_doubles, "end"},
    {"1.2", Kind::edge, "the loss need not be the last node", 2, backward_from_the_middle,
     "middle"},
    {"1.2", Kind::edge, "a second sweep starts from nothing", 2, backward_twice, "again"},
    {"1.2", Kind::edge, "a loss that is a leaf, and one that is not there", 2, backward_limits,
     "refuse"},
    {"1.2", Kind::property, "sixty doublings take 61 visits", 2, backward_sixty_doublings, "once"},
    {"1.3", Kind::shape, "a leaf sends nothing", 2, send_from_leaf, "leaf"},
    {"1.3", Kind::worked, "y = a b sends dL/dy times the slope to each", 5, send_product, "chain"},
    {"1.3", Kind::worked, "what arrives is added to what is there", 4, send_adds, "add"},
    {"1.3", Kind::edge, "the same operand twice gets both parts", 4, send_same_operand_twice,
     "add"},
    {"1.3", Kind::edge, "slopes are taken at the operands and the value", 2, send_passes_the_place,
     "values"},
    {"1.3", Kind::property, "b = a + a, c = b + b gives 4", 3, send_whole_sweep, "add"},
    {"1.4", Kind::gradient, "mul", 3, slopes_mul, "slope"},
    {"1.4", Kind::gradient, "exp", 3, slopes_exp, "slope"},
    {"1.4", Kind::gradient, "log", 3, slopes_log, "slope"},
    {"1.4", Kind::gradient, "tanh", 3, slopes_tanh, "slope"},
    {"1.4", Kind::gradient, "div", 4, slopes_div, "slope"},
    {"1.4", Kind::edge, "far out, where squares overflow", 2, slopes_far_out, "square"},
    {"1.5", Kind::worked, "x * x at 3 gives 6", 4, numeric_square, "side"},
    {"1.5", Kind::worked, "two numbers, two derivatives", 3, numeric_two, "size"},
    {"1.5", Kind::edge, "one coordinate moves at a time", 2, numeric_one_at_a_time, "restore"},
    {"1.5", Kind::edge, "x may be large, small or 0", 2, numeric_sizes, "step"},
    {"1.5", Kind::property, "tape and differences agree on random expressions", 3,
     numeric_against_tape, "tape"},
    {"1.6", Kind::worked, "the row and its value", 2, variation_row, "formula"},
    {"1.6", Kind::gradient, "its slopes", 4, variation_slopes, "slope"},
    {"1.6", Kind::edge, "far out, where the plain formula overflows", 2, variation_extremes,
     "stable"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
