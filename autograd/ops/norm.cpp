#include <cmath>

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/kernels/term_sums.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"
#include "autograd/random.hpp"

// Normalisations and dropout. With xhat = (x - mean) / sigma over the N elements of a group, and
// g = dy * weight, the gradient of x is (g - mean(g) - xhat mean(g xhat)) / sigma: the two means
// are what x sends through the group's mean and variance.

namespace tapestry {
namespace {

using test_inputs::values;

template <class T>
T square(T x) {
  return x * x;
}

// layer_norm: groups are the rows of x [R,D] ------------------------------------------------------

void expect_affine(const Tensor& x, int axis, const Tensor& weight, const Tensor& bias) {
  const Shape want{x.dim(axis)};
  check<ShapeError>(weight.shape() == want, "weight {} does not fit x {}; it must be {}",
                    weight.shape(), x.shape(), want);
  check<ShapeError>(bias.shape() == want, "bias {} does not fit x {}; it must be {}", bias.shape(),
                    x.shape(), want);
}

// attrs.f = {eps}; aux [R,2] = mean and 1/sigma of every row
Tensor forward_layer_norm(Inputs in, const Attrs& attrs, Tensor* aux) {
  const Tensor &x = in[0], &weight = in[1], &bias = in[2];
  check<ShapeError>(x.rank() >= 1, "x has no axis to normalise over");
  expect_affine(x, -1, weight, bias);
  const std::int64_t D = x.dim(-1), R = D ? x.size() / D : 0;
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  Tensor statistics = Tensor::empty({R, 2}, x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T *px = x.view<T>().data(), *pw = weight.view<T>().data(), *pb = bias.view<T>().data();
    T *py = y.mutate<T>().data(), *ps = statistics.mutate<T>().data();
    const T eps = static_cast<T>(attrs.f[0]), n = static_cast<T>(D);
    parallel_rows(R, D, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const T* row = px + r * D;
        T* out = py + r * D;
        const T mean = add_runs<T>(D, [=](std::int64_t d) { return row[d]; }) / n;
        const T variance =
            add_runs<T>(D, [=](std::int64_t d) { return square(row[d] - mean); }) / n;
        const T scale = 1 / std::sqrt(variance + eps);
#pragma omp simd
        for (std::int64_t d = 0; d < D; ++d) out[d] = (row[d] - mean) * scale * pw[d] + pb[d];
        ps[2 * r] = mean;
        ps[2 * r + 1] = scale;
      }
    });
  });
  if (aux) *aux = statistics;
  return y;
}

void back_layer_norm(BackwardCtx& c) {
  const Tensor &x = c.in(0), &weight = c.in(1), &dy = c.dout(), &statistics = c.aux();
  const std::int64_t D = x.dim(-1), R = statistics.dim(0);
  Tensor xhat = Tensor::empty(x.shape(), x.dtype()), dx = Tensor::empty(x.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T *px = x.view<T>().data(), *pw = weight.view<T>().data(), *pdy = dy.view<T>().data();
    const T* ps = statistics.view<T>().data();
    T *pxhat = xhat.mutate<T>().data(), *pdx = dx.mutate<T>().data();
    const T n = static_cast<T>(D);
    parallel_rows(R, D, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const T *row = px + r * D, *dout = pdy + r * D, mean = ps[2 * r], scale = ps[2 * r + 1];
        T* __restrict hat = pxhat + r * D, * __restrict g = pdx + r * D;  // where dx will be
#pragma omp simd
        for (std::int64_t d = 0; d < D; ++d) {
          hat[d] = (row[d] - mean) * scale;
          g[d] = dout[d] * pw[d];
        }
        const T g_mean = add_runs<T>(D, [=](std::int64_t d) { return g[d]; }) / n;
        const T g_hat_mean = add_runs<T>(D, [=](std::int64_t d) { return g[d] * hat[d]; }) / n;
#pragma omp simd
        for (std::int64_t d = 0; d < D; ++d) g[d] = scale * (g[d] - g_mean - hat[d] * g_hat_mean);
      }
    });
  });
  c.accumulate(0, dx);
  const Shape last{D};
  if (c.wants(1)) {
    c.accumulate(1, sum_to(map([](auto d, auto h) { return d * h; }, dy, xhat), last));
  }
  if (c.wants(2)) c.accumulate(2, sum_to(dy, last));
}

