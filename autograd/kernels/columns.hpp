#pragma once

#include <cstdint>

namespace tapestry {

/// The sizes of a convolution that relates images [B,C,H,W] to maps [B,K,P,Q].
struct ConvGeometry {
  std::int64_t B;        ///< images in the batch
  std::int64_t C, H, W;  ///< channels and size of an image
  std::int64_t K, P, Q;  ///< channels and size of the maps
  std::int64_t h, w;     ///< kernel
  std::int64_t stride, padding;

  std::int64_t pixels() const { return H * W; }
  std::int64_t places() const { return P * Q; }
  std::int64_t taps() const { return C * h * w; }
  std::int64_t image() const { return C * pixels(); }
  std::int64_t maps() const { return K * places(); }
};

/// Convolutions as matrix products: the columns [C h w, n P Q] of n images hold in row (c,i,j) what
/// tap (c,i,j) of the kernel sees from every place of every image. With stride s a tap reads every
/// s-th pixel of a row. So each channel is first *split*: padded, and its columns dealt out to s
/// phases, 0 s 2s ..., then 1 s+1 2s+1 ... From there every tap reads contiguous runs of Q.
class Columns {
 public:
  /// `pixel_place` is scratch of g.pixels() numbers that has to outlive the object.
  Columns(const ConvGeometry& g, std::int32_t* pixel_place);

  /// Sizes of the buffers below for n images. Both are moved in whole chunks, which run over a little.
  std::int64_t columns_size(std::int64_t n) const { return g_.taps() * n * g_.places() + kChunk; }
  std::int64_t split_size(std::int64_t n) const { return n * plane_ + kChunk; }

  /// columns[C h w, n P Q] of images[n,C,H,W]; `split` is scratch.
  template <class T>
  void from_images(std::int64_t n, const T* images, T* split, T* columns) const;

  /// The adjoint: every pixel of images[n,C,H,W] becomes the sum of the entries of
  /// columns[C h w, n P Q] that from_images copies it to, or grows by it if `add`.
  template <class T>
  void to_images(std::int64_t n, const T* columns, T* split, T* images, bool add) const;

 private:
  static constexpr int kChunk = 8;

  template <class T>
  void copy_runs(const T* from, T* to) const;
  template <class T>
  void add_runs(const T* from, T* to) const;

  /// Where place (0, 0) finds tap (i, j).
  std::int64_t tap(std::int64_t i, std::int64_t j) const {
    return i * row_ + j % g_.stride * phase_ + j / g_.stride;
  }

  const ConvGeometry g_;
  const std::int64_t phase_, row_, plane_;  // sizes of a split channel's parts
  const std::int32_t* pixel_place_;         // [H,W]: where a pixel lies in the split channel
};

}  // namespace tapestry
