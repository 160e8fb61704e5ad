#include "nn/layers/gaussian_window.hpp"

#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

Tensor gaussian_filters(const Tensor& centre, const Tensor& stride, const Tensor& variance,
                        std::int64_t points, std::int64_t pixels) {
  const auto along = [&](const Tensor& t) { return reshape(t, {-1, 1, 1}); };
  const double middle = 0.5 * static_cast<double>(points - 1);
  const Tensor step = reshape(arange(points, centre.dtype()) - middle, {1, points, 1});
  const Tensor means = along(centre) + step * along(stride);  // [B, points, 1]
  const Tensor off = reshape(arange(pixels, centre.dtype()), {1, 1, pixels}) - means;
  return softmax(-square(off) / (2.0 * along(variance)), -1);  // stays 1 in sum where all are tiny
}

GaussianWindow::GaussianWindow(std::int64_t in, std::int64_t side, std::int64_t points)
    : five(*this, "five", sizes("gaussian window", {in, side, points})[0], 5),
      side_(side),
      points_(points) {
  check<ConfigError>(points >= 2, "gaussian window: {} points, expected at least 2", points);
}

GaussianWindow::Laid GaussianWindow::forward(const Tensor& h) {
  const Tensor all = five(h);
  const auto number = [&](int k) { return reshape(slice(all, -1, k, k + 1), {-1}); };
  const double side = static_cast<double>(side_);
  const auto centre = [&](int k) { return (number(k) + 1.0) * ((side + 1) / 2) - 1.0; };
  const Tensor variance = exp(number(2)),
               stride = exp(number(3)) * ((side - 1) / static_cast<double>(points_ - 1));
  return {.rows = gaussian_filters(centre(1), stride, variance, points_, side_),
          .cols = gaussian_filters(centre(0), stride, variance, points_, side_),
          .intensity = exp(slice(all, -1, 4, 5))};
}

Tensor GaussianWindow::Laid::read(const Tensor& x) const {
  const std::int64_t points = rows.dim(1), side = rows.dim(2);
  const Tensor down = matmul(rows, reshape(x, {-1, side, side}));
  return intensity * reshape(matmul(down, cols, {.transpose_right = true}), {-1, points * points});
}

Tensor GaussianWindow::Laid::write(const Tensor& patch) const {
  const std::int64_t points = rows.dim(1), side = rows.dim(2);
  const Tensor image =
      matmul(matmul(rows, reshape(patch, {-1, points, points}), {.transpose_left = true}), cols);
  return reshape(image, {-1, side * side}) / intensity;
}

std::string GaussianWindow::describe() const {
  return fmt::format("GaussianWindow {0} x {0} on {1} x {1}", points_, side_);
}

}  // namespace tapestry::nn
