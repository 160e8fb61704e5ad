#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "autograd/dtype.hpp"
#include "autograd/error.hpp"
#include "autograd/shape.hpp"
#include "autograd/source_loc.hpp"
#include "autograd/storage.hpp"

namespace tapestry {

/// Names a node of a tape by number. A tensor never points into a tape, so it can outlive it
/// safely.
struct NodeId {
  std::uint32_t tape = 0;  ///< serial number of the tape; 0 = not tracked
  std::int32_t index = -1;
  friend bool operator==(const NodeId&, const NodeId&) = default;
};

/// An n-dimensional array, row major and contiguous; one type for data and for tracked values.
///
/// A tensor is a handle: copies share the values. Values never change once a tensor is shared, so
/// sharing is safe; ops return new tensors. While a Tape is active and an operand is
/// tracked, the result remembers the node that made it.
class Tensor {
 public:
  Tensor() = default;

  /// Undefined contents, to be filled through `mutate` before the tensor is shared.
  static Tensor empty(const Shape& shape, DType dtype);

  // Copying assigns handles. `a + b = c` does not compile.
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;

  bool defined() const { return static_cast<bool>(storage_); }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  std::int64_t dim(int axis) const { return shape_[axis]; }
  std::int64_t size() const { return shape_.size(); }
  DType dtype() const { return dtype_; }

  /// The value of a tensor with one element, widened to double.
  double item(SourceLoc where = SourceLoc::current()) const;
  /// One element by index, negative indices from the end.
  double at(std::initializer_list<std::int64_t> index,
            SourceLoc where = SourceLoc::current()) const;
  /// All values, row major, widened.
  std::vector<double> to_vector() const;
  /// The values as they lie in memory; T must match the dtype (float, double or int32_t).
  template <class T>
  std::span<const T> view() const {
    expect(dtype_of<T>());
    return {static_cast<const T*>(storage_.data()), static_cast<std::size_t>(size())};
  }
  /// Writable values: only while this is the sole handle and it is not tracked (a tensor just
  /// made).
  template <class T>
  std::span<T> mutate() {
    expect(dtype_of<T>());
    expect_sole_owner();
    return {static_cast<T*>(storage_.data()), static_cast<std::size_t>(size())};
  }

  bool tracked() const { return node_.tape != 0; }
  NodeId node() const { return node_; }
  /// Same values, unknown to any tape: a constant.
  Tensor detach() const&;
  Tensor detach() &&;
  /// Names the node for messages and tools; returns the same tensor. The text must be a literal.
  Tensor named(const char* label) const;
  /// Same storage, another shape of equal size; not recorded (see `reshape` for the op).
  Tensor with_shape(const Shape& shape) const;
  /// In another dtype, i32 towards 0 (DomainError for a value outside of it, or NaN); not recorded.
  Tensor to(DType dtype) const;
  /// Same values in storage of their own.
  Tensor clone() const;

  bool shares_storage(const Tensor& other) const { return storage_.same(other.storage_); }
  bool sole_owner() const { return storage_.unique(); }

 private:
  friend class Tape;
  friend struct Recorder;
  friend class Sweep;
  void expect(DType dtype) const {
    if (!defined() || dtype != dtype_) [[unlikely]]
      refuse(dtype);
  }
  void expect_sole_owner() const {
    if (!storage_.unique() || tracked()) [[unlikely]]
      refuse_to_write();
  }
  [[noreturn]] void refuse(DType wanted) const;
  [[noreturn]] void refuse_to_write() const;

  Storage storage_;
  Shape shape_;
  DType dtype_ = DType::f32;
  NodeId node_;
};

// Factories. Without a dtype they use default_dtype().
Tensor tensor(double value);
Tensor tensor(std::initializer_list<double> values);                       ///< rank 1
Tensor tensor(std::initializer_list<std::initializer_list<double>> rows);  ///< rank 2
/// Rank 3.
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<double>>> slabs);
Tensor tensor(std::span<const double> values, const Shape& shape, DType dtype = default_dtype(),
              SourceLoc where = SourceLoc::current());
Tensor tensor(std::span<const double> values);  ///< rank 1, of a std::vector
Tensor tensor(std::span<const float> values);   ///< the same
Tensor index_tensor(std::span<const std::int32_t> values, const Shape& shape,
                    SourceLoc where = SourceLoc::current());  ///< i32
Tensor full(const Shape& shape, double value, DType dtype = default_dtype());
Tensor zeros(const Shape& shape, DType dtype = default_dtype());
Tensor ones(const Shape& shape, DType dtype = default_dtype());
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor arange(std::int64_t n, DType dtype = default_dtype());  ///< 0, 1, ... n-1
Tensor linspace(double first, double last, std::int64_t n);    ///< n numbers; both ends are exact
Tensor eye(std::int64_t n, DType dtype = default_dtype());

/// "f32 [2,3] [[1, 2, 3], [4, 5, 6]]", elided in the middle when long.
std::string to_string(const Tensor& tensor);
/// The same with a format for the numbers, as in "{:.3f}".
std::string to_string(const Tensor& tensor, const std::string& format);
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace tapestry

template <>
struct fmt::formatter<tapestry::Shape> : fmt::formatter<fmt::string_view> {
  format_context::iterator format(const tapestry::Shape& s, format_context& c) const;
};
/// "{}" writes the tensor as to_string does, "{:.3f}" each number so.
template <>
struct fmt::formatter<tapestry::Tensor> {
  constexpr auto parse(format_parse_context& c) {
    const auto* end = c.begin();
    while (end != c.end() && *end != '}') ++end;
    spec = {c.begin(), static_cast<std::size_t>(end - c.begin())};
    fmt::formatter<double> number;  // checks it
    return number.parse(c);
  }
  format_context::iterator format(const tapestry::Tensor& t, format_context& c) const;

  fmt::string_view spec;
};
