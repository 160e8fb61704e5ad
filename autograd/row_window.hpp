#pragma once

#include <cstdint>

#include "autograd/shape.hpp"

namespace tapestry {

/// While one lives, every draw of an Rng on this thread is a part of the draw for more rows: a minibatch that is
/// computed piece by piece, perhaps by several processes, gets the numbers of the whole.
///
///     RowWindow window(32, 16, 128);   // rows 32..47 of 128
///     rng.normal({16, 20});            // rows 32..47 of what rng.normal({128, 20}) gives
///
/// The axis of rows is the last but one, or else the first, that has `count` elements; a draw without such an axis is
/// the same in every piece. The whole is drawn, and the part taken out of it.
class RowWindow {
 public:
  RowWindow(std::int64_t first, std::int64_t count, std::int64_t all);
  ~RowWindow();
  RowWindow(const RowWindow&) = delete;
  RowWindow& operator=(const RowWindow&) = delete;

  /// The innermost window of the thread; null for none.
  static const RowWindow* active();
  /// The axis of rows of a draw of this shape; -1 for none.
  int axis(const Shape& shape) const;

  const std::int64_t first, count, all;

 private:
  const RowWindow* outer_;
};

}  // namespace tapestry
