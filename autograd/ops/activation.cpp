#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/samples.hpp"

// The nonlinearities of networks. Where the gradient can be told from the output, only that is
// saved.

namespace tapestry {
namespace {

Tensor forward_tanh(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::tanh(x); }, in[0]);
}
void back_tanh(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * (1 - y * y); }, c.dout(), c.out()));
}
constexpr OpInfo kTanh{"tanh",       "x",       "y = tanh(x)", "dx += dy * (1 - y^2)",
                       forward_tanh, back_tanh, kSaveOutput,   samples::real};

Tensor forward_sigmoid(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::sigmoid(x); }, in[0]);
}
void back_sigmoid(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto y) { return dy * y * (1 - y); }, c.dout(), c.out()));
}
constexpr OpInfo kSigmoid{"sigmoid",
                          "x",
                          "y = 1 / (1 + exp(-x))",
                          "dx += dy * y (1 - y)",
                          forward_sigmoid,
                          back_sigmoid,
                          kSaveOutput,
                          samples::real};

Tensor forward_log_sigmoid(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return -math::softplus(-x); }, in[0]);
}
void back_log_sigmoid(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::sigmoid(-x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kLogSigmoid{"log_sigmoid",
                             "x",
                             "y = -ln(1 + exp(-x))",
                             "dx += dy * sigmoid(-x)",
                             forward_log_sigmoid,
                             back_log_sigmoid,
                             kSaveIn0,
                             samples::real};

Tensor forward_softplus(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return math::softplus(x); }, in[0]);
}
void back_softplus(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * math::sigmoid(x); }, c.dout(), c.in(0)));
}
constexpr OpInfo kSoftplus{
    "softplus",    "x",      "y = ln(1 + exp(x))", "dx += dy * sigmoid(x)", forward_softplus,
    back_softplus, kSaveIn0, samples::real};

// x < 0 rather than x > 0 decides, so that NaN passes.
Tensor forward_relu(Inputs in, const Attrs&, Tensor*) {
  return map([]<class T>(T x) { return x < 0 ? T(0) : x; }, in[0]);
}
void back_relu(BackwardCtx& c) {
  c.accumulate(0, map([]<class T>(T dy, T y) { return y > 0 ? dy : T(0); }, c.dout(), c.out()));
}
constexpr OpInfo kRelu{"relu",       "x",       "y = max(x, 0)", "dx += dy where y > 0",
                       forward_relu, back_relu, kSaveOutput,     samples::real};

// attrs: f[0] = slope below zero
Tensor forward_leaky_relu(Inputs in, const Attrs& a, Tensor*) {
  return map([=]<class T>(T x) { return x < 0 ? T(a.f[0]) * x : x; }, in[0]);
}
void back_leaky_relu(BackwardCtx& c) {
  const double slope = c.attrs().f[0];
  c.accumulate(
      0, map([=]<class T>(T dy, T x) { return x > 0 ? dy : T(slope) * dy; }, c.dout(), c.in(0)));
}
std::vector<Sample> leaky_relu_samples() { return samples::unary(-2, 2, {.f = {0.01, 0}}); }
constexpr OpInfo kLeakyRelu{"leaky_relu",
                            "x",
                            "y = x if x >= 0 else slope x",
                            "dx += dy * (1 or slope)",
                            forward_leaky_relu,
                            back_leaky_relu,
                            kSaveIn0,
                            leaky_relu_samples};

// attrs: f[0] = alpha
Tensor forward_elu(Inputs in, const Attrs& a, Tensor*) {
  return map([=]<class T>(T x) { return x < 0 ? T(a.f[0]) * math::expm1(x) : x; }, in[0]);
}
void back_elu(BackwardCtx& c) {
  const double alpha = c.attrs().f[0];
  c.accumulate(0, map([=]<class T>(T dy, T x) { return x > 0 ? dy : dy * T(alpha) * math::exp(x); },
                      c.dout(), c.in(0)));
}
std::vector<Sample> elu_samples() { return samples::unary(-2, 2, {.f = {1.0, 0}}); }
constexpr OpInfo kElu{"elu",
                      "x",
                      "y = x if x >= 0 else alpha (exp(x) - 1)",
                      "dx += dy * (1 or alpha exp(x))",
                      forward_elu,
                      back_elu,
                      kSaveIn0,
                      elu_samples};

// Phi and phi: distribution function and density of N(0, 1).
template <class T>
T normal_cdf(T x) {
  return T(0.5) * (1 + math::erf(x * T(0.7071067811865476)));
}
template <class T>
T normal_pdf(T x) {
  return T(0.3989422804014327) * math::exp(T(-0.5) * x * x);
}

Tensor forward_gelu(Inputs in, const Attrs&, Tensor*) {
  return map([](auto x) { return x * normal_cdf(x); }, in[0]);
}
void back_gelu(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * (normal_cdf(x) + x * normal_pdf(x)); },
                      c.dout(), c.in(0)));
}
constexpr OpInfo kGelu{"gelu",       "x",       "y = x Phi(x)", "dx += dy * (Phi(x) + x phi(x))",
                       forward_gelu, back_gelu, kSaveIn0,       samples::real};

Tensor forward_silu(Inputs in, const Attrs&, Tensor*) {
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
constexpr OpInfo kSilu{"silu",
                       "x",
                       "y = x s(x), s = sigmoid",
                       "dx += dy * s (1 + x (1 - s))",
                       forward_silu,
                       back_silu,
                       kSaveIn0,
                       samples::real};

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

OpFamily activation_ops() {
  static constexpr const OpInfo* kTable[] = {
      &kTanh, &kSigmoid, &kLogSigmoid, &kSoftplus, &kRelu, &kLeakyRelu, &kElu, &kGelu, &kSilu};
  return kTable;
}

}  // namespace tapestry
