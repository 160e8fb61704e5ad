#include "autograd/kernels/reduce.hpp"

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/samples.hpp"

// Ops that fold axes. attrs of the reductions: i[0] = mask of reduced axes, i[1] = keepdims.
// The gradient of a reduction is first given its axes back (with size 1), then broadcast.

namespace tapestry {
namespace {

std::uint32_t mask_of(const Attrs& a) { return static_cast<std::uint32_t>(a.i[0]); }

// t, whose axes were reduced, in the shape that has them with size 1.
Tensor with_axes(const Tensor& t, const BackwardCtx& c) {
  return t.with_shape(reduced_shape(c.in(0).shape(), mask_of(c.attrs()), true));
}

std::vector<Sample> reduce_samples() {
  std::vector<Sample> samples;
  const auto add = [&](const Shape& shape, std::int64_t mask, std::int64_t keepdims) {
    samples.push_back({{samples::values(shape)}, {.i = {mask, keepdims}}});
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
  return samples;
}
std::vector<Sample> reduce_samples_with_empty() {
  std::vector<Sample> samples = reduce_samples();
  samples.push_back({{samples::values({0})}, {.i = {1, 0}}});
  samples.push_back({{samples::values({2, 0})}, {.i = {2, 1}}});
  samples.push_back({{samples::values({0, 3})}, {.i = {2, 0}}});
  return samples;
}

Tensor forward_sum(Inputs in, const Attrs& a, Tensor*) {
  return sum_axes(in[0], mask_of(a), a.i[1]);
}
void back_sum(BackwardCtx& c) { c.accumulate(0, expand(with_axes(c.dout(), c), c.in(0).shape())); }
constexpr OpInfo kSum{"sum",       "x",      "y = sum x",  "dx += dy, repeated",
                      forward_sum, back_sum, kSaveNothing, reduce_samples_with_empty};

// 1 / (number of elements that are averaged)
double share(const Shape& shape, std::uint32_t mask) {
  const auto kept = static_cast<double>(reduced_shape(shape, mask, true).size());
  return kept / static_cast<double>(shape.size());
}
Tensor forward_mean(Inputs in, const Attrs& a, Tensor*) {
  const double s = share(in[0].shape(), mask_of(a));
  return map([s]<class T>(T x) { return x * T(s); }, sum_axes(in[0], mask_of(a), a.i[1]));
}
void back_mean(BackwardCtx& c) {
  const double s = share(c.in(0).shape(), mask_of(c.attrs()));
  const Tensor d = map([s]<class T>(T dy) { return dy * T(s); }, with_axes(c.dout(), c));
  c.accumulate(0, expand(d, c.in(0).shape()));
}
constexpr OpInfo kMean{"mean",       "x",       "y = (1/n) sum x", "dx += dy / n, repeated",
                       forward_mean, back_mean, kSaveNothing,      reduce_samples};

Tensor forward_max(Inputs in, const Attrs& a, Tensor*) {
  check<ShapeError>(in[0].size() > 0 || reduced_shape(in[0].shape(), mask_of(a), true).size() == 0,
                    "the maximum of no elements, shape {}", in[0].shape());
  return max_axes(in[0], mask_of(a), a.i[1]);
}
void back_max(BackwardCtx& c) {
  const Tensor hit = map_broadcast([]<class T>(T x, T y) { return x == y ? T(1) : T(0); }, c.in(0),
                                   with_axes(c.out(), c));
  const Tensor each = map([](auto dy, auto n) { return dy / n; }, with_axes(c.dout(), c),
                          sum_axes(hit, mask_of(c.attrs()), true));
  c.accumulate(0, map_broadcast([](auto h, auto d) { return h * d; }, hit, each));
}
constexpr OpInfo kMax{"max",
                      "x",
                      "y = max x",
                      "dx += dy where x = y, shared by equals",
                      forward_max,
                      back_max,
                      kSaveIn0 | kSaveOutput,
                      reduce_samples};

Tensor forward_logsumexp(Inputs in, const Attrs& a, Tensor*) {
  return logsumexp_axes(in[0], mask_of(a), a.i[1]);
}
void back_logsumexp(BackwardCtx& c) {
  // Weights exp(x - y) are a softmax; when every x is -inf there is no direction, and they are 0.
  const Tensor weight =
      map_broadcast([]<class T>(T x, T y) { return y == -INFINITY ? T(0) : math::exp(x - y); },
                    c.in(0), with_axes(c.out(), c));
  c.accumulate(
      0, map_broadcast([](auto w, auto dy) { return w * dy; }, weight, with_axes(c.dout(), c)));
}
constexpr OpInfo kLogsumexp{"logsumexp",
                            "x",
                            "y = ln sum exp(x)",
                            "dx += dy * exp(x - y)",
                            forward_logsumexp,
                            back_logsumexp,
                            kSaveIn0 | kSaveOutput,
                            reduce_samples};

// Ops along one axis. attrs: i[0] = axis.
std::uint32_t axis_mask(const Attrs& a) { return 1u << a.i[0]; }

std::vector<Sample> axis_samples() {
  std::vector<Sample> samples;
  samples.push_back({{samples::values({5})}, {.i = {0}}});
  for (const std::int64_t axis : {0, 1, 2})
    samples.push_back({{samples::values({3, 4, 2})}, {.i = {axis}}});
  samples.push_back({{samples::values({2, 1, 3})}, {.i = {1}}});
  samples.push_back({{samples::values({0, 3})}, {.i = {1}}});
  return samples;
}

// x minus its maximum. ln sum exp(x) itself would be rounded at the size of x, and a softmax of
// logits near 1000 would miss 1 by 1e-5 in f32.
Tensor below_maximum(const Tensor& x, const Attrs& a) {
  return map_broadcast([](auto v, auto m) { return v - m; }, x, max_axes(x, axis_mask(a), true));
}

Tensor forward_softmax(Inputs in, const Attrs& a, Tensor*) {
  const Tensor e = map([](auto v) { return math::exp(v); }, below_maximum(in[0], a));
  return map_broadcast([](auto v, auto s) { return v / s; }, e, sum_axes(e, axis_mask(a), true));
}
void back_softmax(BackwardCtx& c) {
  const Tensor dy_y = map([](auto dy, auto y) { return dy * y; }, c.dout(), c.out());
  const Tensor mean_dy = sum_axes(dy_y, axis_mask(c.attrs()), true);
  const Tensor centred = map_broadcast([](auto dy, auto m) { return dy - m; }, c.dout(), mean_dy);
  c.accumulate(0, map([](auto d, auto y) { return d * y; }, centred, c.out()));
}
constexpr OpInfo kSoftmax{
    "softmax",
    "x",
    "y = exp(x) / sum exp(x)",
    "dx += y (dy - sum dy y)",
    forward_softmax,
    back_softmax,
    kSaveOutput,
    axis_samples,
    "inf - inf is NaN: the logits of a row must not all be -inf, and none may be +inf"};

Tensor forward_log_softmax(Inputs in, const Attrs& a, Tensor*) {
  const Tensor shifted = below_maximum(in[0], a);
  return map_broadcast([](auto v, auto l) { return v - l; }, shifted,
                       logsumexp_axes(shifted, axis_mask(a), true));
}
void back_log_softmax(BackwardCtx& c) {
  const Tensor total = sum_axes(c.dout(), axis_mask(c.attrs()), true);
  const Tensor pulled =
      map_broadcast([](auto y, auto s) { return math::exp(y) * s; }, c.out(), total);
  c.accumulate(0, map([](auto dy, auto p) { return dy - p; }, c.dout(), pulled));
}
constexpr OpInfo kLogSoftmax{
    "log_softmax",
    "x",
    "y = x - ln sum exp(x)",
    "dx += dy - exp(y) sum dy",
    forward_log_softmax,
    back_log_softmax,
    kSaveOutput,
    axis_samples,
    "inf - inf is NaN: the logits of a row must not all be -inf, and none may be +inf"};

// Running sums along the middle axis of [outer, n, inner], forwards or backwards.
Tensor running_sum(const Tensor& x, int axis, bool reverse) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  const std::int64_t outer = x.shape().size(0, axis), n = x.dim(axis),
                     inner = x.shape().size(axis + 1, x.rank());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T* in = x.view<T>().data();
    T* out = y.mutate<T>().data();
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t step = 0; step < n; ++step) {
        const std::int64_t k = reverse ? n - 1 - step : step, before = reverse ? k + 1 : k - 1;
        for (std::int64_t j = 0; j < inner; ++j) {
          const T sum = step ? out[(o * n + before) * inner + j] : T(0);
          out[(o * n + k) * inner + j] = sum + in[(o * n + k) * inner + j];
        }
      }
    }
  });
  return y;
}
Tensor forward_cumsum(Inputs in, const Attrs& a, Tensor*) {
  return running_sum(in[0], static_cast<int>(a.i[0]), false);
}
void back_cumsum(BackwardCtx& c) {
  c.accumulate(0, running_sum(c.dout(), static_cast<int>(c.attrs().i[0]), true));
}
constexpr OpInfo kCumsum{"cumsum",
                         "x",
                         "y_k = sum of x_j, j <= k",
                         "dx_j += sum of dy_k, k >= j",
                         forward_cumsum,
                         back_cumsum,
                         kSaveNothing,
                         axis_samples};

