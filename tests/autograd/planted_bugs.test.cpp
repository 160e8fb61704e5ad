#include <fmt/format.h>

#include "autograd/backward.hpp"
#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/test_inputs.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"

// Copies of real ops with one wrong line in the gradient, each in use somewhere in a small computation
// of right ones: the check must find the op, the line that used it, and say what is wrong.

namespace tapestry {
namespace {

using test_inputs::values;
using In = std::span<const Tensor>;

// The row of a real op with another gradient.
OpInfo planted(std::string_view op, void (*backward)(BackwardCtx&)) {
  for (const OpInfo* row : all_ops()) {
    if (row->name != op) continue;
    OpInfo copy = *row;
    copy.backward = backward;
    return copy;
  }
  FAIL("no op " << op);
  return {};
}

// a * b of the same shape, or b of one row
Tensor times(const Tensor& a, const Tensor& b) {
  return map_broadcast([](auto x, auto y) { return x * y; }, a, b);
}
Tensor plus(const Tensor& a, const Tensor& b) {
  return map_broadcast([](auto x, auto y) { return x + y; }, a, b);
}
Tensor scaled(double by, const Tensor& x) {
  return map([=]<class T>(T v) { return T(by) * v; }, x);
}
// a b^T with NoGrad around it, as everything in a backward function
Tensor product(const Tensor& a, const Tensor& b, MatmulOptions options = {}) {
  return matmul(a, b, options);
}

struct Found {
  GradReport report;
  std::uint32_t line;  // that used the bad op
};

// Checks a computation; `fn(in, line)` says at which line it uses the bad op.
template <class Fn>
Found hunt(const std::vector<Tensor>& inputs, Fn fn) {
  std::uint32_t line = 0;
  GradReport report = gradcheck([&](In in) { return fn(in, line); }, inputs);
  return {std::move(report), line};
}

void check_found(const Found& found, const char* op, GradFault fault, const char* sentence) {
  const GradReport& report = found.report;
  INFO(report.text);
  CHECK_FALSE(report.ok);
  CHECK(report.op == op);
  CHECK(name(report.fault) == name(fault));
  CHECK(report.at.line == found.line);
  CHECK(report.at.file == std::string("tests/autograd/planted_bugs.test.cpp"));
  CHECK(report.node >= 0);
  check_contains(report.guess, sentence);
  check_contains(report.text, fmt::format("planted_bugs.test.cpp:{}", found.line));
}

}  // namespace

// Factors and signs ------------------------------------------------------------------------------

TEST_CASE("planted: exp with the wrong sign", "[autograd][planted]") {
  const OpInfo bad =
      planted("exp", [](BackwardCtx& c) { c.accumulate(0, scaled(-1, times(c.dout(), c.out()))); });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    const Tensor right = exp(in[0]);
    line = __LINE__ + 1;
    return right * apply(bad, {tanh(in[0])});
  });
  check_found(found, "exp", GradFault::sign, "the wrong sign");
  CHECK(found.report.failed == 12);
}

TEST_CASE("planted: square with the derivative of one factor only", "[autograd][planted]") {
  const OpInfo bad =
      planted("square", [](BackwardCtx& c) { c.accumulate(0, times(c.dout(), c.in(0))); });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return sum(apply(bad, {in[0] - 1.0}), 1);
  });
  check_found(found, "square", GradFault::factor, "0.5 times the right one");
}

TEST_CASE("planted: mean without 1/n", "[autograd][planted]") {
  const OpInfo bad = planted("mean", [](BackwardCtx& c) {
    const Tensor column = c.dout().with_shape({c.in(0).dim(0), 1});
    c.accumulate(0, expand(column, c.in(0).shape()));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return apply(bad, {softplus(in[0])}, {.i = {2, 0}});
  });
  check_found(found, "mean", GradFault::factor, "4 is the size of axis 1 of x");
}

