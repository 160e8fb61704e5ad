#include "autograd/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <ostream>

#include "autograd/address.hpp"

namespace tapestry {
namespace {

// Calls fn with a value of the element type, i32 included.
template <class Fn>
decltype(auto) dispatch_any(DType dtype, Fn&& fn) {
  if (dtype == DType::i32) return fn(std::int32_t{});
  return dispatch(dtype, fn);
}

// The value as a T. A floating value that no i32 holds is refused: C++ leaves its conversion undefined.
template <class T, class V>
T converted(V value) {
  if constexpr (std::is_floating_point_v<V> && std::is_integral_v<T>) {
    const auto x = static_cast<double>(value);
    if (!(x > -2147483649.0 && x < 2147483648.0)) [[unlikely]]  // false for NaN
      throw DomainError(fmt::format("{} has no value in i32, which ends at -2^31 and 2^31 - 1",
                                    std::isnan(x) ? "nan" : fmt::format("{}", value)),
                        "clamp the values, or choose with where, before they become whole numbers");
  }
  return static_cast<T>(value);
}

template <class Fn>
Tensor make(const Shape& shape, DType dtype, Fn&& value_at) {
  Tensor t = Tensor::empty(shape, dtype);
  dispatch_any(dtype, [&]<class T>(T) {
    auto out = t.mutate<T>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = converted<T>(value_at(i));
  });
  return t;
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  check_sizes(shape);
  Tensor t;
  const std::size_t bytes = static_cast<std::size_t>(shape.size()) * size_of(dtype);
  try {
    t.storage_ = Storage(bytes);
  } catch (const std::bad_alloc&) {
    const auto gigabytes = [](std::size_t b) { return static_cast<double>(b) / 1e9; };
    throw MemoryError(
        fmt::format("no memory for a tensor {} {} ({:.{}f} GB)", name(dtype), shape,
                    gigabytes(bytes), bytes < 10'000'000'000 ? 2 : 0),
        fmt::format("this thread's tensors hold {:.2f} GB; a smaller batch or model needs less",
                    gigabytes(pool_stats().in_use)));
  }
  t.shape_ = shape;
  t.dtype_ = dtype;
  return t;
}

double Tensor::item(SourceLoc where) const {
  if (!defined()) [[unlikely]]
    throw_at(where, TapeError("item() of a tensor without values"));
  if (size() != 1) [[unlikely]] {
    ShapeError error(fmt::format("item() needs one element, this tensor has the shape {}", shape_),
                     "sum(x) or mean(x) is one number, x.at({0, 0}) one of its elements");
    error.operands.push_back(operand_line("x", *this));
    throw_at(where, std::move(error));
  }
  return dispatch_any(dtype_, [&]<class T>(T) { return static_cast<double>(view<T>()[0]); });
}

double Tensor::at(std::initializer_list<std::int64_t> index, SourceLoc where) const {
  const auto refuse = [&](const std::string& message) {
    ShapeError error(message);
    error.operands.push_back(operand_line("x", *this));
    throw_at(where, std::move(error));
  };
  if (static_cast<int>(index.size()) != rank()) [[unlikely]]
    refuse(fmt::format("at() needs {} indices for the shape {}, not {}", rank(), shape_,
                       index.size()));
  std::size_t offset = 0;
  int axis = 0;
  for (std::int64_t i : index) {
    const std::int64_t n = shape_[axis];
    if (i < -n || i >= n) [[unlikely]]
      refuse(fmt::format("at(): index {} of axis {} of the shape {}", i, axis, shape_));
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
  check_sizes(shape);
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

void Tensor::refuse(DType wanted) const {
  check<TapeError>(defined(),
                   "this tensor has no values (default constructed, or freed by a tape)");
  throw DTypeError(fmt::format("values of this tensor are {}, not {}", name(dtype_), name(wanted)),
                   fmt::format("x.to(DType::{}) converts", name(wanted)));
}

void Tensor::refuse_to_write() const {
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

Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<double>>> slabs) {
  std::vector<double> values;
  Shape shape{static_cast<std::int64_t>(slabs.size()), 0, 0};
  for (const auto& slab : slabs) {
    const Tensor part = tensor(slab);
    if (values.empty()) shape = shape.with(1, part.dim(0)).with(2, part.dim(1));
    check<ShapeError>(part.shape() == shape.without(0), "slabs of {} and {} in one tensor",
                      shape.without(0), part.shape());
    const auto more = part.to_vector();
    values.insert(values.end(), more.begin(), more.end());
  }
  return tensor(values, shape);
}

namespace {

void expect_filled(std::size_t count, const Shape& shape, SourceLoc where) {
  if (shape.size() != static_cast<std::int64_t>(count)) [[unlikely]]
    throw_at(where, ShapeError(fmt::format("{} numbers do not fill the shape {}", count, shape)));
}

}  // namespace

Tensor tensor(std::span<const double> values) {
  return tensor(values, {static_cast<std::int64_t>(values.size())});
}

Tensor tensor(std::span<const float> values) {
  return tensor(std::vector<double>(values.begin(), values.end()));
}

Tensor tensor(std::span<const double> values, const Shape& shape, DType dtype, SourceLoc where) {
  expect_filled(values.size(), shape, where);
  return make(shape, dtype, [&](std::size_t i) { return values[i]; });
}

Tensor index_tensor(std::span<const std::int32_t> values, const Shape& shape, SourceLoc where) {
  expect_filled(values.size(), shape, where);
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
  return make({n}, default_dtype(), [=](std::size_t i) {
    const bool at_end = i > 0 && static_cast<std::int64_t>(i) == n - 1;
    return at_end ? last : first + step * static_cast<double>(i);
  });
}

Tensor eye(std::int64_t n, DType dtype) {
  const auto width = static_cast<std::size_t>(n);
  return make({n, n}, dtype, [=](std::size_t i) { return i / width == i % width ? 1 : 0; });
}

namespace {

// Nested brackets; an axis longer than 6 shows its first and last three entries.
void write(std::string& text, const Tensor& t, const std::vector<double>& values,
           const std::string& format, int axis, std::size_t offset, std::size_t stride) {
  if (axis == t.rank()) {
    const double value = values[offset];  // the sign of a NaN means nothing
    text += std::isnan(value) ? "nan" : fmt::format(fmt::runtime(format), value);
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
    write(text, t, values, format, axis + 1, offset + static_cast<std::size_t>(i) * stride, stride);
  }
  text += ']';
}

}  // namespace

std::string to_string(const Tensor& tensor) {
  return to_string(tensor, tensor.dtype() == DType::i32 ? "{:.0f}" : "{:.6g}");
}

std::string to_string(const Tensor& tensor, const std::string& format) {
  if (!tensor.defined())
    return fmt::format("{} {} (no values)", name(tensor.dtype()), tensor.shape());
  std::string text = fmt::format("{} {} ", name(tensor.dtype()), tensor.shape());
  write(text, tensor, tensor.to_vector(), format, 0, 0, static_cast<std::size_t>(tensor.size()));
  return text;
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  return out << to_string(tensor);
}
std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_string(shape); }

}  // namespace tapestry

fmt::format_context::iterator fmt::formatter<tapestry::Shape>::format(const tapestry::Shape& s,
                                                                      format_context& c) const {
  return fmt::formatter<fmt::string_view>::format(tapestry::to_string(s), c);
}
fmt::format_context::iterator fmt::formatter<tapestry::Tensor>::format(const tapestry::Tensor& t,
                                                                       format_context& c) const {
  const std::string text = spec.size() == 0 ? tapestry::to_string(t)
                                            : tapestry::to_string(t, fmt::format("{{:{}}}", spec));
  return std::copy(text.begin(), text.end(), c.out());
}