std::vector<TestInput> test_inputs_layer_norm() {
  const auto input = [](const Shape& x, double eps) {
    const Shape last{x[-1]};
    return TestInput{{values(x), values(last, -1, 1, 2), values(last, -1, 1, 3)}, {.f = {eps, 0}}};
  };
  return {input({3, 4}, 1e-5), input({5}, 1e-3),    input({2, 1, 3}, 0.1),
          input({3, 1}, 1e-2), input({0, 4}, 1e-5), input({2, 0}, 1e-5)};
}

constexpr OpInfo kLayerNorm{
    .name = "layer_norm",
    .args = "x, weight, bias",
    .formula = "y = weight xhat + bias, xhat = (x - mean) / sqrt(var + eps) over the last axis",
    .gradient =
        "dx += (g - mean(g) - xhat mean(g xhat)) / sigma with g = dy weight; "
        "dweight += sum dy xhat; dbias += sum dy",
    .forward = forward_layer_norm,
    .backward = back_layer_norm,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_layer_norm,
    .hint = "with eps = 0 a row of equal values divides by 0",
    .attributes = "eps:f0",
};

// batch_norm: groups are the channels of x [B,C,S] (S = 1 for rank 2, H W for images) -------------

struct Channels {
  std::int64_t B, C, S;
  std::int64_t count() const { return B * S; }
};

Channels channels(const Tensor& x) {
  check<ShapeError>(x.rank() >= 2, "x has the shape {}, not [B,C] or [B,C,...]", x.shape());
  return {x.dim(0), x.dim(1), x.shape().size(2, x.rank())};
}

// Calls fn(c, offset) for every channel's run of S elements, image by image; each thread has its
// own channels, so fn may add to them.
template <class Fn>
void for_each_run(const Channels& s, Fn fn) {
  parallel_rows(s.C, s.count(), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = 0; b < s.B; ++b) {
      for (std::int64_t c = begin; c < end; ++c) fn(c, (b * s.C + c) * s.S);
    }
  });
}

// Sums of two functions of the elements, by channel: [2,C], rows `first` and `second`. Short runs are
// added up in T, and these in double (see column_sums.hpp).
template <class T, class F>
Tensor channel_sums(const Channels& s, F f) {
  Tensor sums = zeros({2, s.C}, DType::f64);
  double *first = sums.mutate<double>().data(), *second = first + s.C;
  for_each_run(s, [=](std::int64_t c, std::int64_t at) {
    constexpr std::int64_t kRun = 256;
    for (std::int64_t end = at + s.S; at < end; at += kRun) {
      T a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
      for (std::int64_t i = at; i < std::min(at + kRun, end); ++i) {
        const auto [da, db] = f(c, i);
        a += da;
        b += db;
      }
      first[c] += static_cast<double>(a);
      second[c] += static_cast<double>(b);
    }
  });
  return sums.to(dtype_of<T>());
}

// [2,C]: mean and variance (divided by the count) of every channel. Two passes, because
// E[x^2] - E[x]^2 cancels in f32.
template <class T>
Tensor moments(const Channels& s, const T* x) {
  const T n = static_cast<T>(s.count());
  Tensor mean =
      channel_sums<T>(s, [=](std::int64_t, std::int64_t i) { return std::pair(x[i], T(0)); });
  T* m = mean.mutate<T>().data();
  for (std::int64_t c = 0; c < s.C; ++c) m[c] /= n;
  const Tensor squares = channel_sums<T>(s, [=](std::int64_t c, std::int64_t i) {
    return std::pair((x[i] - m[c]) * (x[i] - m[c]), T(0));
  });
  for (std::int64_t c = 0; c < s.C; ++c)
    m[s.C + c] = squares.view<T>()[static_cast<std::size_t>(c)] / n;
  return mean;
}

