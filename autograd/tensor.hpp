#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "autograd/dtype.hpp"
#include "autograd/error.hpp"
#include "autograd/shape.hpp"
#include "autograd/source_loc.hpp"
#include "autograd/storage.hpp"

namespace tapestry {

class Parameter;

/// Names a node of a tape by number. A tensor never points into a tape, so it can outlive it
/// safely.
struct NodeId {
  std::uint32_t tape = 0;  ///< serial number of the tape; 0 = not tracked
  std::int32_t index = -1;
  friend bool operator==(const NodeId&, const NodeId&) = default;
};

/// An n-dimensional array, row major and contiguous; one type for data and for tracked values.
///
/// A tensor is a handle: copies share the values. Values never change once a tensor can be seen by
/// others, so sharing is safe; ops return new tensors. While a Tape is active and an operand is
/// tracked, the result remembers the node that made it.
class Tensor {
 public:
  Tensor() = default;

  /// Undefined contents, to be filled through `mutate` before anyone else sees it.
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
  double item() const;
  /// One element by index, negative indices from the end.
  double at(std::initializer_list<std::int64_t> index) const;
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
  /// Values converted to another dtype; not recorded.
  Tensor to(DType dtype) const;
  /// Same values in storage of their own.
  Tensor clone() const;

  bool shares_storage(const Tensor& other) const { return storage_.same(other.storage_); }
  bool sole_owner() const { return storage_.unique(); }

 private:
  friend class Tape;
  friend struct Recorder;
  void expect(DType dtype) const;
  void expect_sole_owner() const;

  Storage storage_;
  Shape shape_;
  DType dtype_ = DType::f32;
  NodeId node_;
};

// Factories. Without a dtype they use default_dtype().
Tensor tensor(double value);
Tensor tensor(std::initializer_list<double> values);                       ///< rank 1
Tensor tensor(std::initializer_list<std::initializer_list<double>> rows);  ///< rank 2
Tensor tensor(std::span<const double> values, const Shape& shape, DType dtype = default_dtype());
Tensor index_tensor(std::span<const std::int32_t> values, const Shape& shape);  ///< i32
Tensor full(const Shape& shape, double value, DType dtype = default_dtype());
Tensor zeros(const Shape& shape, DType dtype = default_dtype());
Tensor ones(const Shape& shape, DType dtype = default_dtype());
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor arange(std::int64_t n, DType dtype = default_dtype());  ///< 0, 1, ... n-1
Tensor linspace(double first, double last, std::int64_t n);
Tensor eye(std::int64_t n, DType dtype = default_dtype());

/// "f32 [2,3] [[1, 2, 3], [4, 5, 6]]", elided in the middle when long.
std::string to_string(const Tensor& tensor);

/// An operand of an op: a tensor, a parameter or a number, with the line that passed it.
/// Only ever a function parameter; never kept. Numbers take the dtype of the other operands.
struct Arg {
  Arg(const Tensor& t, SourceLoc where = SourceLoc::current()) : tensor(&t), loc(where) {}
  Arg(Parameter& p, SourceLoc where = SourceLoc::current()) : parameter(&p), loc(where) {}
  Arg(double value, SourceLoc where = SourceLoc::current()) : scalar(value), loc(where) {}

  const Tensor* tensor = nullptr;
  Parameter* parameter = nullptr;
  double scalar = 0;
  SourceLoc loc;

  bool is_scalar() const { return !tensor && !parameter; }
  /// The tensor or the parameter's value; a number becomes a scalar of the default dtype.
  Tensor value() const;
  const Shape& shape() const;  ///< of the value; [] for a number
};

}  // namespace tapestry

template <>
struct fmt::formatter<tapestry::Shape> : fmt::formatter<fmt::string_view> {
  format_context::iterator format(const tapestry::Shape& s, format_context& c) const;
};
template <>
struct fmt::formatter<tapestry::Tensor> : fmt::formatter<fmt::string_view> {
  format_context::iterator format(const tapestry::Tensor& t, format_context& c) const;
};
