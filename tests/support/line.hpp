#pragma once

#include "vae/exact/line.hpp"

namespace tapestry::test {

/// The example of vae::exact::Line in a VAE's shapes: images x [n, 1], events of one number. Many
/// copies of the same image give many independent estimates in one call.
struct LineImages {
  static constexpr double kX = vae::exact::kLineX, kNoise = 0.5;
  static constexpr double kLogPx = -1.6850044206, kElboOfPrior = -3.2623649429;
  static constexpr double kPosteriorMean = 1.3 / 1.5, kPosteriorScale = 0.5773502691896258;

  explicit LineImages(std::int64_t n) : x(full({n, 1}, kX)), images(n) {}
  prob::Normal q(double mean, double scale) const {
    return {full({images, 1}, mean), full({images, 1}, scale), 1};
  }
  prob::Normal likelihood(const Tensor& z) const { return line.likelihood(z, 1); }

  vae::exact::Line line = vae::exact::Line::example();
  prob::StandardNormal prior = line.prior({1}, 1);
  Tensor x;
  std::int64_t images;
};

}  // namespace tapestry::test
