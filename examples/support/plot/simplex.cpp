#include "support/plot/simplex.hpp"

#include <cmath>

namespace support {

using namespace tapestry;

namespace {

const double kHeight = std::sqrt(0.75);  // of a triangle of side 1

double to_x(const Tensor& P) { return P.at({1}) + P.at({2}) / 2; }
double to_y(const Tensor& P) { return P.at({2}) * kHeight; }

}  // namespace

Simplex::Simplex(const std::string& title, const std::function<double(const Tensor&)>& fn)
    : plot_(title, "", "") {
  const std::vector<double> across = grid(0, 1, 101), up = grid(0, kHeight, 88);
  std::vector<double> shades;
  for (const double y : up) {
    for (const double x : across) {
      const double p3 = y / kHeight, p2 = x - p3 / 2, p1 = 1 - p2 - p3;
      const bool inside = p1 > 0 && p2 > 0 && p3 > 0;  // NaN is not drawn
      shades.push_back(inside ? fn(tensor({p1, p2, p3})) : std::nan(""));
    }
  }
  plot_.heat(across, up, shades)
      .line("", {0, 1, 0.5, 0}, {0, 0, kHeight, 0})
      .note("always 1", -0.08, -0.05)
      .note("always 2", 0.92, -0.05)
      .note("always 3", 0.42, kHeight + 0.04)
      .x_range(-0.1, 1.1)
      .y_range(-0.1, 1.3)
      .bare()
      .square();
}

Simplex& Simplex::line(const std::string& label, const std::vector<Tensor>& path) {
  std::vector<double> x, y;
  for (const Tensor& P : path) {
    x.push_back(to_x(P));
    y.push_back(to_y(P));
  }
  plot_.line(label, x, y);
  return *this;
}

Simplex& Simplex::point(const std::string& label, const Tensor& P) {
  plot_.points(label, {to_x(P)}, {to_y(P)});
  return *this;
}

}  // namespace support
