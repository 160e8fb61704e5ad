// What the judge makes of slopes and of random expressions.

#include "agree.hpp"

using namespace course;

bool agree(const std::vector<double>& got, const std::vector<double>& expected) {
  if (got.size() != expected.size()) return false;
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!(std::abs(got[i] - expected[i]) <= 1e-7 * std::max(1.0, std::abs(expected[i]))))
      return false;
  return true;
}

void judge_slopes(const Truth& op, const Points& points, const SlopesGot& got) {
  std::vector<double> value, a_slopes, b_slopes;
  for (const std::vector<double>& point : points) {
    const double a = point[0], b = point[1], y = op.value(a, b);
    note(op.arity == 2 ? fmt::format("at a = {:.6g}, b = {:.6g}, where y = {:.6g}", a, b, y)
                       : fmt::format("at a = {:.6g}, where y = {:.6g}", a, y));
    value.push_back(y);
    a_slopes.push_back(slope([&](double x) { return op.value(x, b); }, a));
    b_slopes.push_back(op.arity == 2 ? slope([&](double x) { return op.value(a, x); }, b) : 0);
  }
  const std::string where = points.size() > 1 ? " at these points" : "";
  expect_numbers(fmt::format("y of {}{}", op.name, where), got.value, value,
                 std::vector<Mistake>{{"formula", {}}});
  if (op.arity == 1) {
    std::vector<Mistake> mistakes{{"slope", {}}};
    // A formula that is right once a and y change places was written for the other of the two.
    if (agree(got.exchanged, a_slopes)) mistakes.push_back({"operand", got.a});
    expect_numbers(fmt::format("dy/da of {}{}", op.name, where), got.a, a_slopes, mistakes, 1e-7);
    expect_numbers(fmt::format("dy/db of {}, which has no b", op.name), got.b, b_slopes);
    return;
  }
  const Mistake swap_a[] = {{"swap", b_slopes}, {"slope", {}}};
  const Mistake swap_b[] = {{"swap", a_slopes}, {"slope", {}}};
  expect_numbers(fmt::format("dy/da of {}{}", op.name, where), got.a, a_slopes, swap_a, 1e-7);
  expect_numbers(fmt::format("dy/db of {}{}", op.name, where), got.b, b_slopes, swap_b, 1e-7);
}

/// The expression as lines "v0 = x + y".
static std::vector<std::string> lines(const Expression& expression) {
  static constexpr const char* kText[] = {"{} + {}",           "{} - {}",       "{} * {}",
                                          "tanh({})",          "exp(tanh({}))", "log({} * {} + 1)",
                                          "{} / ({} * {} + 1)"};
  const auto name = [](int k) {
    return k < kLeaves ? std::string(1, "xyz"[k]) : fmt::format("v{}", k - kLeaves);
  };
  std::vector<std::string> all;
  for (const Step& step : expression) {
    const std::string a = name(step.a), b = name(step.b);
    const std::string second = step.op == 5 ? a : b;
    all.push_back(fmt::format("v{} = {}", all.size(),
                              fmt::format(fmt::runtime(kText[step.op]), a, second, second)));
  }
  return all;
}

/// df/dx_i by the kit's own differences of the kit's own values.
static std::vector<double> true_gradient(const Expression& expression, std::vector<double> x) {
  std::vector<double> gradient;
  for (double& moved : x) {
    const double at = moved;
    gradient.push_back(slope(
        [&](double value) {
          moved = value;
          return compute(expression, x, 1.0);
        },
        at));
    moved = at;
  }
  return gradient;
}

void judge_expression(const Expression& expression, const std::vector<double>& x,
                      const std::vector<double>& by_tape,
                      const std::vector<double>& by_differences) {
  const std::vector<double> truth = true_gradient(expression, x);
  const bool tape_right = agree(by_tape, truth);
  if (tape_right && (by_differences.empty() || agree(by_differences, truth))) return;
  for (const std::string& line : lines(expression)) note(line);
  note(fmt::format("at x = {:.4g}, y = {:.4g}, z = {:.4g}", x[0], x[1], x[2]));
  const std::vector<double>& wrong = tape_right ? by_differences : by_tape;
  expect_numbers(fmt::format("d v{} / d(x, y, z) by your {}", expression.size() - 1,
                             tape_right ? "differences" : "tape"),
                 wrong, truth, std::vector<Mistake>{{tape_right ? "side" : "tape", wrong}}, 1e-7);
}