void expect_elements(const Channels& s) {
  if (s.count() > 0 || s.C == 0) return;
  throw ShapeError("a batch without elements has no mean", "skip empty batches");
}

// attrs.f = {eps}; aux [2,C] = mean and 1/sigma of every channel
Tensor forward_batch_norm(Inputs in, const Attrs& attrs, Tensor* aux) {
  const Tensor &x = in[0], &weight = in[1], &bias = in[2];
  const Channels s = channels(x);
  expect_affine(x, 1, weight, bias);
  expect_elements(s);
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T *px = x.view<T>().data(), *pw = weight.view<T>().data(), *pb = bias.view<T>().data();
    T* py = y.mutate<T>().data();
    Tensor statistics = moments(s, px);
    T *mean = statistics.mutate<T>().data(), *scale = mean + s.C;
    for (std::int64_t c = 0; c < s.C; ++c)
      scale[c] = 1 / std::sqrt(scale[c] + static_cast<T>(attrs.f[0]));
    for_each_run(s, [=](std::int64_t c, std::int64_t at) {
      const T m = mean[c], k = scale[c] * pw[c], b = pb[c];
#pragma omp simd
      for (std::int64_t i = at; i < at + s.S; ++i) py[i] = (px[i] - m) * k + b;
    });
    if (aux) *aux = statistics;
  });
  return y;
}

void back_batch_norm(BackwardCtx& c) {
  const Tensor &x = c.in(0), &weight = c.in(1), &dy = c.dout(), &statistics = c.aux();
  const Channels s = channels(x);
  dispatch(x.dtype(), [&]<class T>(T) {
    const T *px = x.view<T>().data(), *pw = weight.view<T>().data(), *pdy = dy.view<T>().data();
    const T *mean = statistics.view<T>().data(), *scale = mean + s.C;
    // Rows: sum of dy, which is dbias, and of dy xhat, which is dweight.
    const Tensor sums = channel_sums<T>(s, [=](std::int64_t k, std::int64_t i) {
      return std::pair(pdy[i], pdy[i] * (px[i] - mean[k]) * scale[k]);
    });
    const T *dbias = sums.view<T>().data(), *dweight = dbias + s.C;
    if (c.wants(0)) {
      Tensor dx = Tensor::empty(x.shape(), x.dtype());
      T* pdx = dx.mutate<T>().data();
      const T n = static_cast<T>(s.count());
      for_each_run(s, [=](std::int64_t k, std::int64_t at) {
        const T m = mean[k], sc = scale[k], db = dbias[k] / n, dw = dweight[k] / n, w = pw[k];
#pragma omp simd
        for (std::int64_t i = at; i < at + s.S; ++i) {
          pdx[i] = w * sc * (pdy[i] - db - (px[i] - m) * sc * dw);
        }
      });
      c.accumulate(0, dx);
    }
    const auto row = [&](std::int64_t r) {
      Tensor t = Tensor::empty({s.C}, x.dtype());
      std::copy_n(sums.view<T>().data() + r * s.C, s.C, t.mutate<T>().data());
      return t;
    };
    if (c.wants(1)) c.accumulate(1, row(1));
    if (c.wants(2)) c.accumulate(2, row(0));
  });
}

std::vector<TestInput> test_inputs_batch_norm() {
  const auto input = [](const Shape& x, double eps) {
    const Shape by_channel{x[1]};
    return TestInput{{values(x), values(by_channel, -1, 1, 2), values(by_channel, -1, 1, 3)},
                     {.f = {eps, 0}}};
  };
  return {input({5, 3}, 1e-5), input({2, 3, 2, 3}, 1e-3), input({1, 2, 3, 1}, 0.1),
          input({4, 1}, 1e-2), input({1, 2}, 0.1),        input({3, 0}, 1e-5)};
}

