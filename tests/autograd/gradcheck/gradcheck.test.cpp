#include "autograd/gradcheck/gradcheck.hpp"

#include <cmath>
#include <set>

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/test_inputs.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/golden.hpp"

// The checker is itself tested by mutants: ops that are wrong on purpose, one for each way to be wrong.

namespace tapestry {
namespace {

using test_inputs::values;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Tensor forward_double(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return 2 * x; }, in[0]);
}

// A row y = f(x) with a backward function that may be wrong.
OpInfo row(Tensor (*forward)(Inputs, const Attrs&, Tensor*), void (*backward)(BackwardCtx&)) {
  return {.name = "mutant",
          .args = "x, w",
          .formula = "y = 2 x",
          .gradient = "dx += 2 dy",
          .forward = forward,
          .backward = backward,
          .saves = kSaveInputs,
          .test_inputs = nullptr};
}

Tensor scaled(double by, const Tensor& x) {
  return map([=](auto v) { return static_cast<decltype(v)>(by) * v; }, x);
}

}  // namespace

TEST_CASE("check_op passes a right gradient and counts its elements", "[autograd][gradcheck]") {
  const OpInfo op =
      row(forward_double, [](BackwardCtx& c) { c.accumulate(0, scaled(2, c.dout())); });
  const GradReport report = check_op(op, {{values({3, 4})}});
  CHECK(report.ok);
  CHECK(report.checked == 12);
  CHECK(report.kinks == 0);
  CHECK(report.fault == GradFault::none);
  CHECK(report.text == "back_mutant: 12 elements agree");
  // The worst element is told all the same.
  CHECK(report.input == 0);
  CHECK(report.element >= 0);
  CHECK(report.relative_error < 1e-6);
  CHECK(report.analytic == Approx(report.numeric));
}

TEST_CASE("mutant: a constant factor", "[autograd][gradcheck]") {
  const OpInfo op = row(forward_double, [](BackwardCtx& c) { c.accumulate(0, c.dout()); });
  const GradReport report = check_op(op, {{values({3, 4})}});
  CHECK_FALSE(report.ok);
  CHECK(report.fault == GradFault::factor);
  CHECK(report.op == "mutant");
  CHECK(report.input == 0);
  CHECK(report.node == -1);
  CHECK(report.failed == 12);
  CHECK(report.checked == 12);
  CHECK(report.relative_error == Approx(0.5).epsilon(1e-6));
  CHECK(report.analytic == Approx(report.numeric / 2).epsilon(1e-6));
  CHECK(report.guess == "it is 0.5 times the right one: a constant factor");
  CHECK(contains(report.text, "back_mutant: wrong gradient of x (operand 0), [3,4]"));
  CHECK(contains(report.text, "12 of 12 elements fail"));
  CHECK(contains(report.text, "y = 2 x   dx += 2 dy"));
}

TEST_CASE("mutant: a wrong sign", "[autograd][gradcheck]") {
  const OpInfo op =
      row(forward_double, [](BackwardCtx& c) { c.accumulate(0, scaled(-2, c.dout())); });
  CHECK(check_op(op, {{values({5})}}).guess == "it has the wrong sign");
}

TEST_CASE("mutant: nothing is accumulated", "[autograd][gradcheck]") {
  const OpInfo op = row(forward_double, [](BackwardCtx&) {});
  CHECK(contains(check_op(op, {{values({5})}}).guess, "it is zero"));
}

TEST_CASE("mutant: the gradient of the output is forgotten", "[autograd][gradcheck]") {
  const OpInfo op =
      row([](Inputs in, const Attrs&, Tensor*) { return map([](auto x) { return x * x; }, in[0]); },
          [](BackwardCtx& c) { c.accumulate(0, scaled(2, c.in(0))); });
  CHECK(contains(check_op(op, {{values({5})}}).guess,
                 "does not change with the gradient of the output"));
}

TEST_CASE("mutant: a transposed gradient", "[autograd][gradcheck]") {
  const OpInfo op =
      row(forward_double, [](BackwardCtx& c) { c.accumulate(0, scaled(2, transpose(c.dout()))); });
  CHECK(check_op(op, {{values({3, 3})}}).guess == "it is the transpose of the right one");
}

