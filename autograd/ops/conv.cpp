#include <algorithm>

#include "autograd/backward.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/columns.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/activation_functions.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// Convolutions as matrix products. A convolution relates an image [C,H,W] to maps [K,P,Q] through a
// weight [K,C,h,w]: maps[k,p,q] = sum over c,i,j of weight[k,c,i,j] image[c, p s - pad + i, q s - pad + j].
// With the image laid out as columns [C h w, P Q] (kernels/columns.hpp) that is weight times columns. It
// is linear in each of the three, so three products serve both ops and all of their gradients:
//
//                      correlate:         spread:              correlate_weight:
//                      maps = W columns   columns = W^T maps   dW += maps columns^T
//   conv2d             y from x           dx from ds           from ds and x
//   conv_transpose2d   dx from ds         y from x             from x and ds
//
// where ds = dy act' is the gradient of the sum that the activation is applied to.

namespace tapestry {
namespace {

using test_inputs::values;

// The batch is cut into at most kPieces runs of images, each worked through by one thread. The cuts do
// not depend on the number of threads, so neither do sums over the pieces. A thread takes a group of
// images at a time: enough for a wide matrix product, few enough to stay in its cache from the first
// copy to the last.
constexpr std::int64_t kPieces = 8;
constexpr std::int64_t kWide = 192;  // columns from which on a product runs at full speed

// Images first .. first + n - 1 of the batch on their way through a product. Pointers into the batch
// point at the group's own part of it.
template <class T>
struct Group {
  const ConvGeometry& g;
  const Columns& layout;
  std::int64_t piece, first, n;
  T *columns, *maps;  // [C h w, n P Q] and [K, n P Q]
  T *slopes, *split;  // scratch: one value for each of the images or maps; see Columns

  std::int64_t width() const { return n * g.places(); }

  void load_image(const T* image) { layout.from_images(n, image, split, columns); }
  void store_image(T* image, bool add) { layout.to_images(n, columns, split, image, add); }

  // maps[K, n P Q] of from[n,K,P,Q]; those of one image are that already.
  const T* load_maps(const T* from) {
    if (n == 1) return from;
    for (std::int64_t k = 0; k < g.K; ++k) {
      for (std::int64_t b = 0; b < n; ++b) {
        std::copy_n(from + (b * g.K + k) * g.places(), g.places(),
                    maps + k * width() + b * g.places());
      }
    }
    return maps;
  }

  // The three products with weight[K, C h w]. OpenBLAS sees a parallel region and stays on this thread.

  // to[n,K,P,Q] = weight columns, or grows by it if `add`.
  void correlate(const T* weight, T* to, bool add) {
    const bool direct = n == 1;
    gemm(false, false, g.K, width(), g.taps(), T(1), weight, g.taps(), columns, width(),
         T(direct && add ? 1 : 0), direct ? to : maps, width());
    if (direct) return;
    for (std::int64_t b = 0; b < n; ++b) {
      for (std::int64_t k = 0; k < g.K; ++k, to += g.places()) {
        const T* from = maps + k * width() + b * g.places();
        for (std::int64_t p = 0; p < g.places(); ++p) to[p] = add ? to[p] + from[p] : from[p];
      }
    }
  }
  // columns = weight^T matrix, where load_maps gave the matrix
  void spread(const T* weight, const T* matrix) {
    gemm(true, false, g.taps(), width(), g.K, T(1), weight, g.taps(), matrix, width(), T(0),
         columns, width());
  }
  // dweight += matrix columns^T
  void correlate_weight(const T* matrix, T* dweight) {
    gemm(false, true, g.K, g.taps(), width(), T(1), matrix, width(), columns, width(), T(1),
         dweight, g.taps());
  }
};

// Calls fn(group) for every group of every piece.
template <class T, class Fn>
void for_each_group(const ConvGeometry& g, Fn fn) {
  const std::int64_t pieces = std::min(kPieces, g.B);
  if (pieces == 0) return;
  const std::int64_t places = std::max<std::int64_t>(g.places(), 1);
  const std::int64_t most = std::min((kWide + places - 1) / places, (g.B + pieces - 1) / pieces);

  Tensor pixel_place = Tensor::empty({g.pixels()}, DType::i32);
  const Columns layout(g, pixel_place.mutate<std::int32_t>().data());
  const std::int64_t columns = layout.columns_size(most), maps = most * g.maps(),
                     slopes = most * std::max(g.image(), g.maps());
  const std::int64_t desk = columns + maps + slopes + layout.split_size(most);
  Tensor scratch = Tensor::empty({pieces, desk}, dtype_of<T>());
  T* desks = scratch.mutate<T>().data();

  const std::int64_t work = g.B / pieces * g.maps() * g.taps();
  parallel_rows(pieces, work, [&](std::int64_t begin, std::int64_t end) {
    T* mine = desks + begin * desk;
    for (std::int64_t piece = begin; piece < end; ++piece) {
      const std::int64_t last = g.B * (piece + 1) / pieces;
      for (std::int64_t b = g.B * piece / pieces; b < last; b += most) {
        fn(Group<T>{g, layout, piece, b, std::min(most, last - b), mine, mine + columns,
                    mine + columns + maps, mine + columns + maps + slopes});
      }
    }
  });
}

// A sum over the batch: one part from each piece, then their sum.
template <class T, class Sum = T>
class PieceSums {
 public:
  PieceSums(const ConvGeometry& g, std::int64_t size)
      : pieces_(std::min(kPieces, g.B)),
        size_(size),
        parts_(Tensor::empty({pieces_, size}, dtype_of<Sum>())),
        values_(parts_.mutate<Sum>().data()) {
    std::fill_n(values_, pieces_ * size, Sum(0));
  }
  Sum* part(std::int64_t piece) { return values_ + piece * size_; }
  void add_to(const GradTarget& target) const {
    T* total = target.grad.mutate<T>().data();
    if (target.fresh) std::fill_n(total, size_, T(0));
    parallel_pieces(size_, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t piece = 0; piece < pieces_; ++piece) {
        const Sum* part = values_ + piece * size_;
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i)
          total[i] = static_cast<T>(static_cast<Sum>(total[i]) + part[i]);
      }
    });
  }

 private:
  const std::int64_t pieces_, size_;
  Tensor parts_;
  Sum* const values_;
};

