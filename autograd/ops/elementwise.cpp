#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// y = f(x) for every element. Read one block, and you have read them all: the value, the gradient
// right under it with the same names, the row that ties them together, the public function.

namespace tapestry {
namespace {

Tensor forward_neg(Inputs in) {
  return map([](auto x) { return -x; }, in[0]);
}
void back_neg(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy) { return -dy; }, c.dout()));
}
constexpr OpInfo kNeg{
    .name = "neg",
    .args = "x",
    .formula = "y = -x",
    .gradient = "dx += -dy",
    .forward = forward_neg,
    .backward = back_neg,
    .saves = kSaveNothing,
    .test_inputs = test_inputs::real,
};

Tensor forward_exp(Inputs in) {
  return map([](auto x) { return math::exp(x); }, in[0]);
}
void back_exp(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * y; }, c.dout(), c.out()));
}
constexpr OpInfo kExp{
    .name = "exp",
    .args = "x",
    .formula = "y = exp(x)",
    .gradient = "dx += dy * y",
    .forward = forward_exp,
    .backward = back_exp,
    .saves = kSaveOutput,
    .test_inputs = test_inputs::real,
    .hint = "exp overflows above 88.7 in f32 (709.8 in f64): clamp x, or keep the logarithm",
};

Tensor forward_expm1(Inputs in) {
  return map([](auto x) { return math::expm1(x); }, in[0]);
}
void back_expm1(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * (y + 1); }, c.dout(), c.out()));
}
constexpr OpInfo kExpm1{
    .name = "expm1",
    .args = "x",
    .formula = "y = exp(x) - 1",
    .gradient = "dx += dy * (y + 1)",
    .forward = forward_expm1,
    .backward = back_expm1,
    .saves = kSaveOutput,
    .test_inputs = test_inputs::real,
    .hint = "exp overflows above 88.7 in f32 (709.8 in f64): clamp x, or keep the logarithm",
};

Tensor forward_log(Inputs in) {
  return map([](auto x) { return math::log(x); }, in[0]);
}
void back_log(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy / x; }, c.dout(), c.in(0)));
}
constexpr OpInfo kLog{
    .name = "log",
    .args = "x",
    .formula = "y = ln x",
    .gradient = "dx += dy / x",
    .forward = forward_log,
    .backward = back_log,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::positive,
    .hint =
        "log of 0 is -inf, of a negative number NaN: clamp x from below, or use the logits form",
};

Tensor forward_log1p(Inputs in) {
  return map([](auto x) { return math::log1p(x); }, in[0]);
}
void back_log1p(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy / (1 + x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kLog1p{
    .name = "log1p",
    .args = "x",
    .formula = "y = ln(1 + x)",
    .gradient = "dx += dy / (1 + x)",
    .forward = forward_log1p,
    .backward = back_log1p,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::positive,
    .hint = "1 + x must be positive: clamp x above -1",
};

Tensor forward_sqrt(Inputs in) {
  return map([](auto x) { return std::sqrt(x); }, in[0]);
}
void back_sqrt(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy / (2 * y); }, c.dout(), c.out()));
}
constexpr OpInfo kSqrt{
    .name = "sqrt",
    .args = "x",
    .formula = "y = sqrt(x)",
    .gradient = "dx += dy / (2 y)",
    .forward = forward_sqrt,
    .backward = back_sqrt,
    .saves = kSaveOutput,
    .test_inputs = test_inputs::positive,
    .hint = "sqrt of a negative number is NaN, and the slope at 0 is infinite: use sqrt(x + eps)",
};

Tensor forward_square(Inputs in) {
  return map([](auto x) { return x * x; }, in[0]);
}
void back_square(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * 2 * x; }, c.dout(), c.in(0)));
}
constexpr OpInfo kSquare{
    .name = "square",
    .args = "x",
    .formula = "y = x^2",
    .gradient = "dx += dy * 2 x",
    .forward = forward_square,
    .backward = back_square,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
    .hint = "the square overflows from 1.8e19 on in f32: the values have grown too large before",
};

Tensor forward_abs(Inputs in) {
  return map([](auto x) { return std::fabs(x); }, in[0]);
}
void back_abs(BackwardCtx& c) {
  c.accumulate(0, map([]<class T>(T dy, T x) { return x > 0   ? dy
                                                      : x < 0 ? -dy
                                                              : dy * x; },
                      c.dout(), c.in(0)));
}
constexpr OpInfo kAbs{
    .name = "abs",
    .args = "x",
    .formula = "y = |x|",
    .gradient = "dx += dy * sign(x)",
    .forward = forward_abs,
    .backward = back_abs,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

Tensor forward_reciprocal(Inputs in) {
  return map([](auto x) { return 1 / x; }, in[0]);
}
void back_reciprocal(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return -dy * y * y; }, c.dout(), c.out()));
}
constexpr OpInfo kReciprocal{
    .name = "reciprocal",
    .args = "x",
    .formula = "y = 1 / x",
    .gradient = "dx += -dy * y^2",
    .forward = forward_reciprocal,
    .backward = back_reciprocal,
    .saves = kSaveOutput,
    .test_inputs = test_inputs::positive,
    .hint = "1 / 0 is infinite: keep x away from 0, for example with 1 / (x + eps)",
};