Tensor apply_reduction(const OpInfo& op, const Arg& x, const Axes& axes, bool keepdims) {
  return apply(op, {x}, {.i = {axes.mask(x.shape().rank()), keepdims}});
}
Tensor apply_along(const OpInfo& op, const Arg& x, int axis) {
  return apply(op, {x}, {.i = {normalize_axis(axis, x.shape().rank())}});
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
  axis = normalize_axis(axis, value.rank());
  const std::int64_t outer = value.shape().size(0, axis), n = value.dim(axis),
                     inner = value.shape().size(axis + 1, value.rank());
  check<ShapeError>(n > 0, "argmax: no elements along axis {} of {}", axis, value.shape());
  Tensor y = Tensor::empty(value.shape().without(axis), DType::i32);
  dispatch(value.dtype(), [&]<class T>(T) {
    const auto in = value.view<T>();
    auto out = y.mutate<std::int32_t>();
    for (std::int64_t i = 0; i < outer * inner; ++i) {
      const std::int64_t base = i / inner * n * inner + i % inner;
      std::int64_t best = 0;
      for (std::int64_t k = 1; k < n; ++k) {
        if (in[static_cast<std::size_t>(base + k * inner)] >
            in[static_cast<std::size_t>(base + best * inner)])
          best = k;
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
