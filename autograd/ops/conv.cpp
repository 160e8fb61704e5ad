#include <algorithm>

#include "autograd/backward.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/samples.hpp"

// Convolutions as matrix products. A convolution relates an image [C,H,W] to maps [K,P,Q] through a
// weight [K,C,h,w]: maps[k,p,q] = sum over c,i,j of weight[k,c,i,j] image[c, p s - pad + i, q s -
// pad + j]. That is linear in each of the three, so three functions serve both ops and all of their
// gradients:
//
//                      correlate: maps    spread: image     correlate_weight: weight
//   conv2d             y from x, W        dx from dy, W     dW from x, dy
//   conv_transpose2d   dx from dy, W      y from x, W       dW from dy, x

namespace tapestry {
namespace {

using samples::values;

struct Geometry {
  std::int64_t B;        // images in the batch
  std::int64_t C, H, W;  // channels and size of an image
  std::int64_t K, P, Q;  // channels and size of the maps
  std::int64_t h, w;     // kernel
  std::int64_t stride, padding;

  std::int64_t image() const { return C * H * W; }
  std::int64_t maps() const { return K * P * Q; }
  std::int64_t places() const { return P * Q; }
  std::int64_t taps() const { return C * h * w; }
};

// The output columns q whose source column q stride + shift lies in [0, W).
struct Span {
  std::int64_t begin, end;
};
Span inside(std::int64_t shift, std::int64_t stride, std::int64_t W, std::int64_t Q) {
  const std::int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const std::int64_t end = W - shift <= 0 ? 0 : (W - shift + stride - 1) / stride;
  return {std::min(begin, Q), std::clamp(end, std::min(begin, Q), Q)};
}

// columns[C h w, P Q] of image[C,H,W]: row (c,i,j) holds what tap (c,i,j) sees from every place.
template <class T>
void image_to_columns(const Geometry& g, const T* image, T* columns) {
  for (std::int64_t c = 0; c < g.C; ++c) {
    for (std::int64_t i = 0; i < g.h; ++i) {
      for (std::int64_t j = 0; j < g.w; ++j) {
        const std::int64_t shift = j - g.padding;
        const Span valid = inside(shift, g.stride, g.W, g.Q);
        for (std::int64_t p = 0; p < g.P; ++p, columns += g.Q) {
          const std::int64_t y = p * g.stride - g.padding + i;
          if (y < 0 || y >= g.H) {
            std::fill_n(columns, g.Q, T(0));
            continue;
          }
          const T* row = image + (c * g.H + y) * g.W;
          std::fill(columns, columns + valid.begin, T(0));
          for (std::int64_t q = valid.begin; q < valid.end; ++q) {
            columns[q] = row[q * g.stride + shift];
          }
          std::fill(columns + valid.end, columns + g.Q, T(0));
        }
      }
    }
  }
}

// The adjoint: adds every entry of columns[C h w, P Q] to the pixel of image[C,H,W] it came from.
template <class T>
void add_columns_to_image(const Geometry& g, const T* columns, T* image) {
  for (std::int64_t c = 0; c < g.C; ++c) {
    for (std::int64_t i = 0; i < g.h; ++i) {
      for (std::int64_t j = 0; j < g.w; ++j) {
        const std::int64_t shift = j - g.padding;
        const Span valid = inside(shift, g.stride, g.W, g.Q);
        for (std::int64_t p = 0; p < g.P; ++p, columns += g.Q) {
          const std::int64_t y = p * g.stride - g.padding + i;
          if (y < 0 || y >= g.H) continue;
          T* row = image + (c * g.H + y) * g.W;
          for (std::int64_t q = valid.begin; q < valid.end; ++q) {
            row[q * g.stride + shift] += columns[q];
          }
        }
      }
    }
  }
}

// The batch in at most kPieces runs of images, each worked through by one thread. The cuts do not
// depend on the number of threads, so neither does the sum over the pieces.
constexpr std::int64_t kPieces = 8;

// Calls fn(piece, image, columns) for every image b; `columns` is scratch of the piece's own.
// Inside the loop OpenBLAS sees a parallel region and stays on the calling thread.
template <class T, class Fn>
void for_each_image(const Geometry& g, Fn fn) {
  const std::int64_t pieces = std::min(kPieces, g.B);
  if (pieces == 0) return;
  const std::int64_t width = g.taps() * g.places();
  Tensor scratch = Tensor::empty({pieces, width}, dtype_of<T>());
  T* columns = scratch.mutate<T>().data();
  parallel_rows(pieces, g.B / pieces * width, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      for (std::int64_t b = g.B * piece / pieces; b < g.B * (piece + 1) / pieces; ++b) {
        fn(piece, b, columns + begin * width);
      }
    }
  });
}