TEST_CASE("planted: a broadcast operand gets the mean, not the sum", "[autograd][planted]") {
  const OpInfo bad = planted("add", [](BackwardCtx& c) {
    c.accumulate(0, c.dout());
    c.accumulate(1, scaled(0.2, sum_to(c.dout(), c.in(1).shape())));
  });
  const Found found =
      hunt({values({5, 3}), values({3}, -1, 1, 2)}, [&](In in, std::uint32_t& line) {
        line = __LINE__ + 1;
        return tanh(apply(bad, {in[0], in[1]}));
      });
  check_found(found, "add", GradFault::factor, "5 is the size of axis 0 of y");
  CHECK(found.report.input == 1);
}

// Shapes -----------------------------------------------------------------------------------------

TEST_CASE("planted: a transposed weight gradient, of a square weight", "[autograd][planted]") {
  const OpInfo bad = planted("matmul", [](BackwardCtx& c) {
    c.accumulate(0, product(c.dout(), c.in(1), {.transpose_right = true}));
    c.accumulate(1, product(c.dout(), c.in(0), {.transpose_left = true}));
  });
  const Found found =
      hunt({values({5, 3}), values({3, 3}, -1, 1, 2)}, [&](In in, std::uint32_t& line) {
        const Tensor h = tanh(matmul(in[0], in[1]));
        line = __LINE__ + 1;
        return sigmoid(apply(bad, {h, in[1]}));
      });
  check_found(found, "matmul", GradFault::transpose, "the transpose of the right one");
  CHECK(found.report.input == 1);
}

TEST_CASE("planted: a transposed weight gradient that does not fit", "[autograd][planted]") {
  const OpInfo bad = planted("matmul", [](BackwardCtx& c) {
    c.accumulate(0, product(c.dout(), c.in(1), {.transpose_right = true}));
    c.accumulate(1, product(c.dout(), c.in(0), {.transpose_left = true}));
  });
  const Found found =
      hunt({values({5, 3}), values({3, 2}, -1, 1, 2)}, [&](In in, std::uint32_t& line) {
        line = __LINE__ + 1;
        return sigmoid(apply(bad, {in[0], in[1]}));
      });
  check_found(found, "matmul", GradFault::transpose, "the transpose of what the operand needs");
  check_contains(found.report.text, "gradient of input 1 has the shape [2,3], the input [3,2]");
}

TEST_CASE("planted: a bias gradient that keeps the shape of the output", "[autograd][planted]") {
  const OpInfo bad = planted("add", [](BackwardCtx& c) {
    c.accumulate(0, c.dout());
    c.accumulate(1, c.dout());
  });
  const Found found =
      hunt({values({2, 3, 4}), values({3, 1}, -1, 1, 2)}, [&](In in, std::uint32_t& line) {
        line = __LINE__ + 1;
        return tanh(apply(bad, {in[0], in[1]}));
      });
  check_found(found, "add", GradFault::missing_broadcast_sum,
              "right was repeated along axes 0, 2 to the shape [2,3,4]");
  check_contains(found.report.text, "back_add throws: gradient of input 1 has the shape [2,3,4]");
}

TEST_CASE("planted: a bias gradient from the first row alone", "[autograd][planted]") {
  const OpInfo bad = planted("add", [](BackwardCtx& c) {
    c.accumulate(0, c.dout());
    c.accumulate(1, slice(c.dout(), 0, 0, 1).with_shape(c.in(1).shape()));
  });
  const Found found =
      hunt({values({5, 3}), values({3}, -1, 1, 2)}, [&](In in, std::uint32_t& line) {
        line = __LINE__ + 1;
        return tanh(apply(bad, {in[0], in[1]}));
      });
  check_found(found, "add", GradFault::missing_broadcast_sum,
              "right[0] goes into 5 outputs, and its gradient takes 1 of them: sum over axis 0");
}

