#pragma once

#include <cmath>

#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"

namespace tapestry::test {

/// z ~ N(0, 1), x|z ~ N(z, 1/2), observed x = 1.3: everything about it is known. Many copies of the
/// same image stand side by side, so one call gives many independent estimates.
struct Line {
  static constexpr double kX = 1.3, kNoise = 0.5;
  static constexpr double kLogPx = -1.6850044206, kElboOfPrior = -3.2623649429;
  static constexpr double kPosteriorMean = 1.3 / 1.5, kPosteriorScale = 0.5773502691896258;

  explicit Line(std::int64_t n) : x(full({n, 1}, kX)), images(n) {}
  prob::Normal q(double mean, double scale) const {
    return {full({images, 1}, mean), full({images, 1}, scale), 1};
  }
  prob::Normal likelihood(const Tensor& z) const {
    return {z, full({}, std::sqrt(kNoise), z.dtype()), 1};
  }
  prob::StandardNormal prior{{1}, 1};
  Tensor x;
  std::int64_t images;
};

}  // namespace tapestry::test
