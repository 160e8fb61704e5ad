#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace tapestry {

/// Sizes of a tensor's axes, row major; rank 0 is a scalar. Held inline: copying never allocates.
class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes);
  explicit Shape(std::span<const std::int64_t> sizes);

  int rank() const { return rank_; }
  /// Size of one axis; negative axes count from the end.
  std::int64_t operator[](int axis) const;
  /// Number of elements: the product, 1 for a scalar.
  std::int64_t size() const { return size(0, rank_); }
  /// Product of the sizes of axes [first, last).
  std::int64_t size(int first, int last) const {
    std::int64_t product = 1;
    for (int i = first; i < last; ++i) product *= sizes_[static_cast<std::size_t>(i)];
    return product;
  }

  const std::int64_t* begin() const { return sizes_.data(); }
  const std::int64_t* end() const { return sizes_.data() + rank_; }

  Shape with(int axis, std::int64_t size) const;      ///< a copy with one size replaced
  Shape without(int axis) const;                      ///< a copy with one axis removed
  Shape inserted(int axis, std::int64_t size) const;  ///< a copy with one axis added before `axis`
  /// Axes [first, last) as a shape of their own.
  Shape sub(int first, int last) const;

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(a.rank_); ++i) {
      if (a.sizes_[i] != b.sizes_[i]) return false;
    }
    return true;
  }

 private:
  std::array<std::int64_t, kMaxRank> sizes_{};
  int rank_ = 0;
};

/// Throws ShapeError for a size below 0, or more elements than memory can hold.
void check_sizes(const Shape& shape);

/// "[64,784]"; the same for numbers that are axes, or an index.
std::string to_string(const Shape& shape);
std::string to_string(std::span<const std::int64_t> numbers);

/// The coordinates of an element by its row-major number, and as text: "[2,7]".
std::vector<std::int64_t> index_of(const Shape& shape, std::int64_t element);
std::string index_text(const Shape& shape, std::int64_t element);

/// Axis in [0, rank) for `axis` in [-rank, rank); throws ShapeError otherwise.
int normalize_axis(int axis, int rank);

/// NumPy's rule: align at the right; sizes must agree or be 1. Throws ShapeError naming both
/// shapes.
Shape broadcast(const Shape& a, const Shape& b);

/// The axes that a reduction runs over: `sum(x)` all, `sum(x, -1)` one, `sum(x, {0, 2})` several.
class Axes {
 public:
  Axes() = default;  ///< all axes
  Axes(int axis) : list_{axis}, count_(1) {}
  Axes(std::initializer_list<int> axes);
  template <class T>
  requires(std::floating_point<T> || !std::convertible_to<T, int>) Axes(const T&) {
    static_assert(
        sizeof(T) == 0,
        "axes are whole numbers, as in max(x, -1) or sum(x, {0, 2}); the larger of two is "
        "maximum(a, b)");
  }

  /// Bit i is set when axis i of a tensor of this rank is reduced. Throws ShapeError.
  std::uint32_t mask(int rank) const;

 private:
  std::array<int, Shape::kMaxRank> list_{};
  int count_ = -1;
};

}  // namespace tapestry
