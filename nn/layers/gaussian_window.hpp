#pragma once

#include "nn/callable.hpp"
#include "nn/layers/linear.hpp"

namespace tapestry::nn {

/// Gaussian weights along an axis, [B, points, pixels]: row i is proportional to exp(-(a - m_i)^2 / (2 variance)) over the
/// pixels a = 0, 1, ..., and sums to 1. The m_i are `stride` apart, their middle is `centre`; all [B], in pixels.
Tensor gaussian_filters(const Tensor& centre, const Tensor& stride, const Tensor& variance,
                        std::int64_t points, std::int64_t pixels);

/// The window of DRAW (Gregor, Danihelka, Graves, Rezende and Wierstra 2015, sections 3.2 and 3.3), a grid of
/// points x points Gaussians that is laid on a square image: what is read and written there has gradients in where the
/// grid lies, how wide it is and how sharp. Five numbers are linear in a state h [B, in]: centre (2), log variance,
/// log stride and log intensity, all 0 for a grid over the whole image.
///
///     nn::Child<nn::GaussianWindow> look{*this, "look", 160, 28, 5};
///     const Tensor patch = look(h).read(x);
class GaussianWindow : public Callable<GaussianWindow> {
 public:
  /// `in` is the size of h, `side` that of the image. ConfigError for less than 1, or less than 2 points.
  GaussianWindow(std::int64_t in, std::int64_t side, std::int64_t points);

  /// A window laid on each of B images.
  struct Laid {
    Tensor rows, cols;  ///< [B, points, side]: F_Y and F_X
    Tensor intensity;   ///< [B, 1]

    /// intensity F_Y x F_X^T: images [B, side^2] -> [B, points^2].
    Tensor read(const Tensor& x) const;
    /// F_Y^T w F_X / intensity: patches [B, points^2] -> images [B, side^2].
    Tensor write(const Tensor& patch) const;
  };
  Laid forward(const Tensor& h);
  std::string describe() const override;

  Child<Linear> five;

 private:
  std::int64_t side_, points_;
};

}  // namespace tapestry::nn