// y = act(y + bias) on y[n, channels, width], and back: ds = dy act', db += the sums of ds, which
// are added image by image in double.
template <class T>
void finish(Activation activation, std::int64_t n, std::int64_t channels, std::int64_t width,
            const T* bias, T* y) {
  with_activation(activation, [=]<class Act>(Act) {
    for (std::int64_t r = 0; r < n * channels; ++r) {
      T* __restrict row = y + r * width;
      const T shift = bias[r % channels];
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) row[i] = Act::value(row[i] + shift);
    }
  });
}
template <class T>
void back_finish(Activation activation, std::int64_t n, std::int64_t channels, std::int64_t width,
                 const T* dy, const T* y, T* ds, double* db) {
  with_activation(activation, [=]<class Act>(Act) {
    for (std::int64_t r = 0; r < n * channels; ++r) {
      const T *slope = y + r * width, *in = dy + r * width;
      T* __restrict out = ds + r * width;
      T sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < width; ++i) {
        const T d = in[i] * Act::slope(slope[i]);
        out[i] = d;
        sum += d;
      }
      db[r % channels] += static_cast<double>(sum);
    }
  });
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

// attrs.i = {stride, padding, activation}
Attrs attributes(const ConvOptions& o) {
  return {.i = {o.stride, o.padding, static_cast<std::int64_t>(o.activation)}};
}
ConvOptions options_of(const Attrs& a) {
  return {.stride = static_cast<int>(a.i[0]),
          .padding = static_cast<int>(a.i[1]),
          .activation = static_cast<Activation>(a.i[2])};
}

void expect_options(const ConvOptions& options) {
  const int stride = options.stride, padding = options.padding;
  check<ConfigError>(stride >= 1, "stride {} is not at least 1", stride);
  check<ConfigError>(padding >= 0, "padding {} is negative", padding);
  constexpr int kMost = 1 << 20;  // sizes stay far from the end of 64 bits
  check<ConfigError>(stride <= kMost && padding <= kMost,
                     "stride {}, padding {}: at most {} can be", stride, padding, kMost);
}

// conv2d: y = act(maps of x + b) ------------------------------------------------------------------

// x [B,C,H,W], weight [O,C,h,w]
ConvGeometry conv_geometry(const Shape& x, const Shape& weight, const ConvOptions& options) {
  const std::int64_t stride = options.stride, padding = options.padding;
  const std::int64_t rows = x[2] + 2 * padding - weight[2],
                     columns = x[3] + 2 * padding - weight[3];
  check<ShapeError>(rows >= 0 && columns >= 0,
                    "a kernel of {}x{} does not fit into {}x{} with padding {}", weight[2],
                    weight[3], x[2], x[3], padding);
  return {x[0],      x[1],      x[2],   x[3],   weight[0], rows / stride + 1, columns / stride + 1,
          weight[2], weight[3], stride, padding};
}