TEST_CASE("mutant: a sum over an axis too many", "[autograd][gradcheck]") {
  const OpInfo op = row(forward_double, [](BackwardCtx& c) {
    c.accumulate(0, scaled(2, expand(sum_axes(c.dout(), 1, true), c.dout().shape())));
  });
  CHECK(check_op(op, {{values({3, 4})}}).guess ==
        "it is summed over axis 0, which the operand has");
}

TEST_CASE("mutant: a missing reduction over the broadcast axis is reported with both shapes",
          "[autograd][gradcheck]") {
  const OpInfo op =
      row([](Inputs in, const Attrs&,
             Tensor*) { return map_broadcast([](auto a, auto b) { return a + b; }, in[0], in[1]); },
          [](BackwardCtx& c) {
            c.accumulate(0, c.dout());
            c.accumulate(1, c.dout());
          });
  const GradReport report = check_op(op, {{values({3, 4}), values({4}, -1, 1, 2)}});
  CHECK_FALSE(report.ok);
  CHECK(report.op == "mutant");
  CHECK(contains(report.text, "[3,4]"));
  CHECK(contains(report.text, "the input [4]"));
}

TEST_CASE("mutant: one wrong element of many is found and named", "[autograd][gradcheck]") {
  const OpInfo op = row(forward_double, [](BackwardCtx& c) {
    Tensor dx = scaled(2, c.dout());
    dx.mutate<double>()[17] += 0.25;
    c.accumulate(0, dx);
  });
  const GradReport report = check_op(op, {{values({5, 7})}});
  CHECK(report.failed == 1);
  CHECK(report.checked == 35);
  CHECK(report.element == 17);
  CHECK(contains(report.text, "1 of 35 elements fail; worst [2,3]"));
}

TEST_CASE("mutant: a negative factor, and one without any meaning", "[autograd][gradcheck]") {
  const auto guess = [](void (*backward)(BackwardCtx&)) {
    return check_op(row(forward_double, backward), {{values({3, 5})}}).guess;
  };
  CHECK(guess([](BackwardCtx& c) { c.accumulate(0, scaled(-0.74, c.dout())); }) ==
        "it is -0.37 times the right one: a constant factor, and the sign");
  CHECK(guess([](BackwardCtx& c) { c.accumulate(0, scaled(6, c.dout())); }) ==
        "it is 3 times the right one: a constant factor (3 is the size of axis 0 of x)");
}

TEST_CASE("mutant: the numbers of one element alone have a ratio, but no meaning",
          "[autograd][gradcheck]") {
  const OpInfo op =
      row(forward_double, [](BackwardCtx& c) { c.accumulate(0, scaled(0.74, c.dout())); });
  const GradReport report = check_op(op, {{values({})}});
  CHECK_FALSE(report.ok);
  CHECK(report.fault == GradFault::formula);
}

TEST_CASE("mutant: wrong elements are described by what separates them", "[autograd][gradcheck]") {
  const auto shared = [](void (*backward)(BackwardCtx&), const Tensor& x) {
    const GradReport report = check_op(row(forward_double, backward), {{x}});
    CHECK_FALSE(report.ok);
    CHECK(report.fault == GradFault::some_elements);
    return report.shared;
  };
  const Tensor x = tensor(std::vector<double>{1.5, 2, 3, -1, -2, 4, 5, 6.5, -7, 8, 9, 10}, {3, 4});
  CHECK(shared(
            [](BackwardCtx& c) {
              c.accumulate(
                  0, map([](auto d, auto v) { return v < 0 ? d : 2 * d; }, c.dout(), c.in(0)));
            },
            x) == "where x < 0");
  CHECK(shared(
            [](BackwardCtx& c) {
              c.accumulate(
                  0, map([](auto d, auto v) { return v > 4.5 ? d : 2 * d; }, c.dout(), c.in(0)));
            },
            x) == "where x >= 5");
  CHECK(shared(
            [](BackwardCtx& c) {
              Tensor dx = scaled(2, c.dout());
              for (const std::size_t i : {2u, 6u, 10u}) dx.mutate<double>()[i] *= 3;
              c.accumulate(0, dx);
            },
            x) == "in column 2");
  CHECK(shared(
            [](BackwardCtx& c) {
              Tensor dx = scaled(2, c.dout());
              for (std::size_t i = 7; i < 12; ++i) dx.mutate<double>()[i] = 0;
              c.accumulate(0, dx);
            },
            x) == "from [1,3] on");
  CHECK(shared(
            [](BackwardCtx& c) {
              Tensor dx = scaled(2, c.dout());
              for (std::size_t i = 4; i < 8; ++i) dx.mutate<double>()[i] = 0;
              c.accumulate(0, dx);
            },
            x.with_shape({3, 2, 2})) == "at axis 0, place 1");
}

