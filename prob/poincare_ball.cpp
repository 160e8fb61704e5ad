#include "prob/poincare_ball.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/special/euclidean_norm.hpp"

namespace tapestry::prob {

namespace {

Tensor inner(const Tensor& x, const Tensor& y) { return sum(x * y, -1, true); }
Tensor artanh(const Tensor& x) { return 0.5 * (log1p(x) - log1p(-x)); }

}  // namespace

Tensor ball_add(const Tensor& x, const Tensor& y, double c) {
  const Tensor xy = 2 * c * inner(x, y), xx = c * inner(x, x), yy = c * inner(y, y);
  return ((1.0 + xy + yy) * x + (1.0 - xx) * y) / (1.0 + xy + xx * yy);
}

Tensor ball_distance(const Tensor& x, const Tensor& y, double c) {
  const Tensor r = std::sqrt(c) * euclidean_norm(ball_add(-x, y, c));
  return 2 / std::sqrt(c) * sum(artanh(r), -1);
}

Tensor ball_exp(const Tensor& from, const Tensor& v, double c) {
  const Tensor r = std::sqrt(c) * euclidean_norm(v);
  return ball_add(from, tanh(0.5 * r) / r * v, c);
}

Tensor ball_log(const Tensor& from, const Tensor& z, double c) {
  const Tensor w = ball_add(-from, z, c), r = std::sqrt(c) * euclidean_norm(w);
  return 2.0 * artanh(r) / r * w;
}

}  // namespace tapestry::prob