// maps[B,K,P,Q] += weight[K, C h w] columns(image[B,C,H,W])
template <class T>
void correlate(const Geometry& g, const T* image, const T* weight, T* maps) {
  for_each_image<T>(g, [&](std::int64_t, std::int64_t b, T* columns) {
    image_to_columns(g, image + b * g.image(), columns);
    gemm(false, false, g.K, g.places(), g.taps(), T(1), weight, g.taps(), columns, g.places(), T(1),
         maps + b * g.maps(), g.places());
  });
}

// image[B,C,H,W] += images of columns weight^T[C h w, K] maps[B,K,P,Q]
template <class T>
void spread(const Geometry& g, const T* maps, const T* weight, T* image) {
  for_each_image<T>(g, [&](std::int64_t, std::int64_t b, T* columns) {
    gemm(true, false, g.taps(), g.places(), g.K, T(1), weight, g.taps(), maps + b * g.maps(),
         g.places(), T(0), columns, g.places());
    add_columns_to_image(g, columns, image + b * g.image());
  });
}

// dweight[K, C h w] += sum over b of maps[b][K, P Q] columns(image[b])^T, piece by piece.
template <class T>
void correlate_weight(const Geometry& g, const T* image, const T* maps, T* dweight) {
  const std::int64_t size = g.K * g.taps(), pieces = std::min(kPieces, g.B);
  Tensor partial = Tensor::empty({pieces, size}, dtype_of<T>());
  T* sums = partial.mutate<T>().data();
  for_each_image<T>(g, [&](std::int64_t piece, std::int64_t b, T* columns) {
    const bool first = b == g.B * piece / pieces;
    image_to_columns(g, image + b * g.image(), columns);
    gemm(false, true, g.K, g.taps(), g.places(), T(1), maps + b * g.maps(), g.places(), columns,
         g.places(), first ? T(0) : T(1), sums + piece * size, g.taps());
  });
  parallel_pieces(size, kGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) dweight[i] += sums[piece * size + i];
    }
  });
}

// y[B,O,...] = bias[O] everywhere.
template <class T>
void fill_with_bias(const Tensor& bias, Tensor& y) {
  const std::int64_t channels = y.dim(1), width = y.shape().size(2, y.rank());
  const T* value = bias.view<T>().data();
  T* out = y.mutate<T>().data();
  parallel_rows(y.dim(0) * channels, width, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r)
      std::fill_n(out + r * width, width, value[r % channels]);
  });
}

// The target's values, zeroed when nothing has been written there yet.
template <class T>
T* begin_adding(const GradTarget& target) {
  const auto values = target.grad.mutate<T>();
  if (target.fresh) std::fill(values.begin(), values.end(), T(0));
  return values.data();
}

void expect_rank4(const Tensor& t, const char* what, const char* axes) {
  check<ShapeError>(t.rank() == 4, "{} has the shape {}, not {}", what, t.shape(), axes);
}

void expect_channels(const Tensor& x, const Tensor& weight, int input, int output,
                     const Tensor& bias) {
  check<ShapeError>(x.dim(1) == weight.dim(input), "x {} has {} channels, weight {} takes {}",
                    x.shape(), x.dim(1), weight.shape(), weight.dim(input));
  check<ShapeError>(bias.shape() == Shape{weight.dim(output)},
                    "bias {} does not fit weight {} with {} outputs", bias.shape(), weight.shape(),
                    weight.dim(output));
}