TEST_CASE("mutant: NaN counts as wrong", "[autograd][gradcheck]") {
  const OpInfo op =
      row(forward_double, [](BackwardCtx& c) { c.accumulate(0, scaled(std::nan(""), c.dout())); });
  const GradReport report = check_op(op, {{values({5})}});
  CHECK_FALSE(report.ok);
  CHECK(report.failed == 5);
}

TEST_CASE("mutant: a value that the row does not save", "[autograd][gradcheck]") {
  OpInfo op = row(forward_double, [](BackwardCtx& c) {
    c.accumulate(0, map([](auto d, auto x) { return 2 * d + 0 * x; }, c.dout(), c.in(0)));
  });
  CHECK(check_op(op, {{values({5})}}).ok);
  op.saves = kSaveNothing;
  const GradReport report = check_op(op, {{values({5})}});
  CHECK_FALSE(report.ok);
  CHECK(contains(report.text, "no values"));
  CHECK(contains(report.guess, "saves"));
}

TEST_CASE("elements at kinks are left out and counted", "[autograd][gradcheck]") {
  const DTypeScope f64(DType::f64);
  const OpInfo op =
      row([](Inputs in, const Attrs&,
             Tensor*) { return map([](auto x) { return std::fabs(x); }, in[0]); },
          [](BackwardCtx& c) {
            c.accumulate(0, map([](auto d, auto x) { return x < 0 ? -d : d; }, c.dout(), c.in(0)));
          });
  const GradReport report = check_op(op, {{tensor({-1, 0, 2, 1e-7})}});
  CHECK(report.ok);
  CHECK(report.kinks == 2);
  CHECK(report.checked == 2);
}

TEST_CASE("a large input can be checked by a random choice of elements", "[autograd][gradcheck]") {
  const OpInfo op =
      row(forward_double, [](BackwardCtx& c) { c.accumulate(0, scaled(2, c.dout())); });
  CHECK(check_op(op, {{values({50, 50})}}, {.max_elements = 20}).checked == 20);
}

// Whole computations ---------------------------------------------------------------------------------

namespace {

// A softplus whose gradient is off by a quarter.
Tensor forward_soft(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return std::log1p(std::exp(x)); }, in[0]);
}
void back_soft(BackwardCtx& c) {
  c.accumulate(0, map([](auto d, auto x) { return d * decltype(x)(0.75) / (1 + std::exp(-x)); },
                      c.dout(), c.in(0)));
}
constexpr OpInfo kSoft{
    "soft",   "x",    "y = ln(1 + exp(x))", "dx += dy sigmoid(x)", forward_soft, back_soft,
    kSaveIn0, nullptr};

}  // namespace

TEST_CASE("gradcheck passes a right computation and restores parameters and gradients",
          "[autograd][gradcheck]") {
  Rng rng(1);
  Parameter w("w", rng.normal({4, 3})), b("b", rng.normal({4}));
  const Tensor x = rng.normal({5, 3});
  w.set_grad(full({4, 3}, 7));
  const auto value = w.value().to_vector();
  Parameter* const parameters[] = {&w, &b};
  const GradReport report = gradcheck(
      [&] {
        CHECK(default_dtype() == DType::f64);
        CHECK(w.value().dtype() == DType::f64);
        return mean(square(linear(x.to(default_dtype()), w, b, Activation::tanh)));
      },
      parameters);
  INFO(report.text);
  CHECK(report.ok);
  CHECK(report.checked == 2);
  CHECK(w.value().dtype() == DType::f32);
  CHECK(default_dtype() == DType::f32);
  CHECK(w.value().to_vector() == value);
  CHECK(w.grad().to_vector() == std::vector<double>(12, 7));
  CHECK_FALSE(b.grad().defined());
}