constexpr OpInfo kBatchNorm{
    .name = "batch_norm",
    .args = "x, weight, bias",
    .formula = "y = weight xhat + bias, xhat = (x - mean) / sqrt(var + eps) over every axis but 1",
    .gradient =
        "dx += (g - mean(g) - xhat mean(g xhat)) / sigma with g = dy weight; "
        "dweight += sum dy xhat; dbias += sum dy",
    .forward = forward_batch_norm,
    .backward = back_batch_norm,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_batch_norm,
    .hint = "with eps = 0 a channel of equal values divides by 0",
    .attributes = "eps:f0",
};

// dropout -----------------------------------------------------------------------------------------

// attrs.f = {p}, attrs.i = the generator's state {seed, stream, draw}, so that a replay draws the
// same mask; aux = the mask, scaled
Tensor forward_dropout(Inputs in, const Attrs& attrs, Tensor* aux) {
  const double p = attrs.f[0];
  check<DomainError>(p >= 0 && p < 1, "p = {} is not in [0, 1)", p);
  Rng rng(0);
  rng.set_state({static_cast<std::uint64_t>(attrs.i[0]), static_cast<std::uint64_t>(attrs.i[1]),
                 static_cast<std::uint64_t>(attrs.i[2])});
  const auto keep = [=]<class T>(T u) {
    return u < static_cast<T>(p) ? T(0) : static_cast<T>(1 / (1 - p));
  };
  const Tensor mask = map(keep, rng.uniform(in[0].shape(), in[0].dtype()));
  if (aux) *aux = mask;
  return map([](auto x, auto m) { return x * m; }, in[0], mask);
}

void back_dropout(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto m) { return dy * m; }, c.dout(), c.aux()));
}

std::vector<TestInput> test_inputs_dropout() {
  return {{{values({4, 5})}, {.i = {1, 2, 3}, .f = {0.4, 0}}},
          {{values({3})}, {.i = {7, 0, 0}, .f = {0, 0}}},
          {{values({})}, {.i = {1, 0, 1}, .f = {0.1, 0}}},
          {{values({0, 2})}, {.i = {1, 0, 0}, .f = {0.5, 0}}}};
}

constexpr OpInfo kDropout{
    .name = "dropout",
    .args = "x",
    .formula = "y = x mask / (1 - p), mask ~ Bernoulli(1 - p)",
    .gradient = "dx += dy mask / (1 - p)",
    .forward = forward_dropout,
    .backward = back_dropout,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_dropout,
    .attributes = "p:f0",
};

constexpr const OpInfo* kOps[] = {&kLayerNorm, &kBatchNorm, &kDropout};

}  // namespace

Tensor layer_norm(Arg x, Arg weight, Arg bias, double eps) {
  return apply(kLayerNorm, {x, weight, bias}, {.f = {eps, 0}});
}

Tensor batch_norm(Arg x, Arg weight, Arg bias, double eps) {
  return apply(kBatchNorm, {x, weight, bias}, {.f = {eps, 0}});
}

BatchStatistics batch_statistics(const Tensor& x) {
  const Channels s = channels(x);
  expect_elements(s);
  BatchStatistics out{Tensor::empty({s.C}, x.dtype()), Tensor::empty({s.C}, x.dtype())};
  dispatch(x.dtype(), [&]<class T>(T) {
    const Tensor both = moments(s, x.view<T>().data());
    std::copy_n(both.view<T>().data(), s.C, out.mean.template mutate<T>().data());
    std::copy_n(both.view<T>().data() + s.C, s.C, out.variance.template mutate<T>().data());
  });
  return out;
}

Tensor dropout(Arg x, double p, Rng& rng) {
  const Rng::State state = rng.state();
  Tensor y =
      apply(kDropout, {x},
            {.i = {static_cast<std::int64_t>(state.seed), static_cast<std::int64_t>(state.stream),
                   static_cast<std::int64_t>(state.draw)},
             .f = {p, 0}});
  rng.set_state({state.seed, state.stream, state.draw + 1});
  return y;
}

OpFamily norm_ops() { return kOps; }

}  // namespace tapestry
