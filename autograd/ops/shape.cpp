#include <fmt/core.h>
#include <cstring>

#include "autograd/address.hpp"
#include "autograd/attributes.hpp"
#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/operands.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// Ops that move values without computing. Every gradient is the inverse move.

namespace tapestry {
namespace {

// attrs of reshape and broadcast_to: see packed_shape.
Attrs pack(const Shape& shape) {
  Attrs a;
  std::copy(shape.begin(), shape.end(), a.i.begin());
  if (shape.rank() < Shape::kMaxRank) {
    a.i.back() = -2 - shape.rank();
  } else {
    check<ShapeError>(shape[-1] >= -1, "{} is no size", shape[-1]);
  }
  return a;
}

Tensor forward_reshape(Inputs in, const Attrs& a) {
  Shape shape = packed_shape(a);
  int unknown = -1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == -1 && unknown < 0) unknown = axis;
  }
  // A second -1, or any other size below 0, is no size.
  const Shape others = unknown >= 0 ? shape.with(unknown, 1) : shape;
  check_sizes(others);
  const std::int64_t known = others.size();
  if (unknown >= 0) shape = shape.with(unknown, known ? in[0].size() / known : 0);
  if (shape.size() != in[0].size()) {
    throw ShapeError(fmt::format("{} elements of {} do not fill {}", in[0].size(), in[0].shape(),
                                 packed_shape(a)));
  }
  return in[0].with_shape(shape);
}
void back_reshape(BackwardCtx& c) { c.accumulate(0, c.dout().with_shape(c.in(0).shape())); }
std::vector<TestInput> test_inputs_reshape() {
  const auto x = [](const Shape& from, const Shape& to) {
    return TestInput{{test_inputs::values(from)}, pack(to)};
  };
  return {x({3, 4}, {2, -1}), x({3, 4}, {12}),   x({}, {1, 1}),
          x({1}, {}),         x({2, 0}, {0, 5}), x({2, 3}, {3, 1, 2})};
}
constexpr OpInfo kReshape{
    .name = "reshape",
    .args = "x",
    .formula = "y = x in another shape",
    .gradient = "dx += dy in x's shape",
    .forward = forward_reshape,
    .backward = back_reshape,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_reshape,
    .attributes = "shape:s",
};

// attrs: axis k of y is axis i[k] of x.
Tensor permute(const Tensor& x, const Attrs& a) {
  const int rank = x.rank();
  Shape shape = x.shape();
  std::array<std::int64_t, Shape::kMaxRank> stride{};  // of x, in y's order of axes
  for (int k = 0; k < rank; ++k) {
    const int from = static_cast<int>(a.i[static_cast<std::size_t>(k)]);
    shape = shape.with(k, x.dim(from));
    stride[static_cast<std::size_t>(k)] = x.shape().size(from + 1, rank);
  }
  Tensor y = Tensor::empty(shape, x.dtype());
  if (y.size() == 0) return y;
  if (rank < 2) return x;
  dispatch(x.dtype(), [&]<class T>(T) {
    const T* in = x.view<T>().data();
    T* out = y.mutate<T>().data();
    const std::int64_t width = shape[-1], step = stride[static_cast<std::size_t>(rank - 1)];
    parallel_rows(y.size() / width, width, [=, &shape](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        std::int64_t rest = row, at = 0;
        for (int k = rank - 2; k >= 0; --k) {
          at += rest % shape[k] * stride[static_cast<std::size_t>(k)];
          rest /= shape[k];
        }
        for (std::int64_t j = 0; j < width; ++j) out[row * width + j] = in[at + j * step];
      }
    });
  });
  return y;
}
ShapeError no_permutation(std::span<const std::int64_t> axes, const Shape& shape) {
  return ShapeError(fmt::format("{} is no permutation of the axes of {}", to_string(axes), shape));
}
Tensor forward_transpose(Inputs in, const Attrs& a) {
  const int rank = in[0].rank();
  std::uint32_t seen = 0;
  for (int k = 0; k < rank; ++k) seen |= 1u << a.i[static_cast<std::size_t>(k)];
  if (seen != (1u << rank) - 1)
    throw no_permutation(std::span(a.i).first(static_cast<std::size_t>(rank)), in[0].shape());
  return permute(in[0], a);
}
void back_transpose(BackwardCtx& c) {
  Attrs inverse;
  for (int k = 0; k < c.dout().rank(); ++k) {
    inverse.i[static_cast<std::size_t>(c.attrs().i[static_cast<std::size_t>(k)])] = k;
  }
  c.accumulate(0, permute(c.dout(), inverse));
}
std::vector<TestInput> test_inputs_transpose() {
  const auto x = [](const Shape& shape, Attrs a) {
    return TestInput{{test_inputs::values(shape)}, a};
  };
  return {x({3, 4}, {.i = {1, 0}}),
          x({2, 3, 4}, {.i = {2, 0, 1}}),
          x({2, 3, 4}, {.i = {0, 2, 1}}),
          x({1, 3}, {.i = {1, 0}}),
          x({0, 3}, {.i = {1, 0}}),
          x({4}, {.i = {0}}),
          x({}, {})};
}
constexpr OpInfo kTranspose{
    .name = "transpose",
    .args = "x",
    .formula = "y = x with its axes permuted",
    .gradient = "dx += dy permuted back",
    .forward = forward_transpose,
    .backward = back_transpose,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_transpose,
    .attributes = "axes:p",
};