TEST_CASE("gradcheck names the op, its line and its module", "[autograd][gradcheck]") {
  Rng rng(2);
  Parameter w("encoder.w", rng.normal({4, 3}));
  Parameter* const parameters[] = {&w};
  std::uint32_t line = 0;
  const GradReport report = gradcheck(
      [&] {
        const Scope scope("encoder.act");
        line = __LINE__ + 1;
        return sum(apply(kSoft, {square(w)}));
      },
      parameters);
  CHECK_FALSE(report.ok);
  CHECK(report.op == "soft");
  CHECK(report.node == 2);
  CHECK(report.at.line == line);
  CHECK(report.at.file == std::string("tests/autograd/gradcheck/gradcheck.test.cpp"));
  CHECK(report.scope == "encoder.act");
  CHECK(report.guess == "it is 0.75 times the right one: a constant factor");
  CHECK(contains(report.text, "gradient of encoder.w along a random direction"));
  CHECK(contains(report.text, fmt::format("gradcheck.test.cpp:{} in encoder.act", line)));
  CHECK(contains(report.text, "12 of 12 elements fail"));
}

TEST_CASE("check_node checks one recorded node at its own operands, converted to f64",
          "[autograd][gradcheck]") {
  Parameter w("w", tensor({0.5, -1, 2}));
  Tape tape({.keep = Keep::all});
  const Tensor right = exp(w), wrong = apply(kSoft, {right});
  const std::uint32_t line = __LINE__ - 1;
  CHECK(w.value().dtype() == DType::f32);

  const GradReport good = check_node(tape, right.node().index);
  CHECK(good.ok);
  CHECK(good.checked == 3);
  CHECK(good.text == "back_exp: 3 elements agree");
  const GradReport bad = check_node(tape, wrong.node().index);
  CHECK_FALSE(bad.ok);
  CHECK(bad.op == "soft");
  CHECK(
      contains(bad.text,
               fmt::format("node 2 of 3 at tests/autograd/gradcheck/gradcheck.test.cpp:{}", line)));
  const GradReport leaf = check_node(tape, 0);
  CHECK(leaf.ok);
  CHECK(contains(leaf.text, "leaf"));
  CHECK(tape.nodes().size() == 3);
}

TEST_CASE("check_node says when the tape kept no values, or has no such node",
          "[autograd][gradcheck]") {
  Parameter w("w", tensor({0.5, -1, 2}));
  Tape tape;
  const Tensor y = exp(w);
  try {
    check_node(tape, y.node().index);
    FAIL("nothing was thrown");
  } catch (const TapeError& error) {
    CHECK(contains(error.message, "node 1, exp, was recorded without the values of x"));
    CHECK(contains(error.hint, "Keep::all"));
  }
  CHECK_THROWS_AS(check_node(tape, 2), TapeError);
  CHECK_THROWS_AS(check_node(tape, -1), TapeError);
}

TEST_CASE("gradcheck says when every node is right but the path is cut", "[autograd][gradcheck]") {
  Rng rng(3);
  Parameter w("w", rng.normal({3}));
  Parameter* const parameters[] = {&w};
  const GradReport report = gradcheck([&] { return sum(exp(w) * square(w.value())); }, parameters);
  CHECK_FALSE(report.ok);
  CHECK(report.fault == GradFault::cut_path);
  CHECK(report.op == "");
  CHECK(contains(report.text, "passes alone"));
  CHECK(contains(report.text, "value()"));

  Parameter other("other", rng.normal({3}));
  Parameter* const both[] = {&w, &other};
  const GradReport never = gradcheck([&] { return sum(exp(w) * square(other.value())); }, both);
  CHECK(never.fault == GradFault::cut_path);
  CHECK(contains(never.text, "other itself was never used in an op"));
}

TEST_CASE("gradcheck refuses a loss that is not finite", "[autograd][gradcheck]") {
  Parameter w("w", tensor({-1, 2}));
  Parameter* const parameters[] = {&w};
  const GradReport report = gradcheck([&] { return sum(log(w)); }, parameters);
  CHECK_FALSE(report.ok);
  CHECK(report.fault == GradFault::not_finite);
  CHECK(contains(report.text, "the function gave"));
  CHECK(w.value().to_vector() == std::vector<double>{-1, 2});
}

TEST_CASE("gradcheck names the node whose backward throws, and passes on what no node explains",
          "[autograd][gradcheck]") {
  const OpInfo op =
      row(forward_double, [](BackwardCtx&) { throw DomainError("no slope here", "sorry"); });
  const Tensor inputs[] = {values({3})};
  const GradReport report =
      gradcheck([&](std::span<const Tensor> in) { return exp(apply(op, {in[0]})); }, inputs);
  CHECK_FALSE(report.ok);
  CHECK(report.fault == GradFault::throws);
  CHECK(contains(report.text, "back_mutant throws: no slope here"));
  CHECK(report.node == 1);
}

