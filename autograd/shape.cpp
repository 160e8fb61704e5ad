#include "autograd/shape.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "autograd/error.hpp"

namespace tapestry {

Shape::Shape(std::initializer_list<std::int64_t> sizes)
    : Shape(std::span<const std::int64_t>(sizes.begin(), sizes.size())) {}

Shape::Shape(std::span<const std::int64_t> sizes) : rank_(static_cast<int>(sizes.size())) {
  check<ShapeError>(sizes.size() <= kMaxRank, "a tensor has at most {} axes, not {}", kMaxRank,
                    sizes.size());
  std::copy(sizes.begin(), sizes.end(), sizes_.begin());
}

std::int64_t Shape::operator[](int axis) const {
  return sizes_[static_cast<std::size_t>(normalize_axis(axis, rank_))];
}

Shape Shape::with(int axis, std::int64_t size) const {
  Shape s = *this;
  s.sizes_[static_cast<std::size_t>(normalize_axis(axis, rank_))] = size;
  return s;
}

Shape Shape::without(int axis) const {
  axis = normalize_axis(axis, rank_);
  Shape s = *this;
  std::copy(begin() + axis + 1, end(), s.sizes_.begin() + axis);
  s.sizes_[static_cast<std::size_t>(--s.rank_)] = 0;
  return s;
}

Shape Shape::inserted(int axis, std::int64_t size) const {
  check<ShapeError>(rank_ < kMaxRank, "a tensor has at most {} axes", kMaxRank);
  axis = normalize_axis(axis, rank_ + 1);
  Shape s = *this;
  std::copy(begin() + axis, end(), s.sizes_.begin() + axis + 1);
  s.sizes_[static_cast<std::size_t>(axis)] = size;
  ++s.rank_;
  return s;
}

Shape Shape::sub(int first, int last) const {
  return Shape(std::span(begin() + first, static_cast<std::size_t>(last - first)));
}

void check_sizes(const Shape& shape) {
  // Sizes beside a 0 count too: the strides of a tensor without elements are products like any other.
  std::int64_t product = 1;
  bool fits = true, counts = true;
  for (const std::int64_t n : shape) {
    counts &= n >= 0;
    fits &= !__builtin_mul_overflow(product, std::max<std::int64_t>(n, 1), &product) &&
            product < (std::int64_t{1} << 48);
  }
  if (counts && fits) [[likely]]  // called for every tensor: builds no text unless it throws
    return;
  check<ShapeError>(counts, "a tensor cannot have the shape {}", to_string(shape));
  check<ShapeError>(fits, "shape {} has more elements than memory can hold", to_string(shape));
}

std::string to_string(std::span<const std::int64_t> numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

std::string to_string(const Shape& shape) {
  return to_string(std::span(shape.begin(), shape.end()));
}

std::vector<std::int64_t> index_of(const Shape& shape, std::int64_t element) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0;) {
    index[static_cast<std::size_t>(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return index;
}

std::string index_text(const Shape& shape, std::int64_t element) {
  return to_string(index_of(shape, element));
}

int normalize_axis(int axis, int rank) {
  if (axis < -rank || axis >= rank) [[unlikely]] {
    throw ShapeError(fmt::format("axis {} of a tensor with {} axes", axis, rank),
                     fmt::format("axes count from 0, or from -1 at the end"));
  }
  return axis < 0 ? axis + rank : axis;
}

Shape broadcast(const Shape& a, const Shape& b) {
  if (a == b) return a;
  const int rank = std::max(a.rank(), b.rank());
  Shape out = a.rank() >= b.rank() ? a : b;
  for (int i = 1; i <= std::min(a.rank(), b.rank()); ++i) {
    const std::int64_t m = a[-i], n = b[-i];
    if (m != n && m != 1 && n != 1) {
      throw ShapeError(fmt::format("shapes {} and {} do not broadcast ({} against {} in axis {})",
                                   to_string(a), to_string(b), m, n, rank - i),
                       "sizes are aligned at the right and must be equal or 1");
    }
    out = out.with(-i, m == 1 ? n : m);
  }
  return out;
}

Axes::Axes(std::initializer_list<int> axes) : count_(static_cast<int>(axes.size())) {
  check<ShapeError>(axes.size() <= list_.size(), "at most {} axes can be reduced", list_.size());
  std::copy(axes.begin(), axes.end(), list_.begin());
}

std::uint32_t Axes::mask(int rank) const {
  if (count_ < 0) return (1u << rank) - 1;
  std::uint32_t mask = 0;
  for (int i = 0; i < count_; ++i) {
    const std::uint32_t bit = 1u << normalize_axis(list_[static_cast<std::size_t>(i)], rank);
    check<ShapeError>(!(mask & bit), "axis {} is named twice", list_[static_cast<std::size_t>(i)]);
    mask |= bit;
  }
  return mask;
}

}  // namespace tapestry
