#pragma once

#include "autograd/arg.hpp"

namespace tapestry::vae {

/// How two images are compared: in windows of window x window pixels, weighed by a Gaussian.
struct SimilarityOptions {
  std::int64_t window = 7;
  double sigma = 1.5;  ///< of the Gaussian, in pixels
  int scales = 3;      ///< 1: structural similarity, SSIM; 2 to 5: at several scales, MS-SSIM
};

/// Structural similarity [B] of images x and y [B, rows, cols] with values in [0, 1]: 1 for equal images, less for others.
/// In each window, with means m, variances v and the covariance c of both images,
///
///     light = (2 m_x m_y + C_1) / (m_x^2 + m_y^2 + C_1)      structure = (2 c + C_2) / (v_x + v_y + C_2)
///
/// C_1 = 0.01^2, C_2 = 0.03^2. Their product, averaged over the windows that lie inside, is SSIM (Wang, Bovik, Sheikh and
/// Simoncelli, Image quality assessment: from error visibility to structural similarity, 2004). Of several scales, each half as
/// fine as the one before, the structures are averaged, raised to their weights (0.0448, 0.2856, 0.3001, 0.2363, 0.1333,
/// made to sum to 1) and multiplied, the coarsest with its light (Wang, Simoncelli and Bovik, Multi-scale structural similarity for
/// image quality assessment, 2003); averages below 1e-6 count as that. Recorded. ShapeError unless both have one shape, whose
/// coarsest scale holds a window; ConfigError for other options.
Tensor structural_similarity(const Tensor& x, const Tensor& y,
                             const SimilarityOptions& options = {});

}  // namespace tapestry::vae
