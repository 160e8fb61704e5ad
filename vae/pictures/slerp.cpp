#include "vae/pictures/slerp.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

using Vector = std::vector<double>;
// A component of a unit vector shorter than this is rounding error and has no direction.
constexpr double kRounding = 1e-12;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// p a + q b
Vector combine(double p, const Vector& a, double q, const Vector& b) {
  Vector out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = p * a[i] + q * b[i];
  return out;
}

Vector scaled(double p, Vector a) {
  for (double& v : a) v *= p;
  return a;
}

// The part of v at right angles to the unit vector u, with length 1; zeros if there is none.
Vector perpendicular(const Vector& v, const Vector& u) {
  Vector part = combine(1, v, -dot(u, v), u);
  const double length = std::sqrt(dot(part, part));
  return scaled(length > kRounding ? 1 / length : 0, std::move(part));
}

// The axis along which u has its smallest component.
Vector farthest_axis(const Vector& u) {
  Vector axis(u.size());
  const auto least = std::min_element(
      u.begin(), u.end(), [](double v, double w) { return std::fabs(v) < std::fabs(w); });
  axis[static_cast<std::size_t>(least - u.begin())] = 1;
  return axis;
}

Vector slerp_one(const Vector& a, const Vector& b, double t) {
  const double from = std::sqrt(dot(a, a)), to = std::sqrt(dot(b, b));
  if (from == 0 || to == 0 || a.size() == 1) return combine(1 - t, a, t, b);
  const Vector u = scaled(1 / from, a), v = scaled(1 / to, b);
  Vector side = perpendicular(v, u);
  if (dot(side, side) == 0) side = perpendicular(farthest_axis(u), u);
  const double turn = t * std::atan2(dot(v, side), dot(v, u)), radius = (1 - t) * from + t * to;
  return combine(radius * std::cos(turn), u, radius * std::sin(turn), side);
}

void check_ends(const char* what, const Tensor& a, const Tensor& b) {
  check<ShapeError>(a.rank() >= 1 && a.shape() == b.shape() && a.dtype() == b.dtype(),
                    "{}: the ends must be vectors of one shape and type, not {} {} and {} {}", what,
                    name(a.dtype()), a.shape(), name(b.dtype()), b.shape());
  check_values(what, "a", a, kFinite);
  check_values(what, "b", b, kFinite);
}

// One path at each t of a list: [T, ..., D].
template <class Path>
Tensor along(const Tensor& t, Path&& path) {
  check<ShapeError>(t.rank() == 1 && t.size() >= 1, "t must be one number or a list, not {}",
                    t.shape());
  std::vector<Tensor> points;
  for (const double at : t.to_vector()) points.push_back(path(at));
  return stack(points, 0);
}

}  // namespace

Tensor lerp(const Tensor& a, const Tensor& b, double t) {
  const NoGrad no_grad;
  check_ends("lerp", a, b);
  check_value("lerp", "t", t, kUnitInterval);
  return (1 - t) * a.detach() + t * b.detach();
}

Tensor slerp(const Tensor& a, const Tensor& b, double t) {
  const NoGrad no_grad;
  check_ends("slerp", a, b);
  check_value("slerp", "t", t, kUnitInterval);
  if (t == 0) return a.detach();
  if (t == 1) return b.detach();
  const std::vector<double> from = a.to_vector(), to = b.to_vector();
  std::vector<double> out;
  for (std::int64_t first = 0; first < a.size(); first += a.dim(-1)) {
    const auto row = [&](const std::vector<double>& all) {
      return Vector(all.begin() + first, all.begin() + first + a.dim(-1));
    };
    const Vector point = slerp_one(row(from), row(to), t);
    out.insert(out.end(), point.begin(), point.end());
  }
  return tensor(out, a.shape(), a.dtype());
}

Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& t) {
  return along(t, [&](double at) { return lerp(a, b, at); });
}

Tensor slerp(const Tensor& a, const Tensor& b, const Tensor& t) {
  return along(t, [&](double at) { return slerp(a, b, at); });
}

}  // namespace tapestry::vae
