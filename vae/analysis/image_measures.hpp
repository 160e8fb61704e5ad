#pragma once

#include "autograd/tensor.hpp"

// Measures of images with values in [0, 1]: [..., rows, cols] to one number for each image, [...].
// Not recorded.

namespace tapestry::vae {

/// The mean square of the Laplacian (up + down + left + right - 4 times the pixel) over the inner
/// pixels: high for sharp edges, low for blurred ones. White noise of variance s^2 adds 20 s^2 to it
/// (1 + 1 + 1 + 1 + 16). ShapeError for fewer than 3 rows or columns.
Tensor laplacian_energy(const Tensor& images);

/// Peak signal-to-noise ratio in decibels, -10 log10(mean squared error), for a largest value of 1.
/// ShapeError unless both have one shape, DomainError for equal images.
Tensor psnr(const Tensor& images, const Tensor& clean);

/// Slant and thickness of white pen strokes on black, in pixels.
struct PenMeasures {
  Tensor slant;      ///< to the right for each pixel up: -cov(right, down) / var(down) of the ink
  Tensor thickness;  ///< 2 sum of x / sum of |gradient of x|: a stroke has two edges
};
/// The thickness is exact for a long bar, also with soft edges; ends and corners make it a little
/// less. DomainError for negative values and for an image of one colour or without height.
PenMeasures measure_pen(const Tensor& images);

}  // namespace tapestry::vae
