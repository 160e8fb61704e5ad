#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/samples.hpp"

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

// inputs: x, index; attrs: i[0] = axis
Tensor forward_gather(Inputs in, const Attrs& a, Tensor*) {
  const Tensor &x = in[0], &index = in[1];
  const int axis = static_cast<int>(a.i[0]);
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
  Tensor dx = zeros(c.in(0).shape(), c.dout().dtype());
  dispatch(dx.dtype(), [&]<class T>(T) {
    const T* from = c.dout().view<T>().data();
    T* to = dx.mutate<T>().data();
    for_gathered(dx.shape(), c.in(1), static_cast<int>(c.attrs().i[0]),
                 [=](std::int64_t i, std::int64_t at) { to[at] += from[i]; });
  });
  c.accumulate(0, std::move(dx));
}
Tensor index_of(std::initializer_list<std::int32_t> values, const Shape& shape) {
  return index_tensor(std::span(values.begin(), values.size()), shape);
}
std::vector<Sample> gather_samples() {
  return {{{samples::values({4, 5}), index_of({0, 1, 4, 3}, {4, 1})}, {.i = {1}}},
          {{samples::values({3, 2}), index_of({0, 0, 2, 2, 2, 1}, {3, 2})}, {.i = {0}}},
          {{samples::values({4}), index_of({}, {0})}, {.i = {0}}}};
}
constexpr OpInfo kGather{"gather",
                         "x, index",
                         "y = x at the index along an axis",
                         "dx at the index += dy",
                         forward_gather,
                         back_gather,
                         kSaveIn1,
                         gather_samples};

// inputs: x [N, ...], index of any shape
Tensor forward_take_rows(Inputs in, const Attrs&, Tensor*) {
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
void back_take_rows(BackwardCtx& c) {
  Tensor dx = zeros(c.in(0).shape(), c.dout().dtype());
  const std::int64_t width = dx.shape().size(1, dx.rank());
  dispatch(dx.dtype(), [&]<class T>(T) {
    const T* from = c.dout().view<T>().data();
    T* to = dx.mutate<T>().data();
    for (const std::int32_t k : c.in(1).view<std::int32_t>()) {
      for (std::int64_t j = 0; j < width; ++j) to[k * width + j] += *from++;
    }
  });
  c.accumulate(0, std::move(dx));
}
std::vector<Sample> take_rows_samples() {
  return {{{samples::values({4, 3}), index_of({2, 0, 2}, {3})}, {}},
          {{samples::values({4}), index_of({1, 3, 3, 0}, {2, 2})}, {}},
          {{samples::values({2, 2, 2}), index_of({1}, {1})}, {}},
          {{samples::values({2, 3}), index_of({}, {0})}, {}}};
}
constexpr OpInfo kTakeRows{
    "take_rows",       "x, index",     "y_k = x[index_k]", "dx[index_k] += dy_k",
    forward_take_rows, back_take_rows, kSaveIn1,           take_rows_samples};

}  // namespace

Tensor gather(Arg x, int axis, const Tensor& index) {
  return apply(kGather, {x, Arg(index, x.loc)}, {.i = {normalize_axis(axis, x.shape().rank())}});
}
Tensor take_rows(Arg x, const Tensor& index) { return apply(kTakeRows, {x, Arg(index, x.loc)}); }

OpFamily indexing_ops() {
  static constexpr const OpInfo* kTable[] = {&kGather, &kTakeRows};
  return kTable;
}

}  // namespace tapestry
