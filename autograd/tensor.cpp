#include "autograd/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autograd/parameter.hpp"
#include "autograd/tape.hpp"

namespace tapestry {
namespace {

// Calls fn with a value of the element type, i32 included.
template <class Fn>
decltype(auto) dispatch_any(DType dtype, Fn&& fn) {
  if (dtype == DType::i32) return fn(std::int32_t{});
  return dispatch(dtype, fn);
}

template <class Fn>
Tensor make(const Shape& shape, DType dtype, Fn&& value_at) {
  Tensor t = Tensor::empty(shape, dtype);
  dispatch_any(dtype, [&]<class T>(T) {
    auto out = t.mutate<T>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(value_at(i));
  });
  return t;
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  std::int64_t size = 1;
  for (const std::int64_t n : shape) {
    check<ShapeError>(n >= 0, "a tensor cannot have the shape {}", shape);
    check<ShapeError>(!__builtin_mul_overflow(size, n, &size) && size < (std::int64_t{1} << 48),
                      "shape {} has more elements than memory can hold", shape);
  }
  Tensor t;
  t.storage_ = Storage(static_cast<std::size_t>(size) * size_of(dtype));
  t.shape_ = shape;
  t.dtype_ = dtype;
  return t;
}

double Tensor::item() const {
  check<TapeError>(defined(), "item() of a tensor without values");
  check<ShapeError>(size() == 1, "item() needs one element, this tensor has the shape {}", shape_);
  return dispatch_any(dtype_, [&]<class T>(T) { return static_cast<double>(view<T>()[0]); });
}

double Tensor::at(std::initializer_list<std::int64_t> index) const {
  check<ShapeError>(static_cast<int>(index.size()) == rank(),
                    "at() needs {} indices for the shape {}, not {}", rank(), shape_, index.size());
  std::size_t offset = 0;
  int axis = 0;
  for (std::int64_t i : index) {
    const std::int64_t n = shape_[axis];
    check<ShapeError>(i >= -n && i < n, "index {} of axis {} of the shape {}", i, axis, shape_);
    offset = offset * static_cast<std::size_t>(n) + static_cast<std::size_t>(i < 0 ? i + n : i);
    ++axis;
  }
  return dispatch_any(dtype_, [&]<class T>(T) { return static_cast<double>(view<T>()[offset]); });
}

std::vector<double> Tensor::to_vector() const {
  return dispatch_any(dtype_, [&]<class T>(T) {
    const auto values = view<T>();
    return std::vector<double>(values.begin(), values.end());
  });
}

Tensor Tensor::detach() const& {
  Tensor t = *this;
  t.node_ = {};
  return t;
}

Tensor Tensor::detach() && {
  node_ = {};
  return std::move(*this);
}

Tensor Tensor::with_shape(const Shape& shape) const {
  check<ShapeError>(shape.size() == size(), "shape {} does not hold the {} elements of {}", shape,
                    size(), shape_);
  Tensor t = detach();
  t.shape_ = shape;
  return t;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return detach();
  return dispatch_any(dtype_, [&]<class T>(T) {
    const auto values = view<T>();
    return make(shape_, dtype, [&](std::size_t i) { return values[i]; });
  });
}

Tensor Tensor::clone() const {
  expect(dtype_);
  Tensor t = empty(shape_, dtype_);
  if (size()) {
    std::memcpy(t.storage_.data(), storage_.data(),
                static_cast<std::size_t>(size()) * size_of(dtype_));
  }
  return t;
}

void Tensor::expect(DType dtype) const {
  check<TapeError>(defined(),
                   "this tensor has no values (default constructed, or freed by a tape)");
  check<DTypeError>(dtype == dtype_, "values of this tensor are {}, not {}", name(dtype_),
                    name(dtype));
}

void Tensor::expect_sole_owner() const {
  if (storage_.unique() && !tracked()) [[likely]]
    return;
  throw TapeError("writing into a tensor that others can see",
                  "tensors are immutable once shared or recorded; write to x.clone(), or use "
                  "Parameter::update");
}

Tensor tensor(double value) { return full({}, value); }

Tensor tensor(std::initializer_list<double> values) {
  return tensor(std::span(values.begin(), values.size()),
                {static_cast<std::int64_t>(values.size())});
}

Tensor tensor(std::initializer_list<std::initializer_list<double>> rows) {
  std::vector<double> values;
  const std::size_t width = rows.size() ? rows.begin()->size() : 0;
  for (const auto& row : rows) {
    check<ShapeError>(row.size() == width, "rows of {} and {} numbers in one tensor", width,
                      row.size());
    values.insert(values.end(), row.begin(), row.end());
  }
  return tensor(values, {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(width)});
}

Tensor tensor(std::span<const double> values, const Shape& shape, DType dtype) {
  check<ShapeError>(shape.size() == static_cast<std::int64_t>(values.size()),
                    "{} numbers do not fill the shape {}", values.size(), shape);
  return make(shape, dtype, [&](std::size_t i) { return values[i]; });
}

Tensor index_tensor(std::span<const std::int32_t> values, const Shape& shape) {
  check<ShapeError>(shape.size() == static_cast<std::int64_t>(values.size()),
                    "{} numbers do not fill the shape {}", values.size(), shape);
  return make(shape, DType::i32, [&](std::size_t i) { return values[i]; });
}

Tensor full(const Shape& shape, double value, DType dtype) {
  return make(shape, dtype, [=](std::size_t) { return value; });
}
Tensor zeros(const Shape& shape, DType dtype) { return full(shape, 0, dtype); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype()); }

Tensor arange(std::int64_t n, DType dtype) {
  return make({n}, dtype, [](std::size_t i) { return i; });
}

Tensor linspace(double first, double last, std::int64_t n) {
  const double step = n > 1 ? (last - first) / static_cast<double>(n - 1) : 0;
  return make({n}, default_dtype(),
              [=](std::size_t i) { return first + step * static_cast<double>(i); });
}

Tensor eye(std::int64_t n, DType dtype) {
  const auto width = static_cast<std::size_t>(n);
  return make({n, n}, dtype, [=](std::size_t i) { return i / width == i % width ? 1 : 0; });
}

namespace {

// Nested brackets; an axis longer than 6 shows its first and last three entries.
void write(std::string& text, const Tensor& t, const std::vector<double>& values, int axis,
           std::size_t offset, std::size_t stride) {
  if (axis == t.rank()) {
    const double value = values[offset];  // the sign of a NaN means nothing
    text += std::isnan(value) ? "nan" : fmt::format("{:.6g}", value);
    return;
  }
  const std::int64_t n = t.dim(axis);
  stride /= static_cast<std::size_t>(std::max<std::int64_t>(n, 1));
  text += '[';
  for (std::int64_t i = 0; i < n; ++i) {
    if (i) text += ", ";
    if (n > 6 && i == 3) {
      text += "..., ";
      i = n - 3;
    }
    write(text, t, values, axis + 1, offset + static_cast<std::size_t>(i) * stride, stride);
  }
  text += ']';
}

}  // namespace

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined())
    return fmt::format("{} {} (no values)", name(tensor.dtype()), tensor.shape());
  std::string text = fmt::format("{} {} ", name(tensor.dtype()), tensor.shape());
  write(text, tensor, tensor.to_vector(), 0, 0, static_cast<std::size_t>(tensor.size()));
  return text;
}

Tensor Arg::value() const {
  if (tensor) return *tensor;
  return parameter ? parameter->value() : full({}, scalar);
}

const Shape& Arg::shape() const {
  static const Shape none;
  if (tensor) return tensor->shape();
  return parameter ? parameter->shape() : none;
}

}  // namespace tapestry

fmt::format_context::iterator fmt::formatter<tapestry::Shape>::format(const tapestry::Shape& s,
                                                                      format_context& c) const {
  return fmt::formatter<fmt::string_view>::format(tapestry::to_string(s), c);
}
fmt::format_context::iterator fmt::formatter<tapestry::Tensor>::format(const tapestry::Tensor& t,
                                                                       format_context& c) const {
  return fmt::formatter<fmt::string_view>::format(tapestry::to_string(t), c);
}