void expect_options(std::int64_t stride, std::int64_t padding) {
  check<ConfigError>(stride >= 1, "stride {} is not at least 1", stride);
  check<ConfigError>(padding >= 0, "padding {} is negative", padding);
}

// conv2d: y = correlate(x, W) + b
// ------------------------------------------------------------------

// x [B,C,H,W], weight [O,C,h,w]; attrs.i = {stride, padding}
Geometry conv_geometry(const Shape& x, const Shape& weight, const Attrs& attrs) {
  const std::int64_t stride = attrs.i[0], padding = attrs.i[1];
  const std::int64_t rows = x[2] + 2 * padding - weight[2],
                     columns = x[3] + 2 * padding - weight[3];
  check<ShapeError>(rows >= 0 && columns >= 0,
                    "a kernel of {}x{} does not fit into {}x{} with padding {}", weight[2],
                    weight[3], x[2], x[3], padding);
  return {x[0],      x[1],      x[2],   x[3],   weight[0], rows / stride + 1, columns / stride + 1,
          weight[2], weight[3], stride, padding};
}

Tensor forward_conv2d(Inputs in, const Attrs& attrs, Tensor*) {
  const Tensor &x = in[0], &weight = in[1], &bias = in[2];
  expect_rank4(x, "x", "[B,C,H,W]");
  expect_rank4(weight, "weight", "[O,C,h,w]");
  expect_channels(x, weight, 1, 0, bias);
  expect_options(attrs.i[0], attrs.i[1]);
  const Geometry g = conv_geometry(x.shape(), weight.shape(), attrs);
  Tensor y = Tensor::empty({g.B, g.K, g.P, g.Q}, x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    fill_with_bias<T>(bias, y);
    correlate(g, x.view<T>().data(), weight.view<T>().data(), y.mutate<T>().data());
  });
  return y;
}

void back_conv2d(BackwardCtx& ctx) {
  const Tensor &x = ctx.in(0), &weight = ctx.in(1), &dy = ctx.dout();
  const Geometry g = conv_geometry(x.shape(), weight.shape(), ctx.attrs());
  dispatch(dy.dtype(), [&]<class T>(T) {
    const T* maps = dy.view<T>().data();
    if (ctx.wants(0)) spread(g, maps, weight.view<T>().data(), begin_adding<T>(ctx.target(0)));
    if (ctx.wants(1)) correlate_weight(g, x.view<T>().data(), maps, begin_adding<T>(ctx.target(1)));
  });
  if (ctx.wants(2)) ctx.accumulate(2, sum_axes(dy, 0b1101, false));
}

std::vector<Sample> samples_conv2d() {
  const auto sample = [](const Shape& x, const Shape& weight, std::int64_t stride,
                         std::int64_t padding) {
    return Sample{{values(x), values(weight, -1, 1, 2), values({weight[0]}, -1, 1, 3)},
                  {.i = {stride, padding}}};
  };
  return {sample({2, 2, 4, 5}, {3, 2, 2, 3}, 1, 0), sample({1, 1, 5, 4}, {2, 1, 3, 3}, 2, 1),
          sample({2, 1, 3, 3}, {1, 1, 1, 1}, 1, 0), sample({1, 2, 3, 2}, {1, 2, 3, 2}, 3, 2),
          sample({0, 2, 3, 3}, {2, 2, 2, 2}, 1, 0)};
}

constexpr OpInfo kConv2d{
    .name = "conv2d",
    .args = "x, weight, bias",
    .formula = "y[b,o,p,q] = bias[o] + sum_cij weight[o,c,i,j] x[b,c,p s - pad + i,q s - pad + j]",
    .gradient =
        "dx += transposed convolution of dy, dweight += x correlated with dy, dbias += sum dy",
    .forward = forward_conv2d,
    .backward = back_conv2d,
    .saves = kSaveIn0 | kSaveIn1,
    .samples = samples_conv2d,
};

// conv_transpose2d: y = spread(x, W) + b, the adjoint of conv2d
// -------------------------------------