TEST_CASE("planted: cumsum runs forwards in its gradient", "[autograd][planted]") {
  const OpInfo bad =
      planted("cumsum", [](BackwardCtx& c) { c.accumulate(0, cumsum(c.dout(), 1)); });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return square(apply(bad, {in[0]}, {.i = {1}}));
  });
  check_found(found, "cumsum", GradFault::transpose, "its transpose times dout");
}

TEST_CASE("planted: a slice puts its gradient one column too far", "[autograd][planted]") {
  const OpInfo bad = planted("slice", [](BackwardCtx& c) {
    const Tensor gap = zeros({3, 2}, DType::f64);
    c.accumulate(0, concat({gap, c.dout(), zeros({3, 1}, DType::f64)}, 1));
  });
  const Found found = hunt({values({3, 5})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return square(apply(bad, {in[0]}, {.i = {1, 1, 3}}));
  });
  check_found(found, "slice", GradFault::misplaced, "shifted along axis 1, by 1");
}

// Terms ------------------------------------------------------------------------------------------

TEST_CASE("planted: silu without the second term of the product rule", "[autograd][planted]") {
  const OpInfo bad = planted("silu", [](BackwardCtx& c) {  // y = x s(x), dx = dy s(x) + ...
    c.accumulate(0, map([](auto dy, auto x) { return dy * math::sigmoid(x); }, c.dout(), c.in(0)));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return exp(apply(bad, {in[0]}));
  });
  check_found(found, "silu", GradFault::missing_term, "the product rule has a second term");
}

TEST_CASE("planted: expm1 forgets the 1", "[autograd][planted]") {
  const OpInfo bad =
      planted("expm1", [](BackwardCtx& c) { c.accumulate(0, times(c.dout(), c.out())); });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return tanh(apply(bad, {in[0]}));
  });
  check_found(found, "expm1", GradFault::missing_term, "differs from the right one by -1 * dout");
}

TEST_CASE("planted: softmax without the row sum", "[autograd][planted]") {
  const OpInfo bad =
      planted("softmax", [](BackwardCtx& c) { c.accumulate(0, times(c.dout(), c.out())); });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    const Tensor logits = in[0] * 2.0;
    line = __LINE__ + 1;
    return log(apply(bad, {logits}, {.i = {1}}));
  });
  check_found(found, "softmax", GradFault::missing_term, "a sum over axis 1 is missing");
}

TEST_CASE("planted: softmax with the sum over the wrong axis", "[autograd][planted]") {
  const OpInfo bad = planted("softmax", [](BackwardCtx& c) {
    const Tensor columns = sum_axes(times(c.dout(), c.out()), 1, true);
    c.accumulate(0, times(plus(c.dout(), scaled(-1, expand(columns, {3, 4}))), c.out()));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return log(apply(bad, {in[0]}, {.i = {1}}));
  });
  check_found(found, "softmax", GradFault::wrong_axis,
              "forward mixes the elements along axis 1, backward along axis 0");
}

TEST_CASE("planted: layer_norm forgets that the mean moves with x", "[autograd][planted]") {
  const OpInfo bad = planted("layer_norm", [](BackwardCtx& c) {
    const Tensor &x = c.in(0), &dy = c.dout(), &statistics = c.aux();
    const Tensor mean = slice(statistics, 1, 0, 1), scale = slice(statistics, 1, 1, 2);
    const Tensor xhat = times(plus(x, scaled(-1, mean)), scale), g = times(dy, c.in(1));
    const Tensor pull = scaled(0.25, sum_axes(times(g, xhat), 2, true));
    c.accumulate(0, times(plus(g, scaled(-1, times(xhat, pull))), scale));
    c.accumulate(1, sum_to(times(dy, xhat), c.in(1).shape()));
    c.accumulate(2, sum_to(dy, c.in(2).shape()));
  });
  const Found found = hunt({values({3, 4}), values({4}, 0.5, 1, 2), values({4}, -1, 1, 3)},
                           [&](In in, std::uint32_t& line) {
                             line = __LINE__ + 1;
                             return tanh(apply(bad, {in[0], in[1], in[2]}, {.f = {1e-3, 0}}));
                           });
  check_found(found, "layer_norm", GradFault::missing_term,
              "along axis 1 the error is the same: a sum or mean over that axis is missing");
}

