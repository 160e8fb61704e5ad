#include "nn/data/moved_images.hpp"

#include <cmath>
#include <vector>

#include "autograd/error.hpp"

namespace tapestry::nn {

namespace {

/// The value at (x, y), between the four pixels around it.
double value_at(const double* image, std::int64_t side, double x, double y) {
  const double left = std::floor(x), top = std::floor(y);
  double value = 0;
  for (const double py : {top, top + 1})
    for (const double px : {left, left + 1}) {
      const bool outside = px < 0 || py < 0 || px > static_cast<double>(side - 1) ||
                           py > static_cast<double>(side - 1);
      if (outside) continue;
      const double share = (1 - std::abs(x - px)) * (1 - std::abs(y - py));
      value += share * image[static_cast<std::int64_t>(py) * side + static_cast<std::int64_t>(px)];
    }
  return value;
}

}  // namespace

Tensor moved_images(const Tensor& images, Rng& rng, const MoveOptions& options) {
  const std::int64_t pixels = images.dim(-1), side = std::llround(std::sqrt(pixels));
  check<ShapeError>(side * side == pixels, "moved_images: {} pixels are no square", pixels);
  const double middle = static_cast<double>(side - 1) / 2;
  const std::vector<double> from = images.to_vector();
  std::vector<double> to(from.size());
  const auto any = [&](double most) { return most * (2 * rng.uniform() - 1); };
  for (std::size_t first = 0; first < from.size(); first += static_cast<std::size_t>(pixels)) {
    const double turn = any(options.turn), slant = any(options.slant);
    const double size = std::exp(any(options.size)), width = std::exp(any(options.width));
    const double right = any(options.shift) * static_cast<double>(side),
                 down = any(options.shift) * static_cast<double>(side);
    const double cosine = std::cos(turn) / size, sine = std::sin(turn) / size;
    for (std::int64_t i = 0; i < pixels; ++i) {  // where the new pixel was
      const std::int64_t row = i / side, col = i % side;
      const double y = static_cast<double>(row) - middle - down;
      const double x = static_cast<double>(col) - middle - right + slant * y;
      to[first + static_cast<std::size_t>(i)] =
          value_at(&from[first], side, (cosine * x - sine * y) / width + middle,
                   (sine * x + cosine * y) * width + middle);
    }
  }
  return tensor(to, images.shape(), images.dtype());
}

}  // namespace tapestry::nn