// x [B,C,H,W] are the maps of the convolution that it turns round, weight [C,O,h,w].
Geometry conv_transpose_geometry(const Shape& x, const Shape& weight, const Attrs& attrs) {
  const std::int64_t stride = attrs.i[0], padding = attrs.i[1];
  const auto grown = [&](std::int64_t n, std::int64_t kernel) {
    return (n - 1) * stride - 2 * padding + kernel;
  };
  const std::int64_t rows = grown(x[2], weight[2]), columns = grown(x[3], weight[3]);
  check<ShapeError>(rows >= 1 && columns >= 1,
                    "padding {} leaves nothing of {}x{} with a kernel of {}x{}", padding, x[2],
                    x[3], weight[2], weight[3]);
  return {x[0], weight[1], rows,      columns, weight[0], x[2],
          x[3], weight[2], weight[3], stride,  padding};
}

Tensor forward_conv_transpose2d(Inputs in, const Attrs& attrs, Tensor*) {
  const Tensor &x = in[0], &weight = in[1], &bias = in[2];
  expect_rank4(x, "x", "[B,C,H,W]");
  expect_rank4(weight, "weight", "[C,O,h,w]");
  expect_channels(x, weight, 0, 1, bias);
  expect_options(attrs.i[0], attrs.i[1]);
  const Geometry g = conv_transpose_geometry(x.shape(), weight.shape(), attrs);
  Tensor y = Tensor::empty({g.B, g.C, g.H, g.W}, x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    fill_with_bias<T>(bias, y);
    spread(g, x.view<T>().data(), weight.view<T>().data(), y.mutate<T>().data());
  });
  return y;
}

void back_conv_transpose2d(BackwardCtx& ctx) {
  const Tensor &x = ctx.in(0), &weight = ctx.in(1), &dy = ctx.dout();
  const Geometry g = conv_transpose_geometry(x.shape(), weight.shape(), ctx.attrs());
  dispatch(dy.dtype(), [&]<class T>(T) {
    const T* image = dy.view<T>().data();
    if (ctx.wants(0)) correlate(g, image, weight.view<T>().data(), begin_adding<T>(ctx.target(0)));
    if (ctx.wants(1))
      correlate_weight(g, image, x.view<T>().data(), begin_adding<T>(ctx.target(1)));
  });
  if (ctx.wants(2)) ctx.accumulate(2, sum_axes(dy, 0b1101, false));
}

std::vector<Sample> samples_conv_transpose2d() {
  const auto sample = [](const Shape& x, const Shape& weight, std::int64_t stride,
                         std::int64_t padding) {
    return Sample{{values(x), values(weight, -1, 1, 2), values({weight[1]}, -1, 1, 3)},
                  {.i = {stride, padding}}};
  };
  return {sample({2, 3, 2, 3}, {3, 2, 2, 3}, 1, 0), sample({1, 2, 3, 2}, {2, 1, 3, 4}, 2, 1),
          sample({2, 1, 3, 3}, {1, 1, 1, 1}, 1, 0), sample({1, 1, 1, 1}, {1, 2, 3, 3}, 2, 1),
          sample({0, 2, 3, 3}, {2, 2, 2, 2}, 1, 0)};
}

constexpr OpInfo kConvTranspose2d{
    .name = "conv_transpose2d",
    .args = "x, weight, bias",
    .formula =
        "y[b,o,p s - pad + i,q s - pad + j] = bias[o] + sum_c,p,q weight[c,o,i,j] x[b,c,p,q]",
    .gradient = "dx += convolution of dy, dweight += dy correlated with x, dbias += sum dy",
    .forward = forward_conv_transpose2d,
    .backward = back_conv_transpose2d,
    .saves = kSaveIn0 | kSaveIn1,
    .samples = samples_conv_transpose2d,
};

constexpr const OpInfo* kOps[] = {&kConv2d, &kConvTranspose2d};

}  // namespace

Tensor conv2d(Arg x, Arg weight, Arg bias, ConvOptions options) {
  return apply(kConv2d, {x, weight, bias}, {.i = {options.stride, options.padding}});
}
Tensor conv_transpose2d(Arg x, Arg weight, Arg bias, ConvOptions options) {
  return apply(kConvTranspose2d, {x, weight, bias}, {.i = {options.stride, options.padding}});
}

OpFamily conv_ops() { return kOps; }

}  // namespace tapestry
