#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "checks.hpp"
#include "tape.hpp"

// What the open and the hidden checks of the unit share. `row` is a function that returns the
// student's row of an op: the judge, which does not have it, never calls it.

using Points = std::vector<std::vector<double>>;  ///< {a, b} each

/// The same places for seed 1, others near them otherwise.
inline Points draw_near(Points points) {
  course::Draw draw;
  for (std::vector<double>& point : points)
    for (double& x : point) x = draw.near(x);
  return points;
}

inline Points draw_points(int count, double low, double high) {
  course::Draw draw;
  Points points;
  for (int i = 0; i < count; ++i)
    points.push_back({draw.uniform(low, high), draw.uniform(low, high)});
  return points;
}

/// Whether each number agrees with the expected one to about seven digits.
bool agree(const std::vector<double>& got, const std::vector<double>& expected);

/// An op as the judge knows it.
struct Truth {
  const char* name;
  int arity;
  double (*value)(double a, double b);
};

/// What an op answers at some points.
struct SlopesGot {
  std::vector<double> value, a, b;
  std::vector<double> exchanged;  ///< dy/da when a and y have changed places
};

/// Judges slopes by numeric ones of the true value.
void judge_slopes(const Truth& op, const Points& points, const SlopesGot& got);

/// The slopes of the student's row agree with numeric ones at the points. `truth` returns the Truth.
template <class Row, class GetTruth>
void check_slopes(Row row, GetTruth truth, const Points& points) {
  using course::answer;
  SlopesGot got;
  for (const std::vector<double>& point : points) {
    const std::vector<double> at_point = answer([&] {
      const tiny::Op& op = row();
      const double a = point[0], b = point[1], y = op.value(a, b);
      const tiny::Slopes slopes = op.slopes(a, b, y);
      return std::vector{y, slopes.a, slopes.b, op.slopes(y, b, a).a};
    });
    if (at_point.size() != 4) return course::judge([] { course::expect(false, "four numbers"); });
    got.value.push_back(at_point[0]);
    got.a.push_back(at_point[1]);
    got.b.push_back(at_point[2]);
    got.exchanged.push_back(at_point[3]);
  }
  course::judge([&] { judge_slopes(truth(), points, got); });
}

// The ops of task 1.4: the student's rows, and what they compute.
inline constexpr auto mul_row = []() -> const tiny::Op& { return tiny::kMul; };
inline constexpr auto exp_row = []() -> const tiny::Op& { return tiny::kExp; };
inline constexpr auto log_row = []() -> const tiny::Op& { return tiny::kLog; };
inline constexpr auto tanh_row = []() -> const tiny::Op& { return tiny::kTanh; };
inline constexpr auto div_row = []() -> const tiny::Op& { return tiny::kDiv; };
inline Truth true_mul() {
  return {"mul", 2, [](double a, double b) { return a * b; }};
}
inline Truth true_exp() {
  return {"exp", 1, [](double a, double) { return std::exp(a); }};
}
inline Truth true_log() {
  return {"log", 1, [](double a, double) { return std::log(a); }};
}
inline Truth true_tanh() {
  return {"tanh", 1, [](double a, double) { return std::tanh(a); }};
}
inline Truth true_div() {
  return {"div", 2, [](double a, double b) { return a / b; }};
}

// --- Random expressions -----------------------------------------------------------------------------

/// Which op is applied to which of the values so far, after three leaves.
struct Step {
  int op, a, b;
};
using Expression = std::vector<Step>;

constexpr int kLeaves = 3;

inline Expression draw_expression(course::Draw& draw, int ops) {
  Expression drawn;
  for (int i = 0; i < ops; ++i) {
    const int known = kLeaves + i;
    // The last values are preferred, so that the expression is deep and little of it unused.
    drawn.push_back({draw.below(7), std::max(0, known - 1 - draw.below(3)), draw.below(known)});
  }
  return drawn;
}

/// Its value, by any kind of numbers that knows +, -, *, /, tanh, exp and log.
template <class Number>
Number compute(const Expression& expression, std::vector<Number> v, const Number& one) {
  using std::exp, std::log, std::tanh;
  for (const Step& step : expression) {
    const Number a = v[step.a], b = v[step.b];
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
  return v.back();
}

/// The node of the expression's value, recorded on the student's tape.
inline int record_on(tiny::Tape& tape, const Expression& expression, const std::vector<double>& x) {
  std::vector<tiny::Var> leaves;
  for (const double value : x) leaves.push_back({&tape, leaf(tape, value)});
  const tiny::Var one{&tape, leaf(tape, 1)};
  return compute(expression, leaves, one).node;
}

/// Judges the gradient of an expression by the tape and, unless empty, by the student's differences.
void judge_expression(const Expression& expression, const std::vector<double>& x,
                      const std::vector<double>& by_tape,
                      const std::vector<double>& by_differences);

/// The student's whole tape is right on random expressions of three numbers, with 1 to `ops` ops; with
/// `differences`, numeric_gradient is too.
inline void check_random_expressions(int expressions, int ops, bool differences) {
  using course::answer;
  course::Draw draw;
  for (int i = 0; i < expressions; ++i) {
    const int size = 1 + i * ops / expressions;  // small ones first: they explain more
    const Expression expression = draw_expression(draw, size);
    std::vector<double> x;
    for (int k = 0; k < kLeaves; ++k) x.push_back(draw.uniform(-1.5, 1.5));
    if (std::abs(compute(expression, x, 1.0)) > 100) continue;  // few digits in differences
    const std::vector<double> by_tape = answer([&] {
      tiny::Tape tape;
      backward(tape, record_on(tape, expression, x));
      std::vector<double> grads;
      for (int k = 0; k < kLeaves; ++k) grads.push_back(tape.nodes.at(k).grad);
      return grads;
    });
    std::vector<double> by_differences;
    if (differences) {
      by_differences = answer([&] {
        return tiny::numeric_gradient(
            [&](const std::vector<double>& at) {
              tiny::Tape tape;
              const int value = record_on(tape, expression, at);
              return tape.nodes.at(value).value;
            },
            x);
      });
    }
    course::judge([&] { judge_expression(expression, x, by_tape, by_differences); });
  }
}
