#include "vae/analysis/image_measures.hpp"

#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

void check_images(const char* function, const Tensor& images, std::int64_t least) {
  check<ShapeError>(images.rank() >= 2 && images.dim(-2) >= least && images.dim(-1) >= least,
                    "{}: images must be [..., rows, cols] of at least {} x {}, not {}", function,
                    least, least, images.shape());
}

// The images moved by (down, right) of 0 to `frame`, cut to where all of these exist.
Tensor moved(const Tensor& images, std::int64_t down, std::int64_t right, std::int64_t frame) {
  const std::int64_t rows = images.dim(-2) - frame, cols = images.dim(-1) - frame;
  return slice(slice(images, -2, down, down + rows), -1, right, right + cols);
}

}  // namespace

Tensor laplacian_energy(const Tensor& images) {
  check_images("laplacian_energy", images, 3);
  const NoGrad no_grad;
  const auto at = [&](std::int64_t down, std::int64_t right) {
    return moved(images, down, right, 2);
  };
  return mean(square(at(0, 1) + at(2, 1) + at(1, 0) + at(1, 2) - 4.0 * at(1, 1)), {-1, -2});
}

Tensor psnr(const Tensor& images, const Tensor& clean) {
  check_images("psnr", images, 1);
  check<ShapeError>(images.shape() == clean.shape(), "psnr: images {} and clean ones {}",
                    images.shape(), clean.shape());
  const NoGrad no_grad;
  const Tensor error = mean(square(images - clean), {-1, -2});
  check_values("psnr", "the mean squared error", error, kPositive);
  return (-10 / std::numbers::ln10) * log(error);
}

PenMeasures measure_pen(const Tensor& images) {
  check_images("measure_pen", images, 2);
  check_values("measure_pen", "images", images, kNonNegative);
  const NoGrad no_grad;
  const Tensor ink = sum(images, {-1, -2}, true);
  const Tensor here = moved(images, 0, 0, 1);
  const Tensor slope =
      sqrt(square(moved(images, 1, 0, 1) - here) + square(moved(images, 0, 1, 1) - here));
  const Tensor edges = sum(slope, {-1, -2});
  check_values("measure_pen", "the length of the edges", edges, kPositive);

  const Tensor right = arange(images.dim(-1), images.dtype());
  const Tensor down = reshape(arange(images.dim(-2), images.dtype()), {-1, 1});
  const auto centred = [&](const Tensor& place) {
    return place - sum(images * place, {-1, -2}, true) / ink;
  };
  const Tensor height = sum(images * square(centred(down)), {-1, -2});
  check_values("measure_pen", "the height of a figure", height, kPositive);
  return {.slant = -sum(images * centred(right) * centred(down), {-1, -2}) / height,
          .thickness = 2.0 * sum(images, {-1, -2}) / edges};
}

}  // namespace tapestry::vae