Tensor forward_conv2d(Inputs in, const Attrs& attrs) {
  const Tensor &x = in[0], &weight = in[1], &bias = in[2];
  expect_rank4(x, "x", "[B,C,H,W]");
  expect_rank4(weight, "weight", "[O,C,h,w]");
  expect_channels(x, weight, 1, 0, bias);
  const ConvOptions options = options_of(attrs);
  expect_options(options);
  const ConvGeometry g = conv_geometry(x.shape(), weight.shape(), options);
  Tensor y = Tensor::empty({g.B, g.K, g.P, g.Q}, x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T *image = x.view<T>().data(), *w = weight.view<T>().data(), *b = bias.view<T>().data();
    T* maps = y.mutate<T>().data();
    for_each_group<T>(g, [&](Group<T> group) {
      T* out = maps + group.first * g.maps();
      group.load_image(image + group.first * g.image());
      group.correlate(w, out, false);
      finish(options.activation, group.n, g.K, g.places(), b, out);
    });
  });
  return y;
}

void back_conv2d(BackwardCtx& c) {
  const Tensor &x = c.in(0), &weight = c.in(1), &dy = c.dout();
  const ConvOptions options = options_of(c.attrs());
  const ConvGeometry g = conv_geometry(x.shape(), weight.shape(), options);
  dispatch(dy.dtype(), [&]<class T>(T) {
    const T *input = x.view<T>().data(), *w = weight.view<T>().data();
    const T *dout = dy.view<T>().data(), *out = c.out().template view<T>().data();
    PieceSums<T> dweight(g, weight.size());
    PieceSums<T, double> dbias(g, g.K);
    const bool wants_x = c.wants(0), wants_weight = c.wants(1);
    const bool add = wants_x && !c.target(0).fresh;
    T* dx = wants_x ? c.target(0).grad.template mutate<T>().data() : nullptr;
    for_each_group<T>(g, [&](Group<T> group) {
      const std::int64_t from_image = group.first * g.image(), from_maps = group.first * g.maps();
      back_finish(options.activation, group.n, g.K, g.places(), dout + from_maps, out + from_maps,
                  group.slopes, dbias.part(group.piece));
      const T* slopes = group.load_maps(group.slopes);
      if (wants_weight) {
        group.load_image(input + from_image);
        group.correlate_weight(slopes, dweight.part(group.piece));
      }
      if (wants_x) {
        group.spread(w, slopes);
        group.store_image(dx + from_image, add);
      }
    });
    if (wants_weight) dweight.add_to(c.target(1));
    if (c.wants(2)) dbias.add_to(c.target(2));
  });
}

std::vector<TestInput> test_inputs_conv2d() {
  const auto input = [](const Shape& x, const Shape& weight, std::int64_t stride,
                        std::int64_t padding, Activation activation = Activation::none) {
    return TestInput{{values(x), values(weight, -1, 1, 2), values({weight[0]}, -1, 1, 3)},
                     {.i = {stride, padding, static_cast<std::int64_t>(activation)}}};
  };
  return {input({2, 2, 4, 5}, {3, 2, 2, 3}, 1, 0),
          input({1, 1, 5, 4}, {2, 1, 3, 3}, 2, 1),
          input({2, 1, 3, 3}, {1, 1, 1, 1}, 1, 0),
          input({1, 2, 3, 2}, {1, 2, 3, 2}, 3, 2),
          input({0, 2, 3, 3}, {2, 2, 2, 2}, 1, 0),
          input({2, 2, 4, 4}, {2, 2, 3, 3}, 1, 1, Activation::tanh)};
}

constexpr OpInfo kConv2d{
    .name = "conv2d",
    .args = "x, weight, bias",
    .formula =
        "y[b,o,p,q] = act(bias[o] + sum_cij weight[o,c,i,j] x[b,c,p s - pad + i,q s - pad + j])",
    .gradient =
        "ds = dy * act', dx += transposed convolution of ds, dweight += x correlated with ds, "
        "dbias += sum ds",
    .forward = forward_conv2d,
    .backward = back_conv2d,
    .saves = kSaveIn0 | kSaveIn1 | kSaveOutput,
    .test_inputs = test_inputs_conv2d,
    .attributes = "stride:i0 padding:i1 activation:a2",
};

// conv_transpose2d: y = act(image of x + b), with the adjoint of conv2d ---------------------------

