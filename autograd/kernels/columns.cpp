#include "autograd/kernels/columns.hpp"

#include <algorithm>

namespace tapestry {

Columns::Columns(const ConvGeometry& g, std::int32_t* pixel_place)
    : g_(g),
      phase_((g.W + 2 * g.padding + g.stride - 1) / g.stride),
      row_(g.stride * phase_),
      plane_((g.H + 2 * g.padding) * row_),
      pixel_place_(pixel_place) {
  for (std::int64_t y = 0; y < g.H; ++y) {
    for (std::int64_t x = 0; x < g.W; ++x) {
      *pixel_place++ = static_cast<std::int32_t>(tap(y + g.padding, x + g.padding));
    }
  }
}

// One tap's view of one image: P runs of Q, every stride-th row of `from`, one behind the other in `to`.
// The last chunk may overrun into the next run; safe, as chunks are written from high q to low.
template <class T>
void Columns::copy_runs(const T* from, T* to) const {
  const std::int64_t step = g_.stride * row_;
  for (std::int64_t q = (g_.Q - 1) / kChunk * kChunk; q >= 0; q -= kChunk) {
    for (std::int64_t p = 0; p < g_.P; ++p) {
      std::copy_n(from + p * step + q, kChunk, to + p * g_.Q + q);
    }
  }
}

template <class T>
void Columns::add_runs(const T* from, T* to) const {
  const std::int64_t step = g_.stride * row_;
  for (std::int64_t q = 0; q < g_.Q; q += kChunk) {
    const int run = static_cast<int>(std::min<std::int64_t>(kChunk, g_.Q - q));
    for (std::int64_t p = 0; p < g_.P; ++p) {
      const T* chunk = from + p * g_.Q + q;
      T* sum = to + p * step + q;
#pragma omp simd
      for (int k = 0; k < kChunk; ++k) sum[k] += k < run ? chunk[k] : T(0);
    }
  }
}

template <class T>
void Columns::from_images(std::int64_t n, const T* images, T* split, T* columns) const {
  const std::int64_t pixels = g_.pixels();
  std::fill_n(split, split_size(n), T(0));  // the padding stays zero
  for (std::int64_t c = 0; c < g_.C; ++c) {
    for (std::int64_t b = 0; b < n; ++b) {
      const T* channel = images + (b * g_.C + c) * pixels;
      T* to = split + b * plane_;
#pragma GCC unroll 8
      for (std::int64_t e = 0; e < pixels; ++e) to[pixel_place_[e]] = channel[e];
    }
    for (std::int64_t i = 0; i < g_.h; ++i) {
      for (std::int64_t j = 0; j < g_.w; ++j) {
        for (std::int64_t b = 0; b < n; ++b, columns += g_.places()) {
          copy_runs(split + b * plane_ + tap(i, j), columns);
        }
      }
    }
  }
}

template <class T>
void Columns::to_images(std::int64_t n, const T* columns, T* split, T* images, bool add) const {
  const std::int64_t pixels = g_.pixels();
  for (std::int64_t c = 0; c < g_.C; ++c) {
    std::fill_n(split, split_size(n), T(0));
    for (std::int64_t i = 0; i < g_.h; ++i) {
      for (std::int64_t j = 0; j < g_.w; ++j) {
        for (std::int64_t b = 0; b < n; ++b, columns += g_.places()) {
          add_runs(columns, split + b * plane_ + tap(i, j));
        }
      }
    }
    for (std::int64_t b = 0; b < n; ++b) {
      T* channel = images + (b * g_.C + c) * pixels;
      const T* from = split + b * plane_;
      if (add) {
#pragma GCC unroll 8
        for (std::int64_t e = 0; e < pixels; ++e) channel[e] += from[pixel_place_[e]];
      } else {
#pragma GCC unroll 8
        for (std::int64_t e = 0; e < pixels; ++e) channel[e] = from[pixel_place_[e]];
      }
    }
  }
}

template void Columns::from_images(std::int64_t, const float*, float*, float*) const;
template void Columns::from_images(std::int64_t, const double*, double*, double*) const;
template void Columns::to_images(std::int64_t, const float*, float*, float*, bool) const;
template void Columns::to_images(std::int64_t, const double*, double*, double*, bool) const;

}  // namespace tapestry
