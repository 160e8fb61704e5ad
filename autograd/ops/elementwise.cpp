#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/samples.hpp"

// y = f(x) for every element. Read one block, and you have read them all: the value, the gradient
// right under it with the same names, the row that ties them together, the public function.

namespace tapestry {
namespace {

Tensor forward_neg(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return -x; }, in[0]);
}
void back_neg(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy) { return -dy; }, c.dout()));
}
constexpr OpInfo kNeg{"neg",       "x",      "y = -x",     "dx += -dy",
                      forward_neg, back_neg, kSaveNothing, samples::real};

Tensor forward_exp(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::exp(x); }, in[0]);
}
void back_exp(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * y; }, c.dout(), c.out()));
}
constexpr OpInfo kExp{
    "exp",
    "x",
    "y = exp(x)",
    "dx += dy * y",
    forward_exp,
    back_exp,
    kSaveOutput,
    samples::real,
    "exp overflows above 88.7 in f32 (709.8 in f64): clamp x, or keep the logarithm"};

Tensor forward_expm1(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::expm1(x); }, in[0]);
}
void back_expm1(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * (y + 1); }, c.dout(), c.out()));
}
constexpr OpInfo kExpm1{
    "expm1",
    "x",
    "y = exp(x) - 1",
    "dx += dy * (y + 1)",
    forward_expm1,
    back_expm1,
    kSaveOutput,
    samples::real,
    "exp overflows above 88.7 in f32 (709.8 in f64): clamp x, or keep the logarithm"};

Tensor forward_log(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::log(x); }, in[0]);
}
void back_log(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy / x; }, c.dout(), c.in(0)));
}
constexpr OpInfo kLog{
    "log",
    "x",
    "y = ln x",
    "dx += dy / x",
    forward_log,
    back_log,
    kSaveIn0,
    samples::positive,
    "log of 0 is -inf, of a negative number NaN: clamp x from below, or use the logits form"};

Tensor forward_log1p(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::log1p(x); }, in[0]);
}
void back_log1p(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy / (1 + x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kLog1p{"log1p",
                        "x",
                        "y = ln(1 + x)",
                        "dx += dy / (1 + x)",
                        forward_log1p,
                        back_log1p,
                        kSaveIn0,
                        samples::positive,
                        "1 + x must be positive: clamp x above -1"};

Tensor forward_sqrt(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return std::sqrt(x); }, in[0]);
}
void back_sqrt(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy / (2 * y); }, c.dout(), c.out()));
}
constexpr OpInfo kSqrt{
    "sqrt",
    "x",
    "y = sqrt(x)",
    "dx += dy / (2 y)",
    forward_sqrt,
    back_sqrt,
    kSaveOutput,
    samples::positive,
    "sqrt of a negative number is NaN, and the slope at 0 is infinite: use sqrt(x + eps)"};

Tensor forward_square(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return x * x; }, in[0]);
}
void back_square(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * 2 * x; }, c.dout(), c.in(0)));
}
constexpr OpInfo kSquare{
    "square",
    "x",
    "y = x^2",
    "dx += dy * 2 x",
    forward_square,
    back_square,
    kSaveIn0,
    samples::real,
    "the square overflows from 1.8e19 on in f32: the values have grown too large before"};

Tensor forward_abs(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return std::fabs(x); }, in[0]);
}
void back_abs(BackwardCtx& c) {
  c.accumulate(0, map([]<class T>(T dy, T x) { return x > 0   ? dy
                                                      : x < 0 ? -dy
                                                              : dy * x; },
                      c.dout(), c.in(0)));
}
constexpr OpInfo kAbs{"abs",       "x",      "y = |x|", "dx += dy * sign(x)",
                      forward_abs, back_abs, kSaveIn0,  samples::real};

Tensor forward_reciprocal(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return 1 / x; }, in[0]);
}
void back_reciprocal(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return -dy * y * y; }, c.dout(), c.out()));
}
constexpr OpInfo kReciprocal{
    "reciprocal",
    "x",
    "y = 1 / x",
    "dx += -dy * y^2",
    forward_reciprocal,
    back_reciprocal,
    kSaveOutput,
    samples::positive,
    "1 / 0 is infinite: keep x away from 0, for example with 1 / (x + eps)"};

Tensor forward_sin(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::sin(x); }, in[0]);
}
void back_sin(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::cos(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kSin{"sin",       "x",      "y = sin(x)", "dx += dy * cos(x)",
                      forward_sin, back_sin, kSaveIn0,     samples::real};

Tensor forward_cos(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::cos(x); }, in[0]);
}
void back_cos(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return -dy * math::sin(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kCos{"cos",       "x",      "y = cos(x)", "dx += -dy * sin(x)",
                      forward_cos, back_cos, kSaveIn0,     samples::real};

Tensor forward_lgamma(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::lgamma(x); }, in[0]);
}
void back_lgamma(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::digamma(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kLgamma{"lgamma",
                         "x",
                         "y = ln |Gamma(x)|",
                         "dx += dy * digamma(x)",
                         forward_lgamma,
                         back_lgamma,
                         kSaveIn0,
                         samples::positive,
                         "the gamma function has poles at 0, -1, -2, ...: clamp x above 0"};

Tensor forward_digamma(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::digamma(x); }, in[0]);
}
void back_digamma(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::trigamma(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kDigamma{"digamma",
                          "x",
                          "y = d ln Gamma(x) / dx",
                          "dx += dy * trigamma(x)",
                          forward_digamma,
                          back_digamma,
                          kSaveIn0,
                          samples::positive,
                          "digamma has poles at 0, -1, -2, ...: clamp x above 0"};

Tensor forward_erf(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::erf(x); }, in[0]);
}
void back_erf(BackwardCtx& c) {
  c.accumulate(
      0, map([]<class T>(T dy, T x) { return dy * T(1.1283791670955126) * math::exp(-x * x); },
             c.dout(), c.in(0)));
}
constexpr OpInfo kErf{"erf",       "x",      "y = erf(x)", "dx += dy * 2/sqrt(pi) * exp(-x^2)",
                      forward_erf, back_erf, kSaveIn0,     samples::real};

// attrs: f = {min, max}
Tensor forward_clamp(Inputs in, const Attrs& a, Tensor*) {
  return map(
      [=]<class T>(T x) { return x < T(a.f[0])   ? T(a.f[0])
                                 : x > T(a.f[1]) ? T(a.f[1])
                                                 : x; },
      in[0]);
}
void back_clamp(BackwardCtx& c) {
  const Attrs a = c.attrs();
  c.accumulate(0,
               map([=]<class T>(T dy, T x) { return x < T(a.f[0]) || x > T(a.f[1]) ? T(0) : dy; },
                   c.dout(), c.in(0)));
}
std::vector<Sample> clamp_samples() { return samples::unary(-2, 2, {.f = {-0.5, 0.8}}); }
constexpr OpInfo kClamp{"clamp",
                        "x",
                        "y = min(max(x, low), high)",
                        "dx += dy where low <= x <= high",
                        forward_clamp,
                        back_clamp,
                        kSaveIn0,
                        clamp_samples};

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
Tensor clamp(Arg x, double min, double max) { return apply(kClamp, {x}, {.f = {min, max}}); }

OpFamily elementwise_ops() {
  static constexpr const OpInfo* kTable[] = {&kNeg,  &kExp,    &kExpm1,   &kLog,        &kLog1p,
                                             &kSqrt, &kSquare, &kAbs,     &kReciprocal, &kSin,
                                             &kCos,  &kLgamma, &kDigamma, &kErf,        &kClamp};
  return kTable;
}

}  // namespace tapestry
