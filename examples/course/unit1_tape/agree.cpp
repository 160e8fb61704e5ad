#include "agree.hpp"

#include <fmt/format.h>

#include <cmath>

#include "checks.hpp"

using namespace course;
using namespace tiny;

static bool close(const std::vector<double>& got, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!(std::abs(got[i] - expected[i]) <= 1e-7 * std::max(1.0, std::abs(expected[i]))))
      return false;
  return true;
}

void check_slopes(const Op& op, double (*value)(double a, double b),
                  const std::vector<std::vector<double>>& points) {
  std::vector<double> got_a, got_b, expected_a, expected_b, exchanged;
  for (const std::vector<double>& point : points) {
    const double a = point[0], b = point[1], y = value(a, b);
    note(op.arity == 2 ? fmt::format("at a = {:g}, b = {:g}, where y = {:.6g}", a, b, y)
                       : fmt::format("at a = {:g}, where y = {:.6g}", a, y));
    const Slopes slopes = op.slopes(a, b, y);
    got_a.push_back(slopes.a);
    got_b.push_back(slopes.b);
    expected_a.push_back(slope([&](double x) { return value(x, b); }, a));
    expected_b.push_back(op.arity == 2 ? slope([&](double x) { return value(a, x); }, b) : 0);
    exchanged.push_back(op.slopes(y, b, a).a);
  }
  const std::string where = points.size() > 1 ? " at these points" : "";
  if (op.arity == 1) {
    std::vector<Mistake> mistakes{{"slope", {}}};
    // A formula that is right once a and y change places was written for the other of the two.
    if (close(exchanged, expected_a)) mistakes.push_back({"operand", got_a});
    expect_numbers(fmt::format("dy/da of {}{}", op.name, where), got_a, expected_a, mistakes, 1e-7);
    expect_numbers(fmt::format("dy/db of {}, which has no b", op.name), got_b, expected_b);
    return;
  }
  const Mistake swap_a[] = {{"swap", expected_b}, {"slope", {}}};
  const Mistake swap_b[] = {{"swap", expected_a}, {"slope", {}}};
  expect_numbers(fmt::format("dy/da of {}{}", op.name, where), got_a, expected_a, swap_a, 1e-7);
  expect_numbers(fmt::format("dy/db of {}{}", op.name, where), got_b, expected_b, swap_b, 1e-7);
}

void check_slopes_at_random(const Op& op, double (*value)(double a, double b), double low,
                            double high) {
  Draw draw;
  std::vector<std::vector<double>> points;
  for (int i = 0; i < 20; ++i) points.push_back({draw.uniform(low, high), draw.uniform(low, high)});
  check_slopes(op, value, points);
}

std::vector<double> kit_gradient(const Function& f, std::vector<double> x) {
  std::vector<double> gradient;
  for (double& moved : x) {
    const double at = moved;
    gradient.push_back(slope(
        [&](double value) {
          moved = value;
          return f(x);
        },
        at));
    moved = at;
  }
  return gradient;
}

namespace {

// A random expression: which op is applied to which of the values so far. It is drawn once and then
// computed again and again, on a new tape for every x.
struct Step {
  int op, a, b;
};
struct Expression {
  std::vector<Step> steps;
  std::vector<std::string> text;
};

constexpr int kLeaves = 3;

Expression draw_expression(Draw& draw, int ops) {
  static constexpr const char* kText[] = {"{} + {}",           "{} - {}",       "{} * {}",
                                          "tanh({})",          "exp(tanh({}))", "log({} * {} + 1)",
                                          "{} / ({} * {} + 1)"};
  Expression drawn;
  for (int i = 0; i < ops; ++i) {
    const int known = kLeaves + i;
    // The last values are preferred, so that the expression is deep and little of it unused.
    const Step step{draw.below(7), std::max(0, known - 1 - draw.below(3)), draw.below(known)};
    const auto name = [](int k) {
      return k < kLeaves ? std::string(1, "xyz"[k]) : fmt::format("v{}", k - kLeaves);
    };
    const std::string a = name(step.a), b = name(step.b);
    const std::string second = step.op == 5 ? a : b;
    const std::string step_text = fmt::format(fmt::runtime(kText[step.op]), a, second, second);
    drawn.text.push_back(fmt::format("v{} = {}", i, step_text));
    drawn.steps.push_back(step);
  }
  return drawn;
}

/// Records the expression; the node of its value.
int compute(Tape& tape, const Expression& expression, const std::vector<double>& x) {
  std::vector<Var> v;
  for (const double value : x) v.push_back({&tape, leaf(tape, value)});
  const Var one{&tape, leaf(tape, 1)};
  for (const Step& step : expression.steps) {
    const Var a = v[step.a], b = v[step.b];
    switch (step.op) {
      case 0:
        v.push_back(a + b);
        break;
      case 1:
        v.push_back(a - b);
        break;
      case 2:
        v.push_back(a * b);
        break;
      case 3:
        v.push_back(tanh(a));
        break;
      case 4:
        v.push_back(exp(tanh(a)));
        break;
      case 5:
        v.push_back(log(a * a + one));
        break;
      default:
        v.push_back(a / (b * b + one));
        break;
    }
  }
  return v.back().node;
}

}  // namespace

void check_random_expressions(int expressions, int ops,
                              std::vector<double> (*numeric)(const Function& f,
                                                             std::vector<double> x)) {
  Draw draw;
  for (int i = 0; i < expressions; ++i) {
    const int size = 1 + i * ops / expressions;  // small ones first: they explain more
    const Expression expression = draw_expression(draw, size);
    std::vector<double> x;
    for (int k = 0; k < kLeaves; ++k) x.push_back(draw.uniform(-1.5, 1.5));
    const Function f = [&](const std::vector<double>& at) {
      Tape tape;
      const int value = compute(tape, expression, at);
      return tape.nodes.at(value).value;
    };
    Tape tape;
    backward(tape, compute(tape, expression, x));
    std::vector<double> by_tape;
    for (std::size_t k = 0; k < kLeaves; ++k) by_tape.push_back(tape.nodes.at(k).grad);
    const double value = tape.nodes.at(tape.nodes.size() - 1).value;
    if (std::abs(value) > 100) continue;  // differences of large values have few digits
    const std::vector<double> by_differences = numeric(f, x), truth = kit_gradient(f, x);
    const bool tape_right = close(by_tape, truth);
    const bool same = by_differences.size() == truth.size() && close(by_differences, by_tape);
    if (same && tape_right) continue;
    for (const std::string& line : expression.text) note(line);
    note(fmt::format("at x = {:.4g}, y = {:.4g}, z = {:.4g}", x[0], x[1], x[2]));
    expect_numbers(
        fmt::format("d v{} / d(x, y, z) by your tape{}", size - 1,
                    tape_right ? ", by your differences" : ""),
        tape_right ? by_differences : by_tape, truth,
        std::vector<Mistake>{{tape_right ? "side" : "tape", tape_right ? by_differences : by_tape}},
        1e-7);
  }
}