Tensor forward_broadcast_to(Inputs in, const Attrs& a) { return expand(in[0], packed_shape(a)); }
void back_broadcast_to(BackwardCtx& c) { c.accumulate(0, sum_to(c.dout(), c.in(0).shape())); }
std::vector<TestInput> test_inputs_broadcast_to() {
  const auto x = [](const Shape& from, const Shape& to) {
    return TestInput{{test_inputs::values(from)}, pack(to)};
  };
  return {x({4, 1}, {3, 4, 4}), x({}, {2, 3}),           x({3}, {3}),      x({1}, {0}),
          x({1, 3}, {2, 3}),    x({2, 1, 2}, {2, 3, 2}), x({0, 1}, {0, 2})};
}
constexpr OpInfo kBroadcastTo{
    .name = "broadcast_to",
    .args = "x",
    .formula = "y = x, repeated",
    .gradient = "dx += dy, summed",
    .forward = forward_broadcast_to,
    .backward = back_broadcast_to,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_broadcast_to,
    .attributes = "shape:s",
};

// Copies [outer, n, inner] between a whole and a part that starts at `start` of its middle axis.
enum class Direction { whole_to_part, part_to_whole };
template <class T>
void copy_part(T* to, const T* from, const Shape& whole, int axis, std::int64_t start,
               std::int64_t n, Direction direction) {
  const std::int64_t outer = whole.size(0, axis), inner = whole.size(axis + 1, whole.rank());
  const std::int64_t wide = whole[axis] * inner, narrow = n * inner;
  for (std::int64_t o = 0; o < outer; ++o) {
    const std::int64_t in_whole = o * wide + start * inner, in_part = o * narrow;
    const bool read_whole = direction == Direction::whole_to_part;
    std::copy_n(from + (read_whole ? in_whole : in_part), narrow,
                to + (read_whole ? in_part : in_whole));
  }
}
Tensor take_part(const Tensor& whole, int axis, std::int64_t start, std::int64_t n) {
  Tensor part = Tensor::empty(whole.shape().with(axis, n), whole.dtype());
  dispatch(whole.dtype(), [&]<class T>(T) {
    copy_part(part.mutate<T>().data(), whole.view<T>().data(), whole.shape(), axis, start, n,
              Direction::whole_to_part);
  });
  return part;
}

// attrs: i = {axis, start, stop}, all normalised
struct Range {
  explicit Range(const Attrs& a)
      : axis(static_cast<int>(a.i[0])), start(a.i[1]), stop(a.i[2]), size(stop - start) {}
  int axis;
  std::int64_t start, stop, size;
};
Tensor forward_slice(Inputs in, const Attrs& a) {
  const Range r(a);
  check<ShapeError>(0 <= r.start && r.start <= r.stop && r.stop <= in[0].dim(r.axis),
                    "elements {} to {} of axis {} in {}", r.start, r.stop, r.axis, in[0].shape());
  return take_part(in[0], r.axis, r.start, r.size);
}
void back_slice(BackwardCtx& c) {
  const Range r(c.attrs());
  Tensor dx = zeros(c.in(0).shape(), c.dout().dtype());
  dispatch(dx.dtype(), [&]<class T>(T) {
    copy_part(dx.mutate<T>().data(), c.dout().view<T>().data(), dx.shape(), r.axis, r.start, r.size,
              Direction::part_to_whole);
  });
  c.accumulate(0, std::move(dx));
}
std::vector<TestInput> test_inputs_slice() {
  const auto x = [](const Shape& shape, Attrs a) {
    return TestInput{{test_inputs::values(shape)}, a};
  };
  return {x({4, 6}, {.i = {1, 1, 4}}), x({4, 6}, {.i = {0, 2, 3}}),    x({5}, {.i = {0, 0, 5}}),
          x({5}, {.i = {0, 2, 2}}),    x({2, 3, 4}, {.i = {1, 0, 2}}), x({0, 3}, {.i = {1, 0, 1}}),
          x({1, 3}, {.i = {0, 0, 1}})};
}
constexpr OpInfo kSlice{
    .name = "slice",
    .args = "x",
    .formula = "y = x[start:stop] along an axis",
    .gradient = "dx[start:stop] += dy",
    .forward = forward_slice,
    .backward = back_slice,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_slice,
    .attributes = "axis:i0 start:i1 stop:i2",
};

