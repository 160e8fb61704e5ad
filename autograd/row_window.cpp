#include "autograd/row_window.hpp"

#include "autograd/error.hpp"

namespace tapestry {
namespace {

constinit thread_local const RowWindow* innermost = nullptr;

}  // namespace

RowWindow::RowWindow(std::int64_t from, std::int64_t n, std::int64_t of)
    : first(from), count(n), all(of), outer_(innermost) {
  check<DomainError>(from >= 0 && n >= 1 && from + n <= of, "rows {} to {} of {} do not exist",
                     from, from + n, of);
  innermost = this;
}
RowWindow::~RowWindow() { innermost = outer_; }

const RowWindow* RowWindow::active() { return innermost; }

int RowWindow::axis(const Shape& shape) const {
  if (shape.rank() >= 4 && shape[0] == count) return 0;  // images [B,C,H,W]
  if (shape.rank() >= 2 && shape[-2] == count) return shape.rank() - 2;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] == count) return axis;
  return -1;
}

}  // namespace tapestry