TEST_CASE("check_node asks only for the gradients that the tape would ask for",
          "[autograd][gradcheck]") {
  // An operand that is data has no gradient in this row; nobody misses it.
  const OpInfo op =
      row([](Inputs in, const Attrs&,
             Tensor*) { return map([](auto x, auto w) { return x * w; }, in[0], in[1]); },
          [](BackwardCtx& c) {
            c.accumulate(0, map([](auto d, auto w) { return d * w; }, c.dout(), c.in(1)));
          });
  const DTypeScope f64(DType::f64);
  Parameter p("p", tensor({1, 2, 3}));
  const Tensor data = tensor({4, 5, 6});
  Tape tape({.keep = Keep::all});
  const Tensor y = apply(op, {p, data});
  CHECK(check_node(tape, y.node().index).ok);
  CHECK(check_node(tape, y.node().index).checked == 3);
  const Tensor z = apply(op, {data, p});
  CHECK(check_node(tape, z.node().index).fault == GradFault::zero);
}

TEST_CASE("rounding of large outputs is no wrong gradient", "[autograd][gradcheck]") {
  const DTypeScope f64(DType::f64);
  Parameter p("p", tensor({1.3, 1.7, 2.1}));
  Tape tape({.keep = Keep::all});
  const Tensor y = square(p) + 1e6;
  const GradReport report = check_node(tape, y.node().index);
  INFO(report.text);
  CHECK(report.ok);
  CHECK(report.checked == 3);
  CHECK(report.relative_error > 1e-6);  // more than the options allow a gradient to be off
}

TEST_CASE("elements at the edge of the domain, or with an infinite value, are left out",
          "[autograd][gradcheck]") {
  const DTypeScope f64(DType::f64);
  Parameter p("p", tensor({0, 1, 4, 1000}));
  Tape tape({.keep = Keep::all});
  const GradReport root = check_node(tape, sqrt(p).node().index);
  INFO(root.text);
  CHECK(root.ok);
  CHECK(root.checked == 3);
  CHECK(root.kinks == 1);
  const GradReport power = check_node(tape, exp(p).node().index);
  INFO(power.text);
  CHECK(power.ok);
  CHECK(power.text == "back_exp: 3 elements agree, 1 at kinks left out");
}

TEST_CASE("every fault has a name of its own", "[autograd][gradcheck]") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(GradFault::cut_path); ++i)
    names.insert(name(static_cast<GradFault>(i)));
  CHECK(names.size() == static_cast<std::size_t>(GradFault::cut_path) + 1);
  CHECK_FALSE(names.count(""));
}

TEST_CASE("expect_grad passes right gradients", "[autograd][gradcheck]") {
  const Tensor inputs[] = {values({3, 4})};
  test::expect_grad([](std::span<const Tensor> in) { return softplus(in[0]); }, inputs);
  Parameter w("w", values({3}));
  Parameter* const parameters[] = {&w};
  test::expect_grad([&] { return sum(exp(w)); }, parameters);
}

TEST_CASE("expect_grad fails on wrong ones", "[autograd][gradcheck][!shouldfail]") {
  const Tensor inputs[] = {values({3, 4})};
  test::expect_grad([](std::span<const Tensor> in) { return apply(kSoft, {in[0]}); }, inputs);
}

TEST_CASE("gradcheck notices a function that is not repeatable", "[autograd][gradcheck]") {
  Rng rng(4);
  Parameter w("w", rng.normal({3}));
  Parameter* const parameters[] = {&w};
  const GradReport bad = gradcheck([&] { return sum(w * rng.normal({3})); }, parameters);
  CHECK_FALSE(bad.ok);
  CHECK(contains(bad.text, "not repeatable"));
  const GradReport good = gradcheck(
      [&] {
        Rng fresh(5);
        return sum(dropout(w * fresh.normal({3}), 0.5, fresh));
      },
      parameters);
  INFO(good.text);
  CHECK(good.ok);
}

TEST_CASE("gradcheck finds a parameter that a direction barely moves", "[autograd][gradcheck]") {
  Parameter unused("unused", ones({2})), used("used", ones({2}));
  Parameter* const parameters[] = {&unused, &used};
  CHECK(gradcheck([&] { return sum(square(used)); }, parameters).ok);
}

