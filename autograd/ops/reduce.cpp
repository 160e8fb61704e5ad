#include "autograd/kernels/reduce.hpp"

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/operands.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// Ops that fold axes. attrs of the reductions: i[0] = mask of reduced axes, i[1] = keepdims.
// The gradient of a reduction gets the reduced axes back with size 1 and is then broadcast.

namespace tapestry {
namespace {

std::uint32_t mask_of(const Attrs& a) { return static_cast<std::uint32_t>(a.i[0]); }
bool keeps_dims(const Attrs& a) { return a.i[1] != 0; }

// t, whose axes were reduced, in the shape that has them with size 1.
Tensor with_axes(const Tensor& t, const BackwardCtx& c) {
  return t.with_shape(reduced_shape(c.in(0).shape(), mask_of(c.attrs()), true));
}

std::vector<TestInput> test_inputs_reduce() {
  std::vector<TestInput> inputs;
  const auto add = [&](const Shape& shape, std::int64_t mask, std::int64_t keepdims) {
    inputs.push_back({{test_inputs::values(shape)}, {.i = {mask, keepdims}}});
  };
  for (const std::int64_t keepdims : {0, 1}) {
    add({}, 0, keepdims);
    add({5}, 1, keepdims);
    add({3, 4}, 1, keepdims);
    add({3, 4}, 2, keepdims);
    add({3, 4}, 3, keepdims);
    add({2, 3, 4}, 2, keepdims);
    add({2, 3, 4}, 5, keepdims);
    add({2, 1, 3, 2}, 10, keepdims);
    add({0, 3}, 2, keepdims);
  }
  return inputs;
}
std::vector<TestInput> test_inputs_reduce_with_empty() {
  std::vector<TestInput> inputs = test_inputs_reduce();
  inputs.push_back({{test_inputs::values({0})}, {.i = {1, 0}}});
  inputs.push_back({{test_inputs::values({2, 0})}, {.i = {2, 1}}});
  inputs.push_back({{test_inputs::values({0, 3})}, {.i = {2, 0}}});
  return inputs;
}

Tensor forward_sum(Inputs in, const Attrs& a) { return sum_axes(in[0], mask_of(a), keeps_dims(a)); }
void back_sum(BackwardCtx& c) { c.accumulate(0, expand(with_axes(c.dout(), c), c.in(0).shape())); }
constexpr OpInfo kSum{
    .name = "sum",
    .args = "x",
    .formula = "y = sum x",
    .gradient = "dx += dy, repeated",
    .forward = forward_sum,
    .backward = back_sum,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_reduce_with_empty,
    .attributes = "axes:m0 keepdims:b1",
};

// 1 / (number of elements that are averaged)
double share(const Shape& shape, std::uint32_t mask) {
  const auto kept = static_cast<double>(reduced_shape(shape, mask, true).size());
  return kept / static_cast<double>(shape.size());
}
Tensor forward_mean(Inputs in, const Attrs& a) {
  const double s = share(in[0].shape(), mask_of(a));
  return map([s]<class T>(T x) { return x * T(s); }, sum_axes(in[0], mask_of(a), keeps_dims(a)));
}
void back_mean(BackwardCtx& c) {
  const double s = share(c.in(0).shape(), mask_of(c.attrs()));
  const Tensor d = map([s]<class T>(T dy) { return dy * T(s); }, with_axes(c.dout(), c));
  c.accumulate(0, expand(d, c.in(0).shape()));
}
constexpr OpInfo kMean{
    .name = "mean",
    .args = "x",
    .formula = "y = (1/n) sum x",
    .gradient = "dx += dy / n, repeated",
    .forward = forward_mean,
    .backward = back_mean,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_reduce,
    .attributes = "axes:m0 n:n0 keepdims:b1",
};

Tensor forward_max(Inputs in, const Attrs& a) {
  check<ShapeError>(in[0].size() > 0 || reduced_shape(in[0].shape(), mask_of(a), true).size() == 0,
                    "the maximum of no elements, shape {}", in[0].shape());
  return max_axes(in[0], mask_of(a), keeps_dims(a));
}
void back_max(BackwardCtx& c) {
  const Tensor hit = map_broadcast([]<class T>(T x, T y) { return x == y ? T(1) : T(0); }, c.in(0),
                                   with_axes(c.out(), c));
  const Tensor each = map([](auto dy, auto n) { return dy / n; }, with_axes(c.dout(), c),
                          sum_axes(hit, mask_of(c.attrs()), true));
  c.accumulate(0, map_broadcast([](auto h, auto d) { return h * d; }, hit, each));
}
constexpr OpInfo kMax{
    .name = "max",
    .args = "x",
    .formula = "y = max x",
    .gradient = "dx += dy where x = y, shared by equals",
    .forward = forward_max,
    .backward = back_max,
    .saves = kSaveIn0 | kSaveOutput,
    .test_inputs = test_inputs_reduce,
    .attributes = "axes:m0 keepdims:b1",
};

Tensor forward_logsumexp(Inputs in, const Attrs& a) {
  return logsumexp_axes(in[0], mask_of(a), keeps_dims(a));
}
void back_logsumexp(BackwardCtx& c) {
  // Weights exp(x - y) are a softmax; when every x is -inf there is no direction, and they are 0.
  const Tensor weight =
      map_broadcast([]<class T>(T x, T y) { return y == -INFINITY ? T(0) : math::exp(x - y); },
                    c.in(0), with_axes(c.out(), c));
  c.accumulate(
      0, map_broadcast([](auto w, auto dy) { return w * dy; }, weight, with_axes(c.dout(), c)));
}
constexpr OpInfo kLogsumexp{
    .name = "logsumexp",
    .args = "x",
    .formula = "y = ln sum exp(x)",
    .gradient = "dx += dy * exp(x - y)",
    .forward = forward_logsumexp,
    .backward = back_logsumexp,
    .saves = kSaveIn0 | kSaveOutput,
    .test_inputs = test_inputs_reduce,
    .attributes = "axes:m0 keepdims:b1",
};

// Ops along one axis. attrs: i[0] = axis.
int axis_of(const Attrs& a) { return static_cast<int>(a.i[0]); }
std::uint32_t axis_mask(const Attrs& a) { return 1u << axis_of(a); }

std::vector<TestInput> test_inputs_axis() {
  std::vector<TestInput> inputs;
  inputs.push_back({{test_inputs::values({5})}, {.i = {0}}});
  for (const std::int64_t axis : {0, 1, 2})
    inputs.push_back({{test_inputs::values({3, 4, 2})}, {.i = {axis}}});
  inputs.push_back({{test_inputs::values({2, 1, 3})}, {.i = {1}}});
  inputs.push_back({{test_inputs::values({0, 3})}, {.i = {1}}});
  return inputs;
}

// x minus its maximum. ln sum exp(x) itself would be rounded at the size of x, and a softmax of
// logits near 1000 would miss 1 by 1e-5 in f32.
Tensor below_maximum(const Tensor& x, const Attrs& a) {
  return map_broadcast([](auto v, auto m) { return v - m; }, x, max_axes(x, axis_mask(a), true));
}

Tensor forward_softmax(Inputs in, const Attrs& a) {
  const Tensor e = map([](auto v) { return math::exp_of_negative(v); }, below_maximum(in[0], a));
  return map_broadcast([](auto v, auto s) { return v / s; }, e, sum_axes(e, axis_mask(a), true));
}
void back_softmax(BackwardCtx& c) {
  const Tensor dy_y = map([](auto dy, auto y) { return dy * y; }, c.dout(), c.out());
  const Tensor mean_dy = sum_axes(dy_y, axis_mask(c.attrs()), true);
  const Tensor centred = map_broadcast([](auto dy, auto m) { return dy - m; }, c.dout(), mean_dy);
  c.accumulate(0, map([](auto d, auto y) { return d * y; }, centred, c.out()));
}
constexpr OpInfo kSoftmax{
    .name = "softmax",
    .args = "x",
    .formula = "y = exp(x) / sum exp(x)",
    .gradient = "dx += y (dy - sum dy y)",
    .forward = forward_softmax,
    .backward = back_softmax,
    .saves = kSaveOutput,
    .test_inputs = test_inputs_axis,
    .hint = "inf - inf is NaN: the logits of a row must not all be -inf, and none may be +inf",
    .attributes = "axis:i0",
};

Tensor forward_log_softmax(Inputs in, const Attrs& a) {
  const Tensor shifted = below_maximum(in[0], a);
  return map_broadcast([](auto v, auto l) { return v - l; }, shifted,
                       logsumexp_axes(shifted, axis_mask(a), true));
}
void back_log_softmax(BackwardCtx& c) {
  const Tensor total = sum_axes(c.dout(), axis_mask(c.attrs()), true);
  const Tensor pulled =
      map_broadcast([](auto y, auto s) { return math::exp_of_negative(y) * s; }, c.out(), total);
  c.accumulate(0, map([](auto dy, auto p) { return dy - p; }, c.dout(), pulled));
}
constexpr OpInfo kLogSoftmax{
    .name = "log_softmax",
    .args = "x",
    .formula = "y = x - ln sum exp(x)",
    .gradient = "dx += dy - exp(y) sum dy",
    .forward = forward_log_softmax,
    .backward = back_log_softmax,
    .saves = kSaveOutput,
    .test_inputs = test_inputs_axis,
    .hint = "inf - inf is NaN: the logits of a row must not all be -inf, and none may be +inf",
    .attributes = "axis:i0",
};

// Running sums along the middle axis of [outer, n, inner], forwards or backwards, carried in double.
Tensor running_sum(const Tensor& x, int axis, bool reverse) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  const std::int64_t outer = x.shape().size(0, axis), n = x.dim(axis),
                     inner = x.shape().size(axis + 1, x.rank());
  Tensor sums = Tensor::empty({inner}, DType::f64);
  double* sum = sums.mutate<double>().data();
  dispatch(x.dtype(), [&]<class T>(T) {
    const T* in = x.view<T>().data();
    T* out = y.mutate<T>().data();
    for (std::int64_t o = 0; o < outer; ++o) {
      std::fill_n(sum, inner, 0.0);
      for (std::int64_t step = 0; step < n; ++step) {
        const std::int64_t k = reverse ? n - 1 - step : step, row = (o * n + k) * inner;
        for (std::int64_t j = 0; j < inner; ++j) {
          sum[j] += static_cast<double>(in[row + j]);
          out[row + j] = static_cast<T>(sum[j]);
        }
      }
    }
  });
  return y;
}
Tensor forward_cumsum(Inputs in, const Attrs& a) { return running_sum(in[0], axis_of(a), false); }
void back_cumsum(BackwardCtx& c) {
  c.accumulate(0, running_sum(c.dout(), axis_of(c.attrs()), true));
}
constexpr OpInfo kCumsum{
    .name = "cumsum",
    .args = "x",
    .formula = "y_k = sum of x_j, j <= k",
    .gradient = "dx_j += sum of dy_k, k >= j",
    .forward = forward_cumsum,
    .backward = back_cumsum,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_axis,
    .attributes = "axis:i0",
};

/// Never recorded: a row for its messages alone.
constexpr OpInfo kArgmax{
    .name = "argmax",
    .args = "x",
};

Tensor apply_reduction(const OpInfo& op, const Arg& x, const Axes& axes, bool keepdims) {
  const std::int64_t mask =
      in_context(op, std::span(&x, 1), [&] { return axes.mask(x.shape().rank()); });
  return apply(op, {x}, {.i = {mask, keepdims}});
}
Tensor apply_along(const OpInfo& op, const Arg& x, int axis) {
  return apply(op, {x}, {.i = {checked_axis(op, x, axis, x.shape().rank())}});
}

}  // namespace