// attrs: i[0] = axis; any number of inputs
int axis_of(const Attrs& a) { return static_cast<int>(a.i[0]); }
Tensor forward_concat(Inputs in, const Attrs& a) {
  const int axis = axis_of(a);
  std::int64_t total = 0;
  for (int k = 0; k < in.size(); ++k) {
    check<ShapeError>(
        in[k].rank() == in[0].rank() && in[k].shape().with(axis, 0) == in[0].shape().with(axis, 0),
        "part {} has the shape {}, part 0 {}; they may differ in axis {} only", k, in[k].shape(),
        in[0].shape(), axis);
    total += in[k].dim(axis);
  }
  Tensor y = Tensor::empty(in[0].shape().with(axis, total), in[0].dtype());
  dispatch(y.dtype(), [&]<class T>(T) {
    std::int64_t start = 0;
    for (int k = 0; k < in.size(); ++k) {
      copy_part(y.mutate<T>().data(), in[k].view<T>().data(), y.shape(), axis, start,
                in[k].dim(axis), Direction::part_to_whole);
      start += in[k].dim(axis);
    }
  });
  return y;
}
void back_concat(BackwardCtx& c) {
  const int axis = axis_of(c.attrs());
  std::int64_t start = 0;
  for (int k = 0; k < c.arity(); ++k) {
    const std::int64_t n = c.in(k).dim(axis);
    if (c.wants(k)) c.accumulate(k, take_part(c.dout(), axis, start, n));
    start += n;
  }
}
std::vector<TestInput> test_inputs_concat() {
  const auto v = [](const Shape& shape, std::uint32_t seed) {
    return test_inputs::values(shape, -2, 2, seed);
  };
  return {{{v({4, 2}, 1), v({4, 5}, 2)}, {.i = {1}}},
          {{v({2, 3}, 1), v({1, 3}, 2), v({0, 3}, 3)}, {.i = {0}}},
          {{v({2}, 1)}, {.i = {0}}},
          {{v({1}, 1), v({2}, 2), v({3}, 3), v({1}, 4), v({2}, 5)}, {.i = {0}}}};
}
constexpr OpInfo kConcat{
    .name = "concat",
    .args = "part",
    .formula = "y = the parts, one after another",
    .gradient = "each part gets its piece of dy",
    .forward = forward_concat,
    .backward = back_concat,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_concat,
    .attributes = "axis:i0",
};

}  // namespace

Tensor reshape(Arg x, const Shape& shape) { return apply(kReshape, {x}, pack(shape)); }

Tensor transpose(Arg x, std::initializer_list<int> axes) {
  const int rank = x.shape().rank();
  Attrs a;
  in_context(kTranspose, std::span(&x, 1), [&] {
    if (axes.size() != 0 && static_cast<int>(axes.size()) != rank)
      throw no_permutation(std::vector<std::int64_t>(axes.begin(), axes.end()), x.shape());
    for (int k = 0; k < rank; ++k) {
      const auto i = static_cast<std::size_t>(k);
      a.i[i] = axes.size() ? normalize_axis(axes.begin()[i], rank) : rank - 1 - k;
    }
  });
  return apply(kTranspose, {x}, a);
}

Tensor broadcast_to(Arg x, const Shape& shape) { return apply(kBroadcastTo, {x}, pack(shape)); }

Tensor slice(Arg x, int axis, std::int64_t start, std::int64_t stop) {
  axis = checked_axis(kSlice, x, axis, x.shape().rank());
  const std::int64_t n = x.shape()[axis];
  return apply(kSlice, {x},
               {.i = {axis, start < 0 ? start + n : start, stop < 0 ? stop + n : stop}});
}

Tensor concat(std::span<const Tensor> parts, int axis, SourceLoc loc) {
  if (parts.empty()) [[unlikely]]
    throw_at(loc, ShapeError("concat of nothing"));
  const std::vector<Arg> args = [&] {
    std::vector<Arg> list;
    for (const Tensor& part : parts) list.emplace_back(part, loc);
    return list;
  }();
  return apply(kConcat, args, {.i = {checked_axis(kConcat, args[0], axis, parts[0].rank())}});
}

Tensor stack(std::span<const Tensor> parts, int axis, SourceLoc loc) {
  // For messages alone: it is a concat.
  static constexpr OpInfo kStack{
      .name = "stack",
      .args = "part",
  };
  if (parts.empty()) [[unlikely]]
    throw_at(loc, ShapeError("stack of nothing"));
  for (std::size_t k = 1; k < parts.size(); ++k) {
    if (parts[k].shape() == parts[0].shape()) continue;
    const std::array<Arg, 2> pair{Arg(parts[0], loc), Arg(parts[k], loc)};
    in_context(kStack, pair, [&] {
      throw ShapeError(fmt::format("part {} has the shape {}, part 0 {}; they must be equal", k,
                                   parts[k].shape(), parts[0].shape()),
                       "concat joins parts along an axis that they have");
    });
  }
  axis = checked_axis(kStack, Arg(parts[0], loc), axis, parts[0].rank() + 1);
  std::vector<Tensor> rows;
  for (const Tensor& part : parts) {
    const Shape shape = part.shape().inserted(axis, 1);
    rows.push_back(reshape(Arg(part, loc), shape));
  }
  return concat(rows, axis, loc);
}

OpFamily shape_ops() {
  static constexpr const OpInfo* kTable[] = {&kReshape, &kTranspose, &kBroadcastTo, &kSlice,
                                             &kConcat};
  return kTable;
}

}  // namespace tapestry