TEST_CASE("planted: the divisor of div gets nothing", "[autograd][planted]") {
  const OpInfo bad = planted("div", [](BackwardCtx& c) {
    c.accumulate(0, map([](auto dy, auto b) { return dy / b; }, c.dout(), c.in(1)));
  });
  const Found found =
      hunt({values({3, 4}), values({3, 4}, 1, 2, 2)}, [&](In in, std::uint32_t& line) {
        line = __LINE__ + 1;
        return tanh(apply(bad, {in[0], in[1]}));
      });
  check_found(found, "div", GradFault::zero, "nothing was accumulated");
  CHECK(found.report.input == 1);
}

// Values -----------------------------------------------------------------------------------------

TEST_CASE("planted: exp multiplies by x where y should stand", "[autograd][planted]") {
  OpInfo bad = planted("exp", [](BackwardCtx& c) { c.accumulate(0, times(c.dout(), c.in(0))); });
  bad.saves = kSaveIn0;
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return tanh(apply(bad, {in[0]}));
  });
  check_found(found, "exp", GradFault::wrong_value, "it has x where y should stand");
}

TEST_CASE("planted: sqrt multiplies where it should divide", "[autograd][planted]") {
  const OpInfo bad = planted("sqrt", [](BackwardCtx& c) {
    c.accumulate(0, map([]<class T>(T dy, T y) { return dy * y / 2; }, c.dout(), c.out()));
  });
  const Found found = hunt({values({3, 4}, 0.5, 3)}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return tanh(apply(bad, {in[0]}));
  });
  check_found(found, "sqrt", GradFault::formula, "multiplied by y where it should be divided");
}

TEST_CASE("planted: the KL divergence takes a scale for a log-variance", "[autograd][planted]") {
  const OpInfo bad = planted("normal_kl_standard", [](BackwardCtx& c) {
    const Tensor dy = expand(c.dout().with_shape({3, 1}), {3, 4});
    c.accumulate(0, times(dy, c.in(0)));
    c.accumulate(
        1, map([]<class T>(T d, T s) { return d * T(0.5) * (math::exp(s) - 1); }, dy, c.in(1)));
  });
  const Found found = hunt({values({3, 4}), values({3, 4})}, [&](In in, std::uint32_t& line) {
    const Tensor loc = in[0], scale = exp(0.5 * in[1]);
    line = __LINE__ + 1;
    return mean(apply(bad, {loc, scale}, {.i = {1}}));
  });
  check_found(found, "normal_kl_standard", GradFault::formula, "with wrong slopes");
  CHECK(found.report.input == 1);
}

TEST_CASE("planted: log reads a value that its row does not save", "[autograd][planted]") {
  OpInfo bad = planted("log", [](BackwardCtx& c) {
    c.accumulate(0, map([](auto dy, auto x) { return dy / x; }, c.dout(), c.in(0)));
  });
  bad.saves = kSaveNothing;
  const Found found = hunt({values({3, 4}, 1, 2)}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return tanh(apply(bad, {in[0] * in[0]}));
  });
  check_found(found, "log", GradFault::not_saved, "must name every value that the gradient reads");
}

namespace {

Tensor first_slopes;  // what a cache that is never emptied holds
Tensor forward_cached(Inputs in, const Attrs&, Tensor* aux) {
  const Tensor y = map([](auto x) { return math::sigmoid(x); }, in[0]);
  if (aux) {
    if (!first_slopes.defined()) first_slopes = map([](auto v) { return v * (1 - v); }, y);
    *aux = first_slopes;
  }
  return y;
}

}  // namespace