Tensor sum(Arg x, Axes axes, bool keepdims) { return apply_reduction(kSum, x, axes, keepdims); }
Tensor mean(Arg x, Axes axes, bool keepdims) { return apply_reduction(kMean, x, axes, keepdims); }
Tensor max(Arg x, Axes axes, bool keepdims) { return apply_reduction(kMax, x, axes, keepdims); }
Tensor logsumexp(Arg x, Axes axes, bool keepdims) {
  return apply_reduction(kLogsumexp, x, axes, keepdims);
}
Tensor softmax(Arg x, int axis) { return apply_along(kSoftmax, x, axis); }
Tensor log_softmax(Arg x, int axis) { return apply_along(kLogSoftmax, x, axis); }
Tensor cumsum(Arg x, int axis) { return apply_along(kCumsum, x, axis); }

Tensor argmax(Arg x, int axis) {
  const Tensor value = x.value();
  axis = checked_axis(kArgmax, x, axis, value.rank());
  const std::int64_t outer = value.shape().size(0, axis), n = value.dim(axis),
                     inner = value.shape().size(axis + 1, value.rank());
  in_context(kArgmax, std::span(&x, 1), [&] {
    check<ShapeError>(n > 0, "no elements along axis {} of {}", axis, value.shape());
  });
  Tensor y = Tensor::empty(value.shape().without(axis), DType::i32);
  dispatch(value.dtype(), [&]<class T>(T) {
    const auto in = value.view<T>();
    auto out = y.mutate<std::int32_t>();
    for (std::int64_t i = 0; i < outer * inner; ++i) {
      const std::int64_t base = i / inner * n * inner + i % inner;
      const auto at = [&](std::int64_t k) {
        return in[static_cast<std::size_t>(base + k * inner)];
      };
      std::int64_t best = 0;  // the place of the maximum, which is NaN if there is one
      for (std::int64_t k = 1; k < n && at(best) == at(best); ++k) {
        if (!(at(k) <= at(best))) best = k;
      }
      out[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(best);
    }
  });
  return y;
}

OpFamily reduce_ops() {
  static constexpr const OpInfo* kTable[] = {&kSum,     &kMean,       &kMax,   &kLogsumexp,
                                             &kSoftmax, &kLogSoftmax, &kCumsum};
  return kTable;
}

}  // namespace tapestry
