#include <algorithm>

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/operands.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// Reading elements by number. The gradient scatters: an element that was read twice gets both
// parts.

namespace tapestry {
namespace {

void check_index(const Tensor& index, std::int64_t n) {
  check<DTypeError>(index.dtype() == DType::i32, "the index is {}, not i32", name(index.dtype()));
  for (const std::int32_t k : index.view<std::int32_t>()) {
    check<ShapeError>(k >= 0 && k < n, "index {} of an axis with {} elements", k, n);
  }
}

// Calls fn(position in index, position in x) for every element of an index that runs along `axis`.
template <class Fn>
void for_gathered(const Shape& x, const Tensor& index, int axis, Fn&& fn) {
  const auto k = index.view<std::int32_t>();
  const std::int64_t m = index.dim(axis), n = x[axis], inner = x.size(axis + 1, x.rank());
  for (std::int64_t i = 0; i < index.size(); ++i) {
    const std::int64_t outer = i / (m * inner), j = i % inner;
    fn(i, (outer * n + k[static_cast<std::size_t>(i)]) * inner + j);
  }
}

/// The gradient of x: zeros, to which add(dy, dx) adds. Where an element is read more than a few times,
/// the parts are added up in double, as in column_sums.hpp.
template <class Add>
Tensor scatter(const Tensor& x, const Tensor& dy, std::int64_t most_reads, Add add) {
  constexpr std::int64_t kFew = 16;
  Tensor dx = zeros(x.shape(), most_reads > kFew ? DType::f64 : dy.dtype());
  dispatch(dy.dtype(), [&]<class T>(T) {
    const T* from = dy.view<T>().data();
    if (dx.dtype() == DType::f64) {
      add(from, dx.mutate<double>().data());
    } else {
      add(from, dx.mutate<T>().data());
    }
  });
  return dx.to(dy.dtype());
}

// attrs: i[0] = axis
int axis_of(const Attrs& a) { return static_cast<int>(a.i[0]); }

// inputs: x, index
Tensor forward_gather(Inputs in, const Attrs& a) {
  const Tensor &x = in[0], &index = in[1];
  const int axis = axis_of(a);
  check<ShapeError>(
      x.rank() == index.rank() && x.shape().with(axis, 1) == index.shape().with(axis, 1),
      "the index {} must have the shape of x {} except in axis {}", index.shape(), x.shape(), axis);
  check_index(index, x.dim(axis));
  Tensor y = Tensor::empty(index.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T* from = x.view<T>().data();
    T* to = y.mutate<T>().data();
    for_gathered(x.shape(), index, axis,
                 [=](std::int64_t i, std::int64_t at) { to[i] = from[at]; });
  });
  return y;
}
void back_gather(BackwardCtx& c) {
  const Tensor &x = c.in(0), &index = c.in(1);
  const int axis = axis_of(c.attrs());
  const auto add = [&]<class Sum>(const auto* from, Sum* to) {
    for_gathered(x.shape(), index, axis,
                 [=](std::int64_t i, std::int64_t at) { to[at] += static_cast<Sum>(from[i]); });
  };
  c.accumulate(0, scatter(x, c.dout(), index.dim(axis), add));
}
Tensor index_of(std::initializer_list<std::int32_t> values, const Shape& shape) {
  return index_tensor(std::span(values.begin(), values.size()), shape);
}
std::vector<TestInput> test_inputs_gather() {
  return {{{test_inputs::values({4, 5}), index_of({0, 1, 4, 3}, {4, 1})}, {.i = {1}}},
          {{test_inputs::values({3, 2}), index_of({0, 0, 2, 2, 2, 1}, {3, 2})}, {.i = {0}}},
          {{test_inputs::values({4}), index_of({}, {0})}, {.i = {0}}}};
}
constexpr OpInfo kGather{
    .name = "gather",
    .args = "x, index",
    .formula = "y = x at the index along an axis",
    .gradient = "dx at the index += dy",
    .forward = forward_gather,
    .backward = back_gather,
    .saves = kSaveIn1,
    .test_inputs = test_inputs_gather,
    .attributes = "axis:i0",
};

// inputs: x [N, ...], index of any shape
Tensor forward_take_rows(Inputs in) {
  const Tensor &x = in[0], &index = in[1];
  check_index(index, x.dim(0));
  Shape shape = x.shape().sub(1, x.rank());
  for (int axis = index.rank() - 1; axis >= 0; --axis) shape = shape.inserted(0, index.dim(axis));
  Tensor y = Tensor::empty(shape, x.dtype());
  const std::int64_t width = x.shape().size(1, x.rank());
  dispatch(x.dtype(), [&]<class T>(T) {
    T* to = y.mutate<T>().data();
    for (const std::int32_t k : index.view<std::int32_t>())
      to = std::copy_n(x.view<T>().data() + k * width, width, to);
  });
  return y;
}
/// The number of times that the most frequent row number occurs in the index.
std::int64_t most_reads(const Tensor& index, std::int64_t rows) {
  Tensor counts = zeros({rows}, DType::i32);
  const auto count = counts.mutate<std::int32_t>();
  std::int32_t most = 0;
  for (const std::int32_t k : index.view<std::int32_t>())
    most = std::max(most, ++count[static_cast<std::size_t>(k)]);
  return most;
}
void back_take_rows(BackwardCtx& c) {
  const Tensor &x = c.in(0), &index = c.in(1);
  const std::int64_t width = x.shape().size(1, x.rank());
  const auto add = [&]<class Sum>(const auto* from, Sum* to) {
    for (const std::int32_t k : index.view<std::int32_t>()) {
      for (std::int64_t j = 0; j < width; ++j) to[k * width + j] += static_cast<Sum>(*from++);
    }
  };
  c.accumulate(0, scatter(x, c.dout(), most_reads(index, x.dim(0)), add));
}
std::vector<TestInput> test_inputs_take_rows() {
  return {{{test_inputs::values({4, 3}), index_of({2, 0, 2}, {3})}, {}},
          {{test_inputs::values({4}), index_of({1, 3, 3, 0}, {2, 2})}, {}},
          {{test_inputs::values({2, 2, 2}), index_of({1}, {1})}, {}},
          {{test_inputs::values({2, 3}), index_of({}, {0})}, {}}};
}
constexpr OpInfo kTakeRows{
    .name = "take_rows",
    .args = "x, index",
    .formula = "y_k = x[index_k]",
    .gradient = "dx[index_k] += dy_k",
    .forward = forward_take_rows,
    .backward = back_take_rows,
    .saves = kSaveIn1,
    .test_inputs = test_inputs_take_rows,
};

}  // namespace

Tensor gather(Arg x, int axis, const Tensor& index) {
  return apply(kGather, {x, Arg(index, x.loc)},
               {.i = {checked_axis(kGather, x, axis, x.shape().rank())}});
}
Tensor take_rows(Arg x, const Tensor& index) { return apply(kTakeRows, {x, Arg(index, x.loc)}); }

OpFamily indexing_ops() {
  static constexpr const OpInfo* kTable[] = {&kGather, &kTakeRows};
  return kTable;
}

}  // namespace tapestry
