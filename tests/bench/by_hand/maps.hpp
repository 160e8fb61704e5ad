#pragma once

#include <algorithm>
#include <cstdint>

namespace tapestry::bench {

/// The 4x4 windows, two pixels apart, of an image [2P, 2Q, C], channels last. Images have a frame of
/// zeros around them, [2P + 2, 2Q + 2, C], so that no window looks outside.
template <int C>
struct Windows {
  std::int64_t P, Q;

  static constexpr std::int64_t kRun = 4 * C, kTaps = 4 * kRun;

  std::int64_t places() const { return P * Q; }
  std::int64_t row() const { return (2 * Q + 2) * C; }  ///< of a framed image
  std::int64_t framed() const { return (2 * P + 2) * row(); }
  std::int64_t pixels() const { return 4 * P * Q * C; }  ///< of an image without its frame

  /// columns[P, Q, 4, 4, C]: a row of a window is a run of 4 C numbers of the image.
  void copy(const float* image, float* columns) const {
    for (std::int64_t p = 0; p < P; ++p) {
      for (std::int64_t q = 0; q < Q; ++q, columns += kTaps) {
        const float* window = image + 2 * p * row() + 2 * q * C;
        for (std::int64_t i = 0; i < 4; ++i) {
          std::copy_n(window + i * row(), kRun, columns + i * kRun);
        }
      }
    }
  }

  /// The way back: image = sums of the columns. Neighbours overlap by half, so even q first, then odd: an
  /// addition does not wait for the one before.
  void add(const float* columns, float* image) const {
    std::fill_n(image, framed(), 0.0f);
    for (std::int64_t p = 0; p < P; ++p) {
      for (std::int64_t i = 0; i < 4; ++i) {
        for (std::int64_t odd = 0; odd < 2; ++odd) {
          for (std::int64_t q = odd; q < Q; q += 2) {
            const float* run = columns + (p * Q + q) * kTaps + i * kRun;
            float* to = image + (2 * p + i) * row() + 2 * q * C;
#pragma omp simd
            for (std::int64_t k = 0; k < kRun; ++k) to[k] += run[k];
          }
        }
      }
    }
  }

  /// Calls fn(framed, plain, n) for every row of an image: where its n numbers begin with the frame and
  /// without.
  template <class Fn>
  void rows(Fn fn) const {
    const std::int64_t n = 2 * Q * C;
    for (std::int64_t y = 0; y < 2 * P; ++y) fn((y + 1) * row() + C, y * n, n);
  }
};

/// y = relu(x + bias) on n pixels of C channels.
template <int C>
void bias_relu(std::int64_t n, const float* x, const float* bias, float* y) {
  for (std::int64_t r = 0; r < n * C; r += C) {
#pragma omp simd
    for (int c = 0; c < C; ++c) {
      const float s = x[r + c] + bias[c];
      y[r + c] = s > 0 ? s : 0.0f;
    }
  }
}

/// ds = dy where y > 0, and its sums over the pixels are added to dbias.
template <int C>
void back_relu(std::int64_t n, const float* dy, const float* y, float* ds, float* dbias) {
  float sum[C] = {};
  for (std::int64_t r = 0; r < n * C; r += C) {
#pragma omp simd
    for (int c = 0; c < C; ++c) {
      const float d = y[r + c] > 0 ? dy[r + c] : 0.0f;
      ds[r + c] = d;
      sum[c] += d;
    }
  }
  for (int c = 0; c < C; ++c) dbias[c] += sum[c];
}

}  // namespace tapestry::bench