TEST_CASE("gradcheck: the rounding of a large loss is no wrong gradient", "[autograd][gradcheck]") {
  Parameter w("w", tensor({1, 2, -3}));
  Parameter* const parameters[] = {&w};
  const GradReport report = gradcheck([&] { return sum(square(w)) + 1e10; }, parameters);
  CAPTURE(report.text);
  CHECK(report.ok);
}

TEST_CASE("gradcheck of a function of tensors, with an output of any shape",
          "[autograd][gradcheck]") {
  const Tensor inputs[] = {values({3, 4}), values({4, 2}, -1, 1, 2)};
  const auto good =
      gradcheck([](std::span<const Tensor> in) { return tanh(matmul(in[0], in[1])); }, inputs);
  INFO(good.text);
  CHECK(good.ok);
  const auto bad = gradcheck(
      [](std::span<const Tensor> in) { return apply(kSoft, {matmul(in[0], in[1])}); }, inputs);
  CHECK_FALSE(bad.ok);
  CHECK(bad.op == "soft");
}

TEST_CASE("a check inside a training step leaves that step's tape alone", "[autograd][gradcheck]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor y = sum(square(p));
  const std::size_t nodes = tape.nodes().size();
  const Tensor inputs[] = {values({3})};
  CHECK(gradcheck([](std::span<const Tensor> in) { return exp(in[0]); }, inputs).ok);
  CHECK(tape.nodes().size() == nodes);
  tape.backward(y);
  CHECK(p.grad().to_vector() == std::vector<double>{2, 4});
}

TEST_CASE("mutant: a gradient that runs backwards along an axis", "[autograd][gradcheck]") {
  const OpInfo op = row(
      [](Inputs in, const Attrs&, Tensor*) { return map([](auto x) { return x * x * x; }, in[0]); },
      [](BackwardCtx& c) {
        const std::vector<double> x = c.in(0).to_vector(), dy = c.dout().to_vector();
        Tensor dx = Tensor::empty(c.in(0).shape(), c.in(0).dtype());
        const auto to = dx.mutate<double>();
        for (std::size_t i = 0, last = x.size() - 1; i <= last; ++i)
          to[last - i] = 3 * x[i] * x[i] * dy[i];
        c.accumulate(0, dx);
      });
  const GradReport report = check_op(op, {{values({5})}});
  CAPTURE(report.text);
  CHECK(report.fault == GradFault::misplaced);
  CHECK(contains(report.text, "it runs backwards along axis 0"));
}

TEST_CASE("mutant: a gradient that runs backwards along the first of two axes",
          "[autograd][gradcheck]") {
  const OpInfo op = row(
      [](Inputs in, const Attrs&, Tensor*) { return map([](auto x) { return x * x * x; }, in[0]); },
      [](BackwardCtx& c) {
        const std::vector<double> x = c.in(0).to_vector(), dy = c.dout().to_vector();
        Tensor dx = Tensor::empty(c.in(0).shape(), c.in(0).dtype());
        const auto to = dx.mutate<double>();
        for (std::size_t i = 0; i < 12; ++i) to[(2 - i / 4) * 4 + i % 4] = 3 * x[i] * x[i] * dy[i];
        c.accumulate(0, dx);
      });
  const GradReport report = check_op(op, {{values({3, 4})}});
  CAPTURE(report.text);
  CHECK(report.fault == GradFault::misplaced);
  CHECK(contains(report.text, "it runs backwards along axis 0"));
}

TEST_CASE("mutant: a term with the square of an operand is left out", "[autograd][gradcheck]") {
  const OpInfo op = row(
      [](Inputs in, const Attrs&, Tensor*) {
        return map([](auto x) { return x * x * x + std::exp(x); }, in[0]);
      },
      [](BackwardCtx& c) {
        c.accumulate(0, map([](auto dy, auto x) { return dy * std::exp(x); }, c.dout(), c.in(0)));
      });
  const GradReport report = check_op(op, {{values({3, 4})}});
  CAPTURE(report.text);
  CHECK(report.fault == GradFault::missing_term);
  CHECK(contains(report.text, "it differs from the right one by -3 * x^2 * dout"));
}

