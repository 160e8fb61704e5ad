#pragma once

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace support {

/// The gradient of the sum of f(x), by one sweep of the tape: f'(x) for an f that is elementwise.
template <class F>
tapestry::Tensor slope(F&& f, const tapestry::Tensor& x) {
  tapestry::Tape tape;
  const tapestry::Tensor watched = tape.watch(x);
  tape.backward(sum(f(watched)));
  return tape.grad(watched);
}

/// f''(x) for each element of x: a central difference of two slopes `step` apart from x.
template <class F>
tapestry::Tensor curvature(F&& f, const tapestry::Tensor& x, const tapestry::Tensor& step) {
  return (slope(f, x + step) - slope(f, x - step)) / (2.0 * step);
}

}  // namespace support
