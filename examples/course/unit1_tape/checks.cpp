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
double k[3];
template <int i>
const Op kTimes{"times", 1, [](double a, double) { return k[i] * a; },
                [](double, double, double) { return Slopes{.a = k[i]}; }};

void draw_factors(std::array<double, 3> friendly) {
  Draw draw;
  for (int i = 0; i < 3; ++i) k[i] = draw.near(friendly[static_cast<std::size_t>(i)]);
}

// y = a + c b: not symmetric, so that exchanged operands show.
double c = 100;
const Op kMix{"mix", 2, [](double a, double b) { return a + c * b; },
              [](double, double, double) {
                return Slopes{1, c};
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

int size(const Tape& tape) { return static_cast<int>(tape.nodes.size()); }

inline std::string join(const std::vector<int>& numbers) {
  std::string all;
  for (const int i : numbers) all += fmt::format("{}{}", all.empty() ? "" : ", ", i);
  return all.empty() ? "none" : all;
}

inline void note_tape(const Tape& tape, bool with_grad = false) {
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

/// A tape of that many leaves.
Tape leaves(int count) {
  Draw draw;
  Tape tape;
  for (int i = 0; i < count; ++i) tape.nodes.push_back(number(draw.near(i + 2)));
  return tape;
}

void record_adds_one_node() {
  const int before = Draw().count_near(2, 2, 9);
  const Tape given = leaves(before);
  Tape tape = given;
  const int node = answer([&] { return record(tape, kPlus, 0, before - 1); });
  const int nodes = answer([&] { return size(tape); });
  const double value = answer([&] { return tape.nodes.back().value; });
  judge([&] {
    note(fmt::format("the tape holds the leaves 0 to {0}; record(tape, plus, 0, {0}) is called",
                     before - 1));
    expect_equal("nodes on the tape afterwards", nodes, before + 1, "node");
    expect_equal("number of the new node", node, before, node == before + 1 ? "number" : "node");
    expect_number("value of the last node", value,
                  given.nodes.front().value + given.nodes.back().value,
                  std::vector<Mistake>{{"value", {}}});
  });
}

void record_worked_case() {
  Draw draw;
  const double a = draw.near(2), b = draw.near(3);
  c = draw.near(100);
  Tape tape{{number(a), number(b)}};
  const int nodes = answer([&] {
    record(tape, kMix, 0, 1);
    return size(tape);
  });
  const std::vector<int> fields = answer([&] {
    const Node& node = tape.nodes.at(2);
    return std::vector<int>{node.op == &kMix, node.in[0], node.in[1]};
  });
  const std::vector<double> numbers = answer([&] {
    return std::vector{tape.nodes.at(2).value, tape.nodes.at(2).grad};
  });
  judge([&] {
    note(fmt::format(
        "node 0 is {:g} and node 1 is {:g}; mix is y = a + {:g} b; record(tape, mix, 0, 1)"
        " is called",
        a, b, c));
    expect_equal("nodes on the tape afterwards", nodes, 3, "node");
    expect(fields.at(0) == 1, "the new node's op points to the row that was passed", "fields");
    expect_equal("its first operand, in[0]", fields.at(1), 0, "fields");
    expect_equal("its second operand, in[1]", fields.at(2), 1, "fields");
    const Mistake mistakes[] = {
        {"value", {0}}, {"value", {c}}, {"value", {b + c * a}}, {"value", {}}};
    expect_number(fmt::format("its value, {:g} + {:g} * {:g}", a, c, b), numbers.at(0), a + c * b,
                  mistakes);
    expect_number("its gradient before any sweep", numbers.at(1), 0);
  });
}

void record_chain() {
  draw_factors({2, 5, 1});
  Tape tape{{number(3)}};
  const std::vector<int> nodes = answer([&] {
    const int first = record(tape, kTimes<0>, 0);
    const int second = record(tape, kTimes<1>, first);
    return std::vector<int>{first, second, record(tape, kPlus, second, first)};
  });
  const std::vector<double> values = answer([&] {
    return std::vector{tape.nodes.at(1).value, tape.nodes.at(2).value, tape.nodes.at(3).value};
  });
  const int second_operand = answer([&] { return tape.nodes.at(3).in[1]; });
  judge([&] {
    note(fmt::format(
        "x = 3; then a = {:g} x, b = {:g} a, c = b + a are recorded, each from the number "
        "of the one before",
        k[0], k[1]));
    expect(nodes == std::vector{1, 2, 3},
           fmt::format("a, b, c are the nodes 1, 2, 3; got {}", join(nodes)), "number");
    expect_numbers("values of a, b and c", values,
                   {3 * k[0], 3 * k[0] * k[1], 3 * k[0] * (k[1] + 1)});
    expect_equal("second operand of c", second_operand, 1, "fields");
  });
}

void record_one_operand() {
  draw_factors({2, 1, 1});
  const Tape given = leaves(Draw().count_near(1, 1, 5));
  const int operand = size(given) - 1;
  Tape tape = given;
  const std::vector<int> operands = answer([&] {
    record(tape, kTimes<0>, operand);
    return std::vector<int>{tape.nodes.back().in[0], tape.nodes.back().in[1]};
  });
  const double value = answer([&] { return tape.nodes.back().value; });
  judge([&] {
    note(
        fmt::format("record(tape, times {:g}, {}) is called: an op of one operand", k[0], operand));
    expect_equal("in[0] of the new node", operands.at(0), operand, "fields");
    expect_equal("in[1] of the new node, which has no second operand", operands.at(1), kNone,
                 "fields");
    expect_number("its value", value, k[0] * given.nodes.back().value,
                  std::vector<Mistake>{{"value", {}}});
  });
}

void record_refuses() {
  const int before = Draw().count_near(2, 2, 6);
  Tape tape = leaves(before);
  struct Call {
    const char* text;
    const Op& op;
    int a, b;
  };
  const Call calls[] = {{"an operand far beyond the tape", kPlus, 0, before + 5},
                        {"its own number as an operand", kPlus, before, 0},
                        {"an operand below 0", kPlus, -5, 0},
                        {"an op of two operands without a second one", kPlus, 0, kNone},
                        {"an op of one operand with one too many", kTimes<0>, 0, 1}};
  for (const Call& call : calls) {
    const bool good =
        answer([&] { return refused([&] { record(tape, call.op, call.a, call.b); }); });
    judge([&] {
      note(fmt::format("the tape holds the nodes 0 to {}; record(tape, {}, {}, {}) is called",
                       before - 1, call.op.name, call.a, call.b));
      expect(good, fmt::format("{} is refused, by std::invalid_argument", call.text), "refuse");
    });
  }
  const Tape after = leaves(before);
  const std::vector<double> values = answer([&] {
    record(tape, kPlus, 0, before - 1);
    std::vector<double> all;
    for (const Node& node : tape.nodes) all.push_back(node.value);
    return all;
  });
  judge([&] {
    std::vector<double> right;
    for (const Node& node : after.nodes) right.push_back(node.value);
    right.push_back(right.front() + right.back());
    note("then one that is right is recorded");
    expect_equal("nodes on the tape after calls that were refused, and one that was not",
                 static_cast<int>(values.size()), before + 1, "refuse");
    expect_numbers("their values", values, right, std::vector<Mistake>{{"refuse", {}}});
  });
}

void record_sorted() {
  Draw draw;
  const double first = draw.near(1);
  std::vector<std::array<int, 2>> calls;
  for (int i = 1; i <= 300; ++i) calls.push_back({draw.below(i), draw.below(i)});
  Tape tape{{number(first)}};
  std::vector<int> made;
  const std::vector<double> values = answer([&] {
    std::vector<double> all;
    for (const auto& [a, b] : calls) {
      made.push_back(record(tape, kPlus, a, b));
      all.push_back(tape.nodes.back().value);
      tape.nodes.back().value = std::fmod(all.back(), 10);  // stays small
    }
    return all;
  });
  const std::vector<int> nodes = answer([&] { return made; });
  const std::vector<int> operands = answer([&] {
    std::vector<int> all;
    for (const Node& node : tape.nodes) all.insert(all.end(), node.in.begin(), node.in.end());
    return all;
  });
  judge([&] {
    note("300 additions of nodes drawn at random");
    expect(values.size() == 300 && nodes.size() == 300 && operands.size() == 602,
           "there are 301 nodes", "number");
    std::vector<double> truth{first};
    for (std::size_t i = 0; i < 300; ++i) {
      const auto& [a, b] = calls[i];
      const double sum = truth[static_cast<std::size_t>(a)] + truth[static_cast<std::size_t>(b)];
      truth.push_back(std::fmod(sum, 10));
      expect_equal("number of the new node", nodes[i], static_cast<int>(i) + 1, "number");
      expect(operands[2 * i + 2] == a && operands[2 * i + 3] == b,
             fmt::format("node {} has the operands {} and {}", i + 1, a, b), "fields");
      expect_number(fmt::format("the value of node {}", i + 1), values[i], sum);
    }
  });
}

// --- 1.2 the reverse loop ---------------------------------------------------------------------------

// x = 7, then times 2, times 3, times 5 or near them; `ops` of them.
Tape chain(int ops = 3) {
  draw_factors({2, 3, 5});
  Tape tape{{number(7)}};
  for (int i = 0; i < ops; ++i)
    tape.nodes.push_back(of(i % 3 == 0   ? kTimes<0>
                            : i % 3 == 1 ? kTimes<1>
                                         : kTimes<2>,
                            i, kNone, tape.nodes.back().value * k[i % 3]));
  return tape;
}

void backward_order() {
  const int loss = Draw().count_near(3, 3, 8);
  const Tape before = chain(loss);
  std::vector<double> met;
  const std::vector<int> visited = answer([&] {
    Tape tape = before;
    std::vector<int> all;
    backward(tape, loss, [&](Tape& t, int i) {
      if (all.size() > 100) throw std::runtime_error("visit was called 100 times for a few nodes");
      all.push_back(i);
      met.push_back(t.nodes.at(i).value);
    });
    return all;
  });
  const std::vector<double> values = answer([&] { return met; });
  judge([&] {
    std::vector<int> up, down;
    std::vector<double> right;
    for (int i = 0; i <= loss; ++i) {
      up.push_back(i);
      down.push_back(loss - i);
      right.push_back(before.nodes[static_cast<std::size_t>(loss - i)].value);
    }
    const std::string all = join(down);
    note_tape(before);
    note(
        fmt::format("backward(tape, {}, visit) is called, where visit writes down the node it is "
                    "called with",
                    loss));
    note("visited: " + join(visited));
    expect(visited != up, "the loss comes first: " + all, "order");
    expect(!visited.empty(), "visit is called for the nodes " + all, "visit");
    expect_equal("the first node that is visited", visited.front(), loss, "order");
    expect(visited != std::vector(down.begin(), down.end() - 1), "node 0 is visited too", "last");
    expect(visited == down, "the nodes are visited in the order " + all, "once");
    expect_numbers("the values of the nodes when they are visited", values, right);
  });
}

/// The gradients of all nodes after sweeps from this loss.
std::vector<double> swept(Tape tape, int loss, int sweeps = 1) {
  return answer([&] {
    for (int i = 0; i < sweeps; ++i) backward(tape, loss, deliver);
    return grads(tape);
  });
}

void backward_chain() {
  const Tape tape = chain();
  const std::vector<double> got = swept(tape, 3);
  judge([&] {
    note_tape(tape);
    note(fmt::format(
        "backward(tape, 3) is called; dL/dL is 1, and one node earlier it is {:g} times that",
        k[2]));
    const Mistake mistakes[] = {
        {"order", {0, 0, k[2], 1}}, {"seed", {0, 0, 0, 0}}, {"visit", {0, 0, 0, 1}}};
    expect_numbers("gradients of the nodes 0 to 3", got, {k[0] * k[1] * k[2], k[1] * k[2], k[2], 1},
                   mistakes);
  });
}

void backward_doubles() {
  draw_factors({10, 1, 1});
  const Tape tape{
      {number(3), of(kPlus, 0, 0, 6), of(kPlus, 1, 1, 12), of(kTimes<0>, 2, kNone, 12 * k[0])}};
  const std::vector<double> got = swept(tape, 3);
  judge([&] {
    note(fmt::format("a = 3, b = a + a, c = b + b, L = {0:g} c; so L is 4 * {0:g} a", k[0]));
    note_tape(tape);
    const Mistake mistakes[] = {{"order", {0, 0, k[0], 1}},
                                {"seed", {0, 0, 0, 0}},
                                {"once", {8 * k[0], 2 * k[0], k[0], 1}}};
    expect_numbers("gradients of a, b, c and L", got, {4 * k[0], 2 * k[0], k[0], 1}, mistakes);
  });
}

void backward_from_the_middle() {
  const Tape tape = chain();
  const std::vector<double> got = swept(tape, 2);
  const std::vector<int> visited = answer([&] {
    Tape copy = tape;
    std::vector<int> all;
    backward(copy, 2, [&](Tape&, int i) {
      if (all.size() < 100) all.push_back(i);
    });
    return all;
  });
  judge([&] {
    note_tape(tape);
    note("backward(tape, 2) is called: the loss is node 2, and node 3 came after it");
    const double both = k[0] * k[1], all = both * k[2];
    const Mistake mistakes[] = {{"middle", {all, k[1] * k[2], k[2], 1}},
                                {"middle", {all, k[1] * k[2], k[2] + 1, 1}},
                                {"seed", {0, 0, 0, 0}}};
    expect_numbers("gradients of the nodes 0 to 3", got, {both, k[1], 1, 0}, mistakes);
    note("visited: " + join(visited));
    expect(visited == std::vector{2, 1, 0}, "the nodes 2, 1, 0 are visited, and no other",
           "middle");
  });
}

void backward_twice() {
  const Tape tape = chain();
  const std::vector<double> got = swept(tape, 3, 2);
  judge([&] {
    note_tape(tape);
    note("backward(tape, 3) is called twice; the second sweep must not see the first");
    // Whatever the second sweep makes of what is left, it is more than the right answer.
    const std::vector<double> right{k[0] * k[1] * k[2], k[1] * k[2], k[2], 1};
    bool more = got.size() == right.size();
    for (std::size_t i = 0; more && i < right.size(); ++i) more = got[i] > right[i] - 1e-9;
    const Mistake again[] = {{"again", got}};
    expect_numbers("gradients of the nodes 0 to 3 after the second sweep", got, right,
                   more ? again : std::span<const Mistake>{});
  });
}

void backward_limits() {
  draw_factors({3, 1, 1});
  const Tape tape{{number(3), number(4), of(kTimes<0>, 1, kNone, 4 * k[0])}};
  const std::vector<double> of_leaf = swept(tape, 1), of_last = swept(tape, 2);
  judge([&] {
    note_tape(tape);
    note("backward(tape, 1) is called: node 1 is a leaf, and it is the loss itself: dL/dL = 1");
    expect_numbers("gradients when the loss is a leaf", of_leaf, {0, 1, 0},
                   std::vector<Mistake>{{"middle", {0, 1 + k[0], 1}}});
    expect_numbers("gradients when it is node 2", of_last, {0, k[0], 1});
  });
  for (const int loss : {3, -1}) {
    const bool good = answer([&] {
      Tape copy = tape;
      return refused([&] { backward(copy, loss, deliver); });
    });
    judge([&] {
      expect(good,
             fmt::format("backward(tape, {}) on a tape of three nodes is refused, by "
                         "std::invalid_argument",
                         loss),
             "refuse");
    });
  }
}

void backward_sixty_doublings() {
  const int doublings = Draw().count_near(60, 50, 60);
  draw_factors({3, 1, 1});
  Tape tape{{number(1)}};
  for (int i = 0; i < doublings; ++i) tape.nodes.push_back(of(kPlus, i, i, std::ldexp(1, i + 1)));
  tape.nodes.push_back(of(kTimes<0>, doublings, kNone, k[0] * std::ldexp(1, doublings)));
  int visits = 0;
  const double grad = answer([&] {
    backward(tape, doublings + 1, [&](Tape& t, int i) {
      ++visits;
      deliver(t, i);
    });
    return std::ldexp(tape.nodes.at(0).grad, -doublings);
  });
  const int calls = answer([&] { return visits; });
  judge([&] {
    note(
        fmt::format("{0} doublings, x + x of x + x of ..., then times {1:g}: {2} nodes, but 2^{0} "
                    "paths from the loss to node 0",
                    doublings, k[0], doublings + 2));
    expect_equal("calls of visit", calls, doublings + 2, "once");
    expect_number(fmt::format("gradient of node 0, as a multiple of 2^{}", doublings), grad, k[0]);
  });
}

// --- 1.3 accumulate ---------------------------------------------------------------------------------

/// The gradients of all nodes after send(tape, node).
std::vector<double> sent(Tape tape, int node) {
  return answer([&] {
    send(tape, node);
    return grads(tape);
  });
}

void send_from_leaf() {
  Draw draw;
  const double a = draw.near(10), b = draw.near(20);
  const std::vector<double> got = sent({{number(3, a), number(4, b)}}, 1);
  judge([&] {
    note(fmt::format("node 1 is a leaf with the gradient {:g}; send(tape, 1) is called", b));
    expect_numbers("gradients of the two leaves, unchanged", got, {a, b},
                   std::vector<Mistake>{{"leaf", {a + b, b}}});
  });
}

void send_product() {
  static const Op times{"times", 2, [](double a, double b) { return a * b; },
                        [](double a, double b, double) {
                          return Slopes{b, a};
                        }};
  Draw draw;
  const double a = draw.near(2), b = draw.near(3), g = draw.near(10);
  const Tape tape{{number(a), number(b), of(times, 0, 1, a * b, g)}};
  const std::vector<double> got = sent(tape, 2);
  judge([&] {
    note(fmt::format(
        "y = a b at a = {0:g}, b = {1:g}: dy/da = {1:g}, dy/db = {0:g}, and dL/dy = {2:g}", a, b,
        g));
    note_tape(tape, true);
    note("send(tape, 2) is called");
    const Mistake mistakes[] = {
        {"chain", {b, a, g}},        {"chain", {g, g, g}},        {"chain", {g + b, g + a, g}},
        {"swap", {g * a, g * b, g}}, {"swap", {g * a, g * a, g}}, {"swap", {g * b, g * b, g}},
        {"both", {g * b, 0, g}},     {"both", {0, g * a, g}},     {"chain", {}}};
    expect_numbers("gradients of a, b and y", got, {g * b, g * a, g}, mistakes);
  });
}

void send_adds() {
  draw_factors({3, 1, 1});
  Draw draw;
  const double g = draw.near(10), before = draw.near(1000);
  const Tape tape{{number(2, before), of(kTimes<0>, 0, kNone, 2 * k[0], g)}};
  const std::vector<double> got = sent(tape, 1);
  judge([&] {
    note(fmt::format("y = {:g} a, dL/dy = {:g}; another use of a has already sent it {:g}", k[0], g,
                     before));
    note_tape(tape, true);
    note("send(tape, 1) is called");
    const Mistake mistakes[] = {{"add", {g * k[0], g}},
                                {"chain", {before + g, g}},
                                {"chain", {before + k[0], g}},
                                {"chain", {before * k[0], g}},
                                {"chain", {}}};
    expect_numbers("gradients of a and y", got, {before + g * k[0], g}, mistakes);
  });
}

void send_same_operand_twice() {
  Draw draw;
  c = draw.near(100);
  const double g = draw.near(2);
  const Tape tape{{number(3), of(kMix, 0, 0, 3 + 3 * c, g)}};
  const std::vector<double> got = sent(tape, 1);
  judge([&] {
    note(fmt::format("y = a + {:g} a: both operands are node 0; dL/dy = {:g}", c, g));
    note_tape(tape, true);
    note("send(tape, 1) is called");
    const Mistake mistakes[] = {{"add", {g * c, g}}, {"add", {g, g}}, {"both", {}}};
    expect_numbers("gradients of a and y", got, {g + g * c, g}, mistakes);
  });
}

void send_whole_sweep() {
  Draw draw;
  const double g = draw.near(1);
  Tape tape{{number(3), of(kPlus, 0, 0, 6), of(kPlus, 1, 1, 12, g)}};
  const double half_way = answer([&] {
    send(tape, 2);
    return tape.nodes.at(1).grad;
  });
  const std::vector<double> got = answer([&] {
    send(tape, 1);
    return grads(tape);
  });
  judge([&] {
    note(fmt::format("a = 3, b = a + a, c = b + b, so dc/da = 4; c's gradient is {:g}", g));
    note("send is called for c, then for b: b must be complete before it sends");
    note(fmt::format("after c has sent: b has {:g}", half_way));
    const Mistake mistakes[] = {{"add", {g, g, g}}};
    expect_numbers("gradients of a, b and c", got, {4 * g, 2 * g, g}, mistakes);
  });
}

void send_passes_the_place() {
  // The slopes are the three numbers they are given, so whatever is passed arrives in the gradient.
  static const Op probe{"probe", 2, [](double, double) { return 0.0; },
                        [](double a, double b, double y) {
                          return Slopes{a + 10 * b, y};
                        }};
  Draw draw;
  const double a = draw.near(2), b = draw.near(7), y = draw.near(5000);
  const std::vector<double> got = sent({{number(a), number(b), of(probe, 0, 1, y, 1)}}, 2);
  judge([&] {
    note(fmt::format("an op whose slopes are a + 10 b and y, at a = {:g}, b = {:g}, y = {:g}", a, b,
                     y));
    const Mistake mistakes[] = {{"values", {b + 10 * a, y, 1}},
                                {"values", {a + 10 * b, 0, 1}},
                                {"values", {10, y, 1}},
                                {"values", {0, 0, 1}}};
    expect_numbers("gradients of a, b and y", got, {a + 10 * b, y, 1}, mistakes);
  });
  draw_factors({3, 1, 1});
  const std::vector<double> one = sent({{number(2), of(kTimes<0>, 0, kNone, 2 * k[0], 1)}}, 1);
  judge([&] { expect_numbers("an op of one operand reaches only that one", one, {k[0], 1}); });
}

// --- 1.4 local derivatives --------------------------------------------------------------------------

void slopes_mul() { check_slopes(mul_row, true_mul, draw_near({{2, 5}, {-1.5, 0.5}, {0, 3}})); }
void slopes_exp() { check_slopes(exp_row, true_exp, draw_near({{0.5, 0}, {-1, 0}, {2, 0}})); }
void slopes_log() { check_slopes(log_row, true_log, draw_near({{0.5, 0}, {2, 0}, {7, 0}})); }
void slopes_tanh() { check_slopes(tanh_row, true_tanh, draw_near({{0.5, 0}, {-1.2, 0}, {2, 0}})); }
void slopes_div() { check_slopes(div_row, true_div, draw_near({{3, 2}, {-1, 4}, {2, -0.8}})); }

void slopes_far_out() {
  Draw draw;
  const double small = draw.near(1e-200), large = draw.beyond(800);
  const std::vector<double> div = answer([&] {
    const Slopes slopes = kDiv.slopes(small, small, 1);
    return std::vector{slopes.a, slopes.b};
  });
  const double tanh = answer([&] { return kTanh.slopes(large, 0, 1).a; });
  judge([&] {
    note(fmt::format(
        "div at a = b = {:.3g}: y = 1, dy/da = 1/b, dy/db = -1/b; but b * b is 0 in double",
        small));
    const Mistake overflows[] = {{"square", {1, -std::numeric_limits<double>::infinity()}},
                                 {"square", {1, std::numeric_limits<double>::infinity()}}};
    expect_equal("slopes of div", static_cast<int>(div.size()), 2);
    expect_numbers("slopes of div there, times b", {div[0] * small, div[1] * small}, {1, -1},
                   overflows);
    note(fmt::format("tanh at a = {:g}: y = 1, and the slope is 0 to sixteen digits", large));
    expect_number("slope of tanh there", tanh, 0);
  });
}

// --- 1.5 the derivative without a tape --------------------------------------------------------------

void numeric_square() {
  Draw draw;
  const double at = draw.near(3);
  std::vector<double> calls;
  const std::vector<double> got = answer([&] {
    return numeric_gradient(
        [&](const std::vector<double>& x) {
          calls.push_back(x.at(0));
          return x.at(0) * x.at(0);
        },
        {at});
  });
  const std::vector<double> asked = answer([&] { return calls; });
  judge([&] {
    note(fmt::format("f(x) = x * x at x = {:g}, where the derivative is {:g}", at, 2 * at));
    std::string where;
    bool left = false, right = false;
    for (const double x : asked) {
      where += fmt::format("{}{:g}{:+.1e}", where.empty() ? "" : ", ", at, x - at);
      left = left || x < at;
      right = right || x > at;
    }
    note("f was asked at x = " + where);
    expect_equal("numbers in the gradient of a function of one number",
                 static_cast<int>(got.size()), 1, "size");
    expect(right || left, "f is called beside x, not only at it", "step");
    expect(right && left, "f is called on both sides of x", "side");
    const Mistake mistakes[] = {{"halve", {4 * at}}, {"halve", {at}}, {"step", {}}};
    expect_number("df/dx", got[0], 2 * at, mistakes, 1e-7);
  });
}

void numeric_two() {
  Draw draw;
  const double x = draw.near(2), y = draw.near(3);
  int moved = 0;
  const std::vector<double> got = answer([&] {
    return numeric_gradient(
        [&](const std::vector<double>& at) {
          moved += at.at(0) != x && at.at(1) != y;
          return at.at(0) * at.at(1) * at.at(1);
        },
        {x, y});
  });
  const int together = answer([&] { return moved; });
  judge([&] {
    const double by_x = y * y, by_y = 2 * x * y;
    note(fmt::format("f(x, y) = x * y * y at x = {:g}, y = {:g}: df/dx = {:g}, df/dy = {:g}", x, y,
                     by_x, by_y));
    const Mistake mistakes[] = {{"swap", {by_y, by_x}},
                                {"halve", {2 * by_x, 2 * by_y}},
                                {together ? "restore" : "side", {}}};
    expect_numbers("gradient", got, {by_x, by_y}, mistakes, 1e-7);
  });
}

void numeric_one_at_a_time() {
  Draw draw;
  std::vector<double> x;
  for (int i = draw.count_near(2, 2, 5); i > 0; --i) x.push_back(draw.near(i + 1));
  std::vector<double> calls;
  answer([&] {
    numeric_gradient(
        [&](const std::vector<double>& at) {
          calls.insert(calls.end(), at.begin(), at.end());
          double sum = 0;
          for (const double one : at) sum = 10 * sum + one;
          return sum;
        },
        x);
  });
  const std::vector<double> asked = answer([&] { return calls; });
  judge([&] {
    note("f(x, y) = 10 x + y; while y is moved, x must be back at its place");
    expect(!asked.empty() && asked.size() % x.size() == 0,
           "f is called with as many numbers as there are", "size");
    int together = 0;
    std::vector<int> alone(x.size());
    for (std::size_t call = 0; call < asked.size(); call += x.size()) {
      int moved = 0, last = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        if (asked[call + i] != x[i]) ++moved, last = static_cast<int>(i);
      together += moved > 1;
      if (moved == 1) ++alone[static_cast<std::size_t>(last)];
    }
    expect_equal("calls in which two numbers were both moved", together, 0, "restore");
    for (std::size_t i = 0; i < x.size(); ++i)
      expect(alone[i] > 0, fmt::format("f is called with x[{}] moved alone", i), "restore");
  });
}

void numeric_sizes() {
  Draw draw;
  for (const double friendly : {1.0, 1e-3, 0.0, 1e3, 1e6, -1e6}) {
    const double x = draw.near(friendly), s = std::max(1.0, std::abs(x));
    const std::vector<double> got = answer([&] {
      return numeric_gradient(
          [&](const std::vector<double>& at) { return std::sin(at.at(0) / s) + at.at(0) / s; },
          {x});
    });
    judge([&] {
      note("f(x) = sin(x / s) + x / s, with s = max(1, |x|): as curved at a million as it is at 1");
      expect_equal("numbers in the gradient", static_cast<int>(got.size()), 1, "size");
      const Mistake mistakes[] = {{"step", {}}};
      expect_number(fmt::format("s df/dx at x = {:g}, to eight digits", x), got[0] * s,
                    std::cos(x / s) + 1, mistakes, 1e-8);
    });
  }
}

void numeric_against_tape() { check_random_expressions(20, 6, true); }

// --- 1.6 an op of your own --------------------------------------------------------------------------

inline std::string place(const std::vector<double>& at) {
  return facts().op.arity == 2 ? fmt::format("at a = {:g}, b = {:g}", at[0], at[1])
                               : fmt::format("at a = {:g}", at[0]);
}

void variation_value() {
  const std::vector<double> at = draw_near(questions().points).front();
  const std::string name = answer([&] { return std::string(kVariation.name); });
  const int arity = answer([&] { return kVariation.arity; });
  const double value = answer([&] { return kVariation.value(at[0], at[1]); });
  judge([&] {
    const Truth& op = facts().op;
    note(fmt::format("this course's op: {}, {}", op.name, facts().formula));
    expect(name == op.name, fmt::format("the row's name is {}", op.name));
    expect_equal("number of operands", arity, op.arity);
    note(place(at));
    expect_number("its value", value, op.value(at[0], at[1]));
  });
}

void variation_slopes() {
  check_slopes(variation_row, true_variation, draw_near(questions().points));
}

void variation_extremes() {
  for (const std::vector<double>& at : draw_near(questions().extremes)) {
    const double value = answer([&] { return kVariation.value(at[0], at[1]); });
    const std::vector<double> slopes = answer([&] {
      const Slopes both = kVariation.slopes(at[0], at[1], value);
      return std::vector{both.a, both.b};
    });
    judge([&] {
      const Facts::Extreme right = facts().extreme(at[0], at[1]);
      note(place(at));
      const Mistake overflow[] = {{"stable", {std::numeric_limits<double>::infinity()}},
                                  {"stable", {-std::numeric_limits<double>::infinity()}},
                                  {"stable", {0}}};
      expect_number(fmt::format("value, divided by {:g}", right.value), value / right.value, 1,
                    overflow);
      expect_numbers("slopes", slopes, {right.slope_a, right.slope_b},
                     std::vector<Mistake>{{"stable", slopes}});
    });
  }
}

// --- 1.7 a test -------------------------------------------------------------------------------------

// Ops to be tested. The factor is drawn, and all have one name, so that only their numbers tell.
double f = 1;
constexpr const char* kSubject = "subject";
using Value = double (*)(double, double);
constexpr Value kProduct = [](double a, double b) { return f * a * b; };
constexpr Value kTanhOf = [](double a, double) { return std::tanh(f * a); };
constexpr Value kRatio = [](double a, double b) { return f * a / b; };
constexpr Value kPower = [](double a, double) { return f * a * a; };

const Op kRight[] = {
    {kSubject, 2, kProduct,
     [](double a, double b, double) {
       return Slopes{f * b, f * a};
     }},
    {kSubject, 1, kTanhOf, [](double, double, double y) { return Slopes{.a = f * (1 - y * y)}; }},
    {kSubject, 2, kRatio,
     [](double, double b, double y) {
       return Slopes{f / b, -y / b};
     }},
    {kSubject, 1, kPower, [](double a, double, double) { return Slopes{.a = 2 * f * a}; }},
};

struct Wrong {
  const char* what;
  const char* hint;
  Op op;
};
const Wrong kWrong[] = {
    {"the slope of the second operand has the wrong sign",
     "second",
     {kSubject, 2, kRatio,
      [](double, double b, double y) {
        return Slopes{f / b, y / b};
      }}},
    {"the slopes are half of what they should be",
     "compare",
     {kSubject, 2, kProduct,
      [](double a, double b, double) {
        return Slopes{f * b / 2, f * a / 2};
      }}},
    {"the operand stands where the value should",
     "compare",
     {kSubject, 1, kTanhOf, [](double a, double, double) { return Slopes{.a = f * (1 - a * a)}; }}},
    {"right at a = 1 and nowhere else",
     "places",
     {kSubject, 1, kPower, [](double, double, double) { return Slopes{.a = 2 * f}; }}},
    {"right above 1, wrong below",
     "places",
     {kSubject, 1, kPower,
      [](double a, double, double) { return Slopes{.a = a > 1 ? 2 * f * a : f * a}; }}},
    {"one percent too large",
     "tolerance",
     {kSubject, 2, kProduct,
      [](double a, double b, double) {
        return Slopes{f * b, 1.01 * f * a};
      }}},
};

/// The student's test is shown right ops and a wrong one, in an order that is drawn.
template <int wrong>
void catches() {
  Draw draw;
  f = draw.near(1.5);
  int turn = 0;
  check_test(
      draw, 16, {"ops with right slopes", kWrong[wrong].what, kWrong[wrong].hint},
      [&](bool right) { return slopes_are_right(right ? kRight[turn++ % 4] : kWrong[wrong].op); });
}

void accepts_what_is_right() {
  Draw draw;
  for (int round = 0; round < 4; ++round) {
    f = draw.near(0.8);
    std::vector<int> order, said;
    std::vector<bool> is_right;
    for (int i = 0; i < 8; ++i) {
      order.push_back(draw.below(4));
      is_right.push_back(draw.below(4) > 0);
      said.push_back(answer([&] {
        return slopes_are_right(is_right.back() ? kRight[order.back()] : kWrong[1].op) ? 1 : 0;
      }));
    }
    judge([&] {
      note("your test is shown products, tanhs, ratios and squares, times a factor");
      for (std::size_t i = 0; i < said.size(); ++i) {
        expect(!is_right[i] || said[i] == 1, "your test lets an op with right slopes pass",
               "passes");
        expect(is_right[i] || said[i] == 0,
               "your test turns down one whose slopes are half of that", "compare");
      }
    });
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
    {"1.3", Kind::worked, "y = a b sends dL/dy times the slope to each", 4, send_product, "chain"},
    {"1.3", Kind::worked, "what arrives is added to what is there", 3, send_adds, "add"},
    {"1.3", Kind::edge, "the same operand twice gets both parts", 3, send_same_operand_twice,
     "add"},
    {"1.3", Kind::edge, "slopes are taken at the operands and the value", 1, send_passes_the_place,
     "values"},
    {"1.3", Kind::property, "b = a + a, c = b + b gives 4", 2, send_whole_sweep, "add"},
    {"1.4", Kind::gradient, "mul", 2, slopes_mul, "slope"},
    {"1.4", Kind::gradient, "exp", 2, slopes_exp, "slope"},
    {"1.4", Kind::gradient, "log", 2, slopes_log, "slope"},
    {"1.4", Kind::gradient, "tanh", 2, slopes_tanh, "slope"},
    {"1.4", Kind::gradient, "div", 3, slopes_div, "slope"},
    {"1.4", Kind::edge, "far out, where squares overflow", 2, slopes_far_out, "square"},
    {"1.5", Kind::worked, "x * x at 3 gives 6", 4, numeric_square, "side"},
    {"1.5", Kind::worked, "two numbers, two derivatives", 3, numeric_two, "size"},
    {"1.5", Kind::edge, "one coordinate moves at a time", 2, numeric_one_at_a_time, "restore"},
    {"1.5", Kind::edge, "x may be large, small or 0", 2, numeric_sizes, "step"},
    {"1.5", Kind::property, "tape and differences agree on random expressions", 3,
     numeric_against_tape, "tape"},
    {"1.6", Kind::worked, "the row and its value", 2, variation_value, "formula"},
    {"1.6", Kind::gradient, "its slopes", 4, variation_slopes, "slope"},
    {"1.6", Kind::edge, "far out, where the plain formula overflows", 2, variation_extremes,
     "stable"},
    {"1.7", Kind::property, "what is right passes, what is half does not", 4, accepts_what_is_right,
     "passes"},
    {"1.7", Kind::property, "catches a wrong sign of the second slope", 1, catches<0>, "second"},
    {"1.7", Kind::property, "catches slopes that are half", 1, catches<1>, "compare"},
    {"1.7", Kind::property, "catches the operand in place of the value", 1, catches<2>, "compare"},
    {"1.7", Kind::property, "catches what is right at one place only", 1, catches<3>, "places"},
    {"1.7", Kind::property, "catches what is wrong in a part only", 1, catches<4>, "places"},
    {"1.7", Kind::property, "catches one percent", 1, catches<5>, "tolerance"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
