#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// The nonlinearities of networks. If the gradient is a function of the output, only the output is
// saved.

namespace tapestry {
namespace {

Tensor forward_tanh(Inputs in) {
  return map([](auto x) { return math::tanh(x); }, in[0]);
}
void back_tanh(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * (1 - y * y); }, c.dout(), c.out()));
}
constexpr OpInfo kTanh{
    .name = "tanh",
    .args = "x",
    .formula = "y = tanh(x)",
    .gradient = "dx += dy * (1 - y^2)",
    .forward = forward_tanh,
    .backward = back_tanh,
    .saves = kSaveOutput,
    .test_inputs = test_inputs::real,
};

Tensor forward_sigmoid(Inputs in) {
  return map([](auto x) { return math::sigmoid(x); }, in[0]);
}
void back_sigmoid(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * y * (1 - y); }, c.dout(), c.out()));
}
constexpr OpInfo kSigmoid{
    .name = "sigmoid",
    .args = "x",
    .formula = "y = 1 / (1 + exp(-x))",
    .gradient = "dx += dy * y (1 - y)",
    .forward = forward_sigmoid,
    .backward = back_sigmoid,
    .saves = kSaveOutput,
    .test_inputs = test_inputs::real,
};

Tensor forward_log_sigmoid(Inputs in) {
  return map([](auto x) { return -math::softplus(-x); }, in[0]);
}
void back_log_sigmoid(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::sigmoid(-x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kLogSigmoid{
    .name = "log_sigmoid",
    .args = "x",
    .formula = "y = -ln(1 + exp(-x))",
    .gradient = "dx += dy * sigmoid(-x)",
    .forward = forward_log_sigmoid,
    .backward = back_log_sigmoid,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

Tensor forward_softplus(Inputs in) {
  return map([](auto x) { return math::softplus(x); }, in[0]);
}
void back_softplus(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::sigmoid(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kSoftplus{
    .name = "softplus",
    .args = "x",
    .formula = "y = ln(1 + exp(x))",
    .gradient = "dx += dy * sigmoid(x)",
    .forward = forward_softplus,
    .backward = back_softplus,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

// x < 0 rather than x > 0 decides, so that NaN passes.
Tensor forward_relu(Inputs in) {
  return map([]<class T>(T x) { return x < 0 ? T(0) : x; }, in[0]);
}
void back_relu(BackwardCtx& c) {  // y is 0 where it is not positive, or NaN: so is the gradient
  c.accumulate(0, map([](auto dy, auto y) { return y > 0 ? dy : y; }, c.dout(), c.out()));
}
constexpr OpInfo kRelu{
    .name = "relu",
    .args = "x",
    .formula = "y = max(x, 0)",
    .gradient = "dx += dy where y > 0",
    .forward = forward_relu,
    .backward = back_relu,
    .saves = kSaveOutput,
    .test_inputs = test_inputs::real,
};

// attrs: f[0] = slope below zero
Tensor forward_leaky_relu(Inputs in, const Attrs& a) {
  const double slope = a.f[0];
  return map([=]<class T>(T x) { return x < 0 ? T(slope) * x : x; }, in[0]);
}
void back_leaky_relu(BackwardCtx& c) {
  const double slope = c.attrs().f[0];
  c.accumulate(0, map([=]<class T>(T dy, T x) { return x > 0    ? dy
                                                       : x <= 0 ? T(slope) * dy
                                                                : x; },
                      c.dout(), c.in(0)));
}
std::vector<TestInput> test_inputs_leaky_relu() {
  return test_inputs::unary(-2, 2, {.f = {0.01, 0}});
}
constexpr OpInfo kLeakyRelu{
    .name = "leaky_relu",
    .args = "x",
    .formula = "y = x if x >= 0 else slope x",
    .gradient = "dx += dy * (1 or slope)",
    .forward = forward_leaky_relu,
    .backward = back_leaky_relu,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_leaky_relu,
    .attributes = "slope:f0",
};

// attrs: f[0] = alpha
Tensor forward_elu(Inputs in, const Attrs& a) {
  const double alpha = a.f[0];
  return map([=]<class T>(T x) { return x < 0 ? T(alpha) * math::expm1(x) : x; }, in[0]);
}
void back_elu(BackwardCtx& c) {
  const double alpha = c.attrs().f[0];
  c.accumulate(0, map([=]<class T>(T dy, T x) { return x > 0 ? dy : dy * T(alpha) * math::exp(x); },
                      c.dout(), c.in(0)));
}
std::vector<TestInput> test_inputs_elu() { return test_inputs::unary(-2, 2, {.f = {1.0, 0}}); }
constexpr OpInfo kElu{
    .name = "elu",
    .args = "x",
    .formula = "y = x if x >= 0 else alpha (exp(x) - 1)",
    .gradient = "dx += dy * (1 or alpha exp(x))",
    .forward = forward_elu,
    .backward = back_elu,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_elu,
    .attributes = "alpha:f0",
};

// Phi and phi: distribution function and density of N(0, 1).
template <class T>
T normal_cdf(T x) {
  // 1 + erf(x / sqrt 2) would cancel in the lower tail.
  return static_cast<T>(0.5 * std::erfc(static_cast<double>(x) * -0.7071067811865476));
}
template <class T>
T normal_pdf(T x) {
  return T(0.3989422804014327) * math::exp_of_negative(T(-0.5) * x * x);
}

Tensor forward_gelu(Inputs in) {
  return map([](auto x) { return x * normal_cdf(x); }, in[0]);
}
void back_gelu(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * (normal_cdf(x) + x * normal_pdf(x)); },
                      c.dout(), c.in(0)));
}
constexpr OpInfo kGelu{
    .name = "gelu",
    .args = "x",
    .formula = "y = x Phi(x)",
    .gradient = "dx += dy * (Phi(x) + x phi(x))",
    .forward = forward_gelu,
    .backward = back_gelu,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

Tensor forward_silu(Inputs in) {
  return map([](auto x) { return x * math::sigmoid(x); }, in[0]);
}
void back_silu(BackwardCtx& c) {
  c.accumulate(0, map(
                      [](auto dy, auto x) {
                        const auto s = math::sigmoid(x);
                        return dy * s * (1 + x * (1 - s));
                      },
                      c.dout(), c.in(0)));
}
constexpr OpInfo kSilu{
    .name = "silu",
    .args = "x",
    .formula = "y = x s(x), s = sigmoid",
    .gradient = "dx += dy * s (1 + x (1 - s))",
    .forward = forward_silu,
    .backward = back_silu,
    .saves = kSaveIn0,
    .test_inputs = test_inputs::real,
};

}  // namespace

Tensor tanh(Arg x) { return apply(kTanh, {x}); }
Tensor sigmoid(Arg x) { return apply(kSigmoid, {x}); }
Tensor log_sigmoid(Arg x) { return apply(kLogSigmoid, {x}); }
Tensor softplus(Arg x) { return apply(kSoftplus, {x}); }
Tensor relu(Arg x) { return apply(kRelu, {x}); }
Tensor leaky_relu(Arg x, double slope) { return apply(kLeakyRelu, {x}, {.f = {slope, 0}}); }
Tensor elu(Arg x, double alpha) { return apply(kElu, {x}, {.f = {alpha, 0}}); }
Tensor gelu(Arg x) { return apply(kGelu, {x}); }
Tensor silu(Arg x) { return apply(kSilu, {x}); }

const char* name(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::tanh:
      return "tanh";
    case Activation::sigmoid:
      return "sigmoid";
    case Activation::softplus:
      return "softplus";
    case Activation::none:
      break;
  }
  return "";
}

Tensor activate(Arg x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return relu(x);
    case Activation::tanh:
      return tanh(x);
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::softplus:
      return softplus(x);
    case Activation::none:
      break;
  }
  return as_tensor(x);
}

OpFamily activation_ops() {
  static constexpr const OpInfo* kTable[] = {
      &kTanh, &kSigmoid, &kLogSigmoid, &kSoftplus, &kRelu, &kLeakyRelu, &kElu, &kGelu, &kSilu};
  return kTable;
}

}  // namespace tapestry