TEST_CASE("planted: sigmoid keeps the slopes of its first call for ever", "[autograd][planted]") {
  OpInfo bad =
      planted("sigmoid", [](BackwardCtx& c) { c.accumulate(0, times(c.dout(), c.aux())); });
  bad.forward = forward_cached;
  first_slopes = Tensor();
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    const Tensor h = 2.0 * tanh(in[0]);
    line = __LINE__ + 1;
    return exp(apply(bad, {h}));
  });
  check_found(found, "sigmoid", GradFault::stale, "stays the same when the operands change");
  first_slopes = Tensor();
  const GradReport alone = check_op(bad, {{values({3, 4})}});
  INFO(alone.text);
  CHECK(name(alone.fault) == name(GradFault::stale));
  check_contains(alone.guess, "right for the operands of an earlier call");
  first_slopes = Tensor();
}

// Some elements ----------------------------------------------------------------------------------

TEST_CASE("planted: softplus fills the first row only", "[autograd][planted]") {
  const OpInfo bad = planted("softplus", [](BackwardCtx& c) {
    Tensor dx = zeros_like(c.dout());
    for (std::size_t j = 0; j < 4; ++j) {
      dx.mutate<double>()[j] =
          c.dout().view<double>()[j] * math::sigmoid(c.in(0).view<double>()[j]);
    }
    c.accumulate(0, dx);
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return tanh(apply(bad, {in[0]}));
  });
  check_found(found, "softplus", GradFault::some_elements,
              "it is zero in rows 1 to 2, and right in the others");
  CHECK(found.report.shared == "in rows 1 to 2");
  CHECK(found.report.failed == 8);
}

TEST_CASE("planted: abs forgets the sign of x", "[autograd][planted]") {
  const OpInfo bad = planted("abs", [](BackwardCtx& c) { c.accumulate(0, c.dout()); });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return sin(apply(bad, {in[0]}));
  });
  check_found(found, "abs", GradFault::some_elements, "-1 times the right one where x < 0");
  check_contains(found.report.text, "all of them where x < 0");
}

TEST_CASE("planted: relu with the mask inverted", "[autograd][planted]") {
  const OpInfo bad = planted("relu", [](BackwardCtx& c) {
    c.accumulate(0, map([]<class T>(T dy, T y) { return y > 0 ? T(0) : dy; }, c.dout(), c.out()));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return sin(apply(bad, {in[0]})) + in[0];
  });
  check_found(found, "relu", GradFault::inverted_mask, "is the mask inverted?");
}

TEST_CASE("planted: leaky_relu with its slopes exchanged", "[autograd][planted]") {
  const OpInfo bad = planted("leaky_relu", [](BackwardCtx& c) {
    c.accumulate(
        0, map([]<class T>(T dy, T x) { return x < 0 ? dy : T(0.1) * dy; }, c.dout(), c.in(0)));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return sin(apply(bad, {in[0]}, {.f = {0.1, 0}}));
  });
  check_found(found, "leaky_relu", GradFault::inverted_mask, "are the two branches exchanged?");
}

TEST_CASE("planted: softplus overflows in its gradient", "[autograd][planted]") {
  const OpInfo bad = planted("softplus", [](BackwardCtx& c) {  // e^x / (1 + e^x) = inf / inf
    c.accumulate(0, map([](auto dy, auto x) { return dy * (std::exp(x) / (1 + std::exp(x))); },
                        c.dout(), c.in(0)));
  });
  const Found found = hunt({values({3, 4}, -1, 1)}, [&](In in, std::uint32_t& line) {
    const Tensor large = in[0] * 1000.0;
    line = __LINE__ + 1;
    return sin(apply(bad, {large}) * 1e-3);
  });
  check_found(found, "softplus", GradFault::not_finite, "look for 0 / 0");
  CHECK(found.report.shared.find("where x >= ") == 0);
}

// The gradient of the output, and of other uses --------------------------------------------------

