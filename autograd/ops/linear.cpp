#include <algorithm>
#include <type_traits>

#include "autograd/backward.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/column_sums.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/activation_functions.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// y = act(x W^T + b), fused: the matrix product onto the bias, and a pass over its result for the
// activation. Shapes: x [B, I], W [O, I], b [O], y [B, O]; leading axes of x count as rows.

namespace tapestry {
namespace {

struct Sizes {
  Sizes(const Tensor& rows, const Tensor& w)
      : B(rows.shape().size(0, rows.rank() - 1)), I(w.dim(1)), O(w.dim(0)) {}
  std::int64_t B, I, O;
};

Activation activation_of(const Attrs& a) { return static_cast<Activation>(a.i[0]); }

void expect_fit(Inputs in) {
  const Tensor &x = in[0], &w = in[1];
  check<ShapeError>(w.rank() == 2 && x.rank() >= 1,
                    "needs x [..., I] and a weight [O, I], not {} and {}", x.shape(), w.shape());
  if (x.dim(-1) != w.dim(1)) {
    throw ShapeError(fmt::format("inner sizes differ, x {} with weight {} ({} against {})",
                                 x.shape(), w.shape(), x.dim(-1), w.dim(1)),
                     x.dim(-1) == w.dim(0) ? "weights are stored [out,in]"
                                           : "the last axis of x must be the weight's second");
  }
  if (in.size() == 3 && in[2].shape() != Shape{w.dim(0)}) {
    throw ShapeError(fmt::format("the bias has the shape {}, the weight {} needs [{}]",
                                 in[2].shape(), w.shape(), w.dim(0)));
  }
}

// y = the bias in every row.
template <class T>
void repeat(const Sizes& s, const T* bias, T* y) {
  parallel_rows(s.B, s.O, [=, O = s.O](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) std::copy_n(bias, O, y + r * O);
  });
}

// y = act(y)
template <class T>
void activate(Activation activation, std::int64_t size, T* y) {
  if (activation == Activation::none) return;
  with_activation(activation, [=]<class Act>(Act) {
    parallel_pieces(size, kGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) y[i] = Act::value(y[i]);
    });
  });
}

// ds = dy * act'(y), and db += column sums of ds, in one pass; without an activation ds is dy and only
// summed. Threads take columns, so the order of every sum is fixed.
template <class Act, class T>
void multiply_and_sum(const Sizes& s, const T* dy, const T* y, T* ds, T* db) {
  parallel_pieces(s.O, std::max<std::int64_t>(64, kGrain / std::max<std::int64_t>(s.B, 1)),
                  [=, B = s.B, O = s.O](std::int64_t begin, std::int64_t end) {
                    add_column_sums(B, begin, end, db, [=](std::int64_t r, std::int64_t j) {
                      const std::int64_t at = r * O + j;
                      const T d = dy[at] * Act::slope(y[at]);
                      if constexpr (!std::is_same_v<Act, IdentityFunction>) ds[at] = d;
                      return d;
                    });
                  });
}

// Returns ds and adds to the gradient of the bias.
template <class T>
Tensor slopes_and_bias_gradient(BackwardCtx& c, const Sizes& s) {
  const Tensor& dy = c.dout();
  const GradTarget bias = c.target(2);
  T* db = bias.grad.mutate<T>().data();
  if (bias.fresh) std::fill_n(db, s.O, T(0));
  Tensor ds = dy;
  with_activation(activation_of(c.attrs()), [&]<class Act>(Act) {
    T* slopes = nullptr;
    if constexpr (!std::is_same_v<Act, IdentityFunction>) {
      ds = Tensor::empty(dy.shape(), dy.dtype());
      slopes = ds.mutate<T>().data();
    }
    multiply_and_sum<Act>(s, dy.view<T>().data(), c.out().template view<T>().data(), slopes, db);
  });
  return ds;
}