TEST_CASE("mutant: a factor x is missing below a sum, where x does not broadcast to y",
          "[autograd][gradcheck]") {
  const OpInfo op = row(
      [](Inputs in, const Attrs&, Tensor*) {
        return sum_axes(map([](auto x) { return x * x * x / 3; }, in[0]), 0b10, false);
      },
      [](BackwardCtx& c) {
        const std::vector<double> x = c.in(0).to_vector(), dy = c.dout().to_vector();
        Tensor dx = Tensor::empty(c.in(0).shape(), c.in(0).dtype());
        const auto to = dx.mutate<double>();
        for (std::size_t i = 0; i < x.size(); ++i) to[i] = x[i] * dy[i / 4];
        c.accumulate(0, dx);
      });
  const GradReport report = check_op(op, {{values({3, 4})}});
  CAPTURE(report.text);
  CHECK(report.fault == GradFault::formula);
  CHECK(contains(report.text, "a factor x is missing"));
}

TEST_CASE("mutant: an operand that hardly varies is not told from a constant",
          "[autograd][gradcheck]") {
  const OpInfo op = row([](Inputs in, const Attrs&,
                           Tensor*) { return map([](auto x) { return std::sin(x); }, in[0]); },
                        [](BackwardCtx& c) {
                          c.accumulate(0, map([](auto dy, auto x) { return x * std::cos(x) * dy; },
                                              c.dout(), c.in(0)));
                        });
  const auto text_at = [&](double x) {
    return check_op(op, {{tensor({x, x + 0.1, x + 0.2, x + 0.5})}}).text;
  };
  const DTypeScope f64(DType::f64);
  CHECK(contains(text_at(10), "a factor x too many"));
  CHECK_FALSE(contains(text_at(1000), "a factor x too many"));
}

TEST_CASE("mutant: twice a wrong value is not told as a wrong value alone",
          "[autograd][gradcheck]") {
  const OpInfo op =
      row([](Inputs in, const Attrs&,
             Tensor*) { return map([](auto x) { return std::exp(x); }, in[0]); },
          [](BackwardCtx& c) {
            c.accumulate(0, map([](auto dy, auto x) { return 2 * x * dy; }, c.dout(), c.in(0)));
          });
  const GradReport report = check_op(op, {{values({3, 4})}});
  CAPTURE(report.text);
  CHECK(report.fault == GradFault::formula);
  CHECK_FALSE(contains(report.text, "should stand"));
}

TEST_CASE("mutant: an operand without an element for each output is not named as the cause",
          "[autograd][gradcheck]") {
  // y = sin x times the first half of w; the gradient for x lacks that factor. w[k] belongs to no output as such, so only
  // the general sentence is right.
  const OpInfo op = row(
      [](Inputs in, const Attrs&, Tensor*) {
        const std::vector<double> x = in[0].to_vector(), w = in[1].to_vector();
        Tensor y = Tensor::empty(in[0].shape(), in[0].dtype());
        const auto to = y.mutate<double>();
        for (std::size_t i = 0; i < x.size(); ++i) to[i] = std::sin(x[i]) * w[i];
        return y;
      },
      [](BackwardCtx& c) {
        c.accumulate(0, map([](auto dy, auto x) { return dy * std::cos(x); }, c.dout(), c.in(0)));
        const std::vector<double> x = c.in(0).to_vector(), dy = c.dout().to_vector();
        Tensor dw = zeros(c.in(1).shape(), c.in(1).dtype());
        for (std::size_t i = 0; i < x.size(); ++i) dw.mutate<double>()[i] = std::sin(x[i]) * dy[i];
        c.accumulate(1, dw);
      });
  const GradReport report = check_op(op, {{values({5}), values({10}, 1, 2, 7)}});
  CAPTURE(report.text);
  CHECK(report.fault == GradFault::formula);
  CHECK(contains(report.text, "compare the formula"));
  CHECK_FALSE(contains(report.text, "factor w"));
}

TEST_CASE("parameters are f32 again after a check, also when one is listed twice or has no values",
          "[autograd][gradcheck]") {
  Parameter p("p", ones({2})), none("none");
  const auto loss = [&] { return sum(square(p)); };
  gradcheck(loss, std::array<Parameter*, 2>{&p, &p});
  CHECK(p.value().dtype() == DType::f32);
  CHECK_THROWS_AS(gradcheck(loss, std::array<Parameter*, 2>{&p, &none}), ConfigError);
  CHECK(p.value().dtype() == DType::f32);
}

}  // namespace tapestry