TEST_CASE("planted: tanh forgets dout", "[autograd][planted]") {
  const OpInfo bad = planted("tanh", [](BackwardCtx& c) {
    c.accumulate(0, map([](auto y) { return 1 - y * y; }, c.out()));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return exp(apply(bad, {in[0]}));
  });
  check_found(found, "tanh", GradFault::forgot_dout, "multiply by dout");
}

TEST_CASE("planted: square multiplies one of its two terms by dout", "[autograd][planted]") {
  const OpInfo bad = planted("square", [](BackwardCtx& c) {  // x x: dx = dout x + x
    c.accumulate(0, times(c.dout(), c.in(0)));
    c.accumulate(0, c.in(0));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return exp(apply(bad, {in[0]}));
  });
  check_found(found, "square", GradFault::forgot_dout, "every term is multiplied by dout");
}

TEST_CASE("planted: sin clips its gradient", "[autograd][planted]") {
  const OpInfo bad = planted("sin", [](BackwardCtx& c) {
    c.accumulate(
        0, map([]<class T>(T dy, T x) { return std::clamp(dy * math::cos(x), T(-0.1), T(0.1)); },
               c.dout(), c.in(0)));
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return exp(apply(bad, {in[0]}));
  });
  check_found(found, "sin", GradFault::not_linear, "dout may enter once, as a factor");
}

namespace {

// dx = 2 dy x into a target whose `fresh` is not looked at.
void back_assigns(BackwardCtx& c) {
  const GradTarget dx = c.target(0);
  const auto to = dx.grad.mutate<double>();
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = 2 * c.dout().view<double>()[i] * c.in(0).view<double>()[i];
}
void back_adds(BackwardCtx& c) {
  const GradTarget dx = c.target(0);
  const auto to = dx.grad.mutate<double>();
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] += 2 * c.dout().view<double>()[i] * c.in(0).view<double>()[i];
}

}  // namespace

TEST_CASE("planted: square assigns, and its operand is used twice", "[autograd][planted]") {
  const OpInfo bad = planted("square", back_assigns);
  const auto once =
      hunt({values({3, 4})}, [&](In in, std::uint32_t&) { return exp(apply(bad, {in[0]})); });
  CHECK(once.report.ok);  // right as long as nobody else sends anything
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    const Tensor h = tanh(in[0]);
    line = __LINE__ + 1;
    const Tensor y = apply(bad, {h});
    return y * exp(h);
  });
  check_found(found, "square", GradFault::assigned, "assigned instead of added");
}

TEST_CASE("planted: square adds to a fresh target", "[autograd][planted]") {
  // What lies in fresh memory is anybody's guess without the pool, whose blocks the checker fills.
  if (!pool_enabled()) return;
  const GradReport report = check_op(planted("square", back_adds), {{values({3, 4})}});
  INFO(report.text);
  CHECK_FALSE(report.ok);
  CHECK(name(report.fault) == name(GradFault::not_overwritten));
}

TEST_CASE("planted: mul(x, x) keeps one of its two gradients", "[autograd][planted]") {
  // Reads both slots before it writes: right for two operands, and for any that were used before.
  const OpInfo bad = planted("mul", [](BackwardCtx& c) {
    const Tensor da = times(c.dout(), c.in(1)), db = times(c.dout(), c.in(0));
    const GradTarget a = c.target(0), b = c.target(1);
    const auto ta = a.grad.mutate<double>(), tb = b.grad.mutate<double>();
    for (std::size_t i = 0; i < ta.size(); ++i) {
      const double before_a = a.fresh ? 0 : ta[i], before_b = a.fresh ? 0 : tb[i];
      ta[i] = before_a + da.view<double>()[i];
      tb[i] = before_b + db.view<double>()[i];
    }
  });
  const Found found = hunt({values({3, 4})}, [&](In in, std::uint32_t& line) {
    line = __LINE__ + 1;
    return sin(apply(bad, {in[0], in[0]}));
  });
  check_found(found, "mul", GradFault::assigned, "when left and right are the same tensor");
}

}  // namespace tapestry