template <class T>
void add_weight_gradient(BackwardCtx& c, const Sizes& s, const Tensor& ds) {  // dW += ds^T x
  const GradTarget dw = c.target(1);
  gemm(true, false, s.O, s.I, s.B, T(1), ds.view<T>().data(), s.O, c.in(0).view<T>().data(), s.I,
       T(dw.fresh ? 0 : 1), dw.grad.mutate<T>().data(), s.I);
}

template <class T>
void add_input_gradient(BackwardCtx& c, const Sizes& s, const Tensor& ds) {  // dx += ds W
  const GradTarget dx = c.target(0);
  gemm(false, false, s.B, s.I, s.O, T(1), ds.view<T>().data(), s.O, c.in(1).view<T>().data(), s.I,
       T(dx.fresh ? 0 : 1), dx.grad.mutate<T>().data(), s.I);
}

// inputs: x, weight, and perhaps bias; attrs: i[0] = Activation
Tensor forward_linear(Inputs in, const Attrs& a) {
  expect_fit(in);
  const Tensor &x = in[0], &w = in[1];
  const bool biased = in.size() == 3;
  const Sizes s(x, w);
  Tensor y = Tensor::empty(x.shape().with(-1, s.O), x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    T* out = y.mutate<T>().data();
    // BLAS would clear y and then add to it: with the bias there instead, its addition is free.
    if (biased) repeat(s, in[2].view<T>().data(), out);
    gemm(false, true, s.B, s.O, s.I, T(1), x.view<T>().data(), s.I, w.view<T>().data(), s.I,
         T(biased ? 1 : 0), out, s.O);
    activate(activation_of(a), s.B * s.O, out);
  });
  return y;
}
void back_linear(BackwardCtx& c) {
  const Sizes s(c.dout(), c.in(1));
  dispatch(c.dout().dtype(), [&]<class T>(T) {
    const Tensor ds = c.arity() == 3 ? slopes_and_bias_gradient<T>(c, s) : c.dout();
    if (c.wants(1)) add_weight_gradient<T>(c, s, ds);
    if (c.wants(0)) add_input_gradient<T>(c, s, ds);
  });
}

std::vector<TestInput> test_inputs_linear() {
  std::vector<TestInput> inputs;
  const auto v = test_inputs::values;
  for (const std::int64_t act : {0, 1, 2, 3, 4}) {
    inputs.push_back({{v({3, 4}, -2, 2, 1), v({5, 4}, -1, 1, 2), v({5}, -1, 1, 3)}, {.i = {act}}});
  }
  inputs.push_back({{v({3, 4}, -2, 2, 1), v({5, 4}, -1, 1, 2)}, {}});
  inputs.push_back({{v({2, 3, 4}, -2, 2, 1), v({1, 4}, -1, 1, 2), v({1}, -1, 1, 3)}, {.i = {2}}});
  inputs.push_back({{v({4}, -2, 2, 1), v({2, 4}, -1, 1, 2), v({2}, -1, 1, 3)}, {}});
  inputs.push_back({{v({0, 4}, -2, 2, 1), v({2, 4}, -1, 1, 2), v({2}, -1, 1, 3)}, {.i = {1}}});
  return inputs;
}
constexpr OpInfo kLinear{
    .name = "linear",
    .args = "x, weight, bias",
    .formula = "y = act(s), s = x W^T + b",
    .gradient = "ds = dy * act', dx += ds W, dW += ds^T x, db += sum of ds over rows",
    .forward = forward_linear,
    .backward = back_linear,
    .saves = kSaveIn0 | kSaveIn1 | kSaveOutput,
    .test_inputs = test_inputs_linear,
    .attributes = "activation:a0",
};

}  // namespace

Tensor linear(Arg x, Arg weight, Arg bias, Activation activation) {
  return apply(kLinear, {x, weight, bias}, {.i = {static_cast<std::int64_t>(activation)}});
}
Tensor linear(Arg x, Arg weight) { return apply(kLinear, {x, weight}); }

OpFamily linear_ops() {
  static constexpr const OpInfo* kTable[] = {&kLinear};
  return kTable;
}

}  // namespace tapestry