// x [B,C,H,W] plays the output maps of the convolution that this op transposes; weight [C,O,h,w].
ConvGeometry conv_transpose_geometry(const Shape& x, const Shape& weight,
                                     const ConvOptions& options) {
  const std::int64_t stride = options.stride, padding = options.padding;
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

Tensor forward_conv_transpose2d(Inputs in, const Attrs& attrs) {
  const Tensor &x = in[0], &weight = in[1], &bias = in[2];
  expect_rank4(x, "x", "[B,C,H,W]");
  expect_rank4(weight, "weight", "[C,O,h,w]");
  expect_channels(x, weight, 0, 1, bias);
  const ConvOptions options = options_of(attrs);
  expect_options(options);
  const ConvGeometry g = conv_transpose_geometry(x.shape(), weight.shape(), options);
  Tensor y = Tensor::empty({g.B, g.C, g.H, g.W}, x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T *maps = x.view<T>().data(), *w = weight.view<T>().data(), *b = bias.view<T>().data();
    T* image = y.mutate<T>().data();
    for_each_group<T>(g, [&](Group<T> group) {
      T* out = image + group.first * g.image();
      group.spread(w, group.load_maps(maps + group.first * g.maps()));
      group.store_image(out, false);
      finish(options.activation, group.n, g.C, g.pixels(), b, out);
    });
  });
  return y;
}

void back_conv_transpose2d(BackwardCtx& c) {
  const Tensor &x = c.in(0), &weight = c.in(1), &dy = c.dout();
  const ConvOptions options = options_of(c.attrs());
  const ConvGeometry g = conv_transpose_geometry(x.shape(), weight.shape(), options);
  dispatch(dy.dtype(), [&]<class T>(T) {
    const T *input = x.view<T>().data(), *w = weight.view<T>().data();
    const T *dout = dy.view<T>().data(), *out = c.out().template view<T>().data();
    PieceSums<T> dweight(g, weight.size());
    PieceSums<T, double> dbias(g, g.C);
    const bool wants_x = c.wants(0), wants_weight = c.wants(1);
    const bool add = wants_x && !c.target(0).fresh;
    T* dx = wants_x ? c.target(0).grad.template mutate<T>().data() : nullptr;
    for_each_group<T>(g, [&](Group<T> group) {
      const std::int64_t from_image = group.first * g.image(), from_maps = group.first * g.maps();
      back_finish(options.activation, group.n, g.C, g.pixels(), dout + from_image, out + from_image,
                  group.slopes, dbias.part(group.piece));
      group.load_image(group.slopes);
      if (wants_x) group.correlate(w, dx + from_maps, add);
      if (wants_weight) {
        group.correlate_weight(group.load_maps(input + from_maps), dweight.part(group.piece));
      }
    });
    if (wants_weight) dweight.add_to(c.target(1));
    if (c.wants(2)) dbias.add_to(c.target(2));
  });
}

std::vector<TestInput> test_inputs_conv_transpose2d() {
  const auto input = [](const Shape& x, const Shape& weight, std::int64_t stride,
                        std::int64_t padding, Activation activation = Activation::none) {
    return TestInput{{values(x), values(weight, -1, 1, 2), values({weight[1]}, -1, 1, 3)},
                     {.i = {stride, padding, static_cast<std::int64_t>(activation)}}};
  };
  return {input({2, 3, 2, 3}, {3, 2, 2, 3}, 1, 0),
          input({1, 2, 3, 2}, {2, 1, 3, 4}, 2, 1),
          input({2, 1, 3, 3}, {1, 1, 1, 1}, 1, 0),
          input({1, 1, 1, 1}, {1, 2, 3, 3}, 2, 1),
          input({0, 2, 3, 3}, {2, 2, 2, 2}, 1, 0),
          input({2, 2, 4, 4}, {2, 2, 3, 3}, 1, 1, Activation::tanh)};
}

constexpr OpInfo kConvTranspose2d{
    .name = "conv_transpose2d",
    .args = "x, weight, bias",
    .formula =
        "y[b,o,p s - pad + i,q s - pad + j] = act(bias[o] + sum_c,p,q weight[c,o,i,j] x[b,c,p,q])",
    .gradient =
        "ds = dy * act', dx += convolution of ds, dweight += ds correlated with x, dbias += sum ds",
    .forward = forward_conv_transpose2d,
    .backward = back_conv_transpose2d,
    .saves = kSaveIn0 | kSaveIn1 | kSaveOutput,
    .test_inputs = test_inputs_conv_transpose2d,
    .attributes = "stride:i0 padding:i1 activation:a2",
};

constexpr const OpInfo* kOps[] = {&kConv2d, &kConvTranspose2d};

}  // namespace

Tensor conv2d(Arg x, Arg weight, Arg bias, ConvOptions options) {
  return apply(kConv2d, {x, weight, bias}, attributes(options));
}
Tensor conv_transpose2d(Arg x, Arg weight, Arg bias, ConvOptions options) {
  return apply(kConvTranspose2d, {x, weight, bias}, attributes(options));
}

OpFamily conv_ops() { return kOps; }

}  // namespace tapestry