Tensor forward_sin(Inputs in) {
  return map([](auto x) { return math::sin(x); }, in[0]);
}
void back_sin(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::cos(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kSin{
    .name = "sin",
    .args = "x",
    .formula = "y = sin(x)",
    .gradient = "dx += dy * cos(x)",
    .forward = forward_sin,
    .backward = back_sin,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

Tensor forward_cos(Inputs in) {
  return map([](auto x) { return math::cos(x); }, in[0]);
}
void back_cos(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return -dy * math::sin(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kCos{
    .name = "cos",
    .args = "x",
    .formula = "y = cos(x)",
    .gradient = "dx += -dy * sin(x)",
    .forward = forward_cos,
    .backward = back_cos,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

Tensor forward_lgamma(Inputs in) {
  return map([](auto x) { return math::lgamma(x); }, in[0]);
}
void back_lgamma(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::digamma(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kLgamma{
    .name = "lgamma",
    .args = "x",
    .formula = "y = ln |Gamma(x)|",
    .gradient = "dx += dy * digamma(x)",
    .forward = forward_lgamma,
    .backward = back_lgamma,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::positive,
    .hint = "the gamma function has poles at 0, -1, -2, ...: clamp x above 0",
};

Tensor forward_digamma(Inputs in) {
  return map([](auto x) { return math::digamma(x); }, in[0]);
}
void back_digamma(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::trigamma(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kDigamma{
    .name = "digamma",
    .args = "x",
    .formula = "y = d ln Gamma(x) / dx",
    .gradient = "dx += dy * trigamma(x)",
    .forward = forward_digamma,
    .backward = back_digamma,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::positive,
    .hint = "digamma has poles at 0, -1, -2, ...: clamp x above 0",
};

Tensor forward_erf(Inputs in) {
  return map([](auto x) { return math::erf(x); }, in[0]);
}
void back_erf(BackwardCtx& c) {
  c.accumulate(
      0, map([]<class T>(
                 T dy, T x) { return dy * T(1.1283791670955126) * math::exp_of_negative(-x * x); },
             c.dout(), c.in(0)));
}
constexpr OpInfo kErf{
    .name = "erf",
    .args = "x",
    .formula = "y = erf(x)",
    .gradient = "dx += dy * 2/sqrt(pi) * exp(-x^2)",
    .forward = forward_erf,
    .backward = back_erf,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

// attrs: f = {low, high}
Tensor forward_clamp(Inputs in, const Attrs& a) {
  const double low = a.f[0], high = a.f[1];
  return map([=]<class T>(T x) { return x < T(low) ? T(low) : x > T(high) ? T(high) : x; }, in[0]);
}
void back_clamp(BackwardCtx& c) {
  const double low = c.attrs().f[0], high = c.attrs().f[1];
  c.accumulate(
      0, map([=]<class T>(T dy, T x) { return x < T(low) || x > T(high) ? T(0)
                                              : x == x                  ? dy
                                                                        : x; },
             c.dout(), c.in(0)));
}
std::vector<TestInput> test_inputs_clamp() { return test_inputs::unary(-2, 2, {.f = {-0.5, 0.8}}); }
constexpr OpInfo kClamp{
    .name = "clamp",
    .args = "x",
    .formula = "y = min(max(x, low), high)",
    .gradient = "dx += dy where low <= x <= high",
    .forward = forward_clamp,
    .backward = back_clamp,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_clamp,
    .attributes = "min:f0 max:f1",
};

}  // namespace

Tensor neg(Arg x) { return apply(kNeg, {x}); }
Tensor operator-(Arg x) { return apply(kNeg, {x}); }
Tensor exp(Arg x) { return apply(kExp, {x}); }
Tensor expm1(Arg x) { return apply(kExpm1, {x}); }
Tensor log(Arg x) { return apply(kLog, {x}); }
Tensor log1p(Arg x) { return apply(kLog1p, {x}); }
Tensor sqrt(Arg x) { return apply(kSqrt, {x}); }
Tensor square(Arg x) { return apply(kSquare, {x}); }
Tensor abs(Arg x) { return apply(kAbs, {x}); }
Tensor reciprocal(Arg x) { return apply(kReciprocal, {x}); }
Tensor sin(Arg x) { return apply(kSin, {x}); }
Tensor cos(Arg x) { return apply(kCos, {x}); }
Tensor lgamma(Arg x) { return apply(kLgamma, {x}); }
Tensor digamma(Arg x) { return apply(kDigamma, {x}); }
Tensor erf(Arg x) { return apply(kErf, {x}); }
Tensor clamp(Arg x, double min, double max) {
  check<DomainError>(min <= max, "clamp: nothing is at least {} and at most {}", min, max);
  return apply(kClamp, {x}, {.f = {min, max}});
}

OpFamily elementwise_ops() {
  static constexpr const OpInfo* kTable[] = {&kNeg,  &kExp,    &kExpm1,   &kLog,        &kLog1p,
                                             &kSqrt, &kSquare, &kAbs,     &kReciprocal, &kSin,
                                             &kCos,  &kLgamma, &kDigamma, &kErf,        &kClamp};
  return kTable;
}

}  // namespace tapestry
