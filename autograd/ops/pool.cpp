#include <limits>

#include "autograd/backward.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// Pooling over windows of kernel x kernel that do not overlap; rows and columns that fill no window
// are left out.

namespace tapestry {
namespace {

using test_inputs::values;

struct Windows {
  std::int64_t planes, H, W, P, Q, kernel;
};

// x [B,C,H,W]; attrs.i = {kernel}
Windows windows(const Tensor& x, const Attrs& attrs) {
  check<ShapeError>(x.rank() == 4, "x has the shape {}, not [B,C,H,W]", x.shape());
  const std::int64_t kernel = attrs.i[0];
  check<ConfigError>(kernel >= 1, "kernel {} is not at least 1", kernel);
  check<ShapeError>(x.size() == 0 || (kernel <= x.dim(2) && kernel <= x.dim(3)),
                    "a kernel of {} x {} does not fit into {} x {}", kernel, kernel, x.dim(2),
                    x.dim(3));
  check<ShapeError>(x.size() <= std::numeric_limits<std::int32_t>::max(),
                    "x has {} elements, and places in it are counted in i32", x.size());
  return {x.dim(0) * x.dim(1), x.dim(2), x.dim(3), x.dim(2) / kernel, x.dim(3) / kernel, kernel};
}

// Calls fn(output index, input index of the window's upper left corner) for every window.
template <class Fn>
void for_each_window(const Windows& s, Fn fn) {
  parallel_rows(s.planes, s.H * s.W, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) {
      for (std::int64_t p = 0; p < s.P; ++p) {
        for (std::int64_t q = 0; q < s.Q; ++q) {
          fn((plane * s.P + p) * s.Q + q, (plane * s.H + p * s.kernel) * s.W + q * s.kernel);
        }
      }
    }
  });
}

// The target's values, zeroed if they are undefined.
template <class T>
T* begin_adding(const GradTarget& target) {
  const auto values = target.grad.mutate<T>();
  if (target.fresh) std::fill(values.begin(), values.end(), T(0));
  return values.data();
}

// aux: the place of each window's maximum in x, i32; the first of equal ones, as in PyTorch.
Tensor forward_max_pool2d(Inputs in, const Attrs& attrs, Tensor* aux) {
  const Tensor& x = in[0];
  const Windows s = windows(x, attrs);
  Tensor y = Tensor::empty({x.dim(0), x.dim(1), s.P, s.Q}, x.dtype());
  Tensor places = Tensor::empty(y.shape(), DType::i32);
  dispatch(x.dtype(), [&]<class T>(T) {
    const T* value = x.view<T>().data();
    T* out = y.mutate<T>().data();
    std::int32_t* place = places.mutate<std::int32_t>().data();
    for_each_window(s, [=](std::int64_t to, std::int64_t corner) {
      std::int64_t best = corner;
      for (std::int64_t i = 0; i < s.kernel; ++i) {
        for (std::int64_t j = 0; j < s.kernel; ++j) {
          const std::int64_t at = corner + i * s.W + j;
          // A NaN wins, and stays.
          if (value[at] > value[best] || (value[at] != value[at] && value[best] == value[best]))
            best = at;
        }
      }
      out[to] = value[best];
      place[to] = static_cast<std::int32_t>(best);
    });
  });
  if (aux) *aux = places;
  return y;
}

void back_max_pool2d(BackwardCtx& c) {
  const Tensor &dy = c.dout(), &places = c.aux();
  dispatch(dy.dtype(), [&]<class T>(T) {
    T* dx = begin_adding<T>(c.target(0));
    const auto dout = dy.view<T>();
    const auto place = places.view<std::int32_t>();
    for (std::size_t i = 0; i < dout.size(); ++i) dx[place[i]] += dout[i];
  });
}

std::vector<TestInput> test_inputs_pool2d() {
  return {{{values({2, 1, 4, 4})}, {.i = {2}}},
          {{values({1, 2, 5, 7})}, {.i = {3}}},
          {{values({2, 2, 2, 1})}, {.i = {1}}},
          {{values({0, 2, 4, 4})}, {.i = {2}}}};
}

constexpr OpInfo kMaxPool2d{
    .name = "max_pool2d",
    .args = "x",
    .formula =
        "y[b,c,p,q] = max of x[b,c] over the window of kernel x kernel at (p kernel, q kernel)",
    .gradient = "dx += dy at the place of the maximum, the first of equal ones",
    .forward = forward_max_pool2d,
    .backward = back_max_pool2d,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_pool2d,
    .attributes = "kernel:i0",
};

Tensor forward_avg_pool2d(Inputs in, const Attrs& attrs) {
  const Tensor& x = in[0];
  const Windows s = windows(x, attrs);
  Tensor y = Tensor::empty({x.dim(0), x.dim(1), s.P, s.Q}, x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const T* value = x.view<T>().data();
    T* out = y.mutate<T>().data();
    const T share = T(1) / static_cast<T>(s.kernel * s.kernel);
    for_each_window(s, [=](std::int64_t to, std::int64_t corner) {
      T total = 0;
      for (std::int64_t i = 0; i < s.kernel; ++i) {
        for (std::int64_t j = 0; j < s.kernel; ++j) total += value[corner + i * s.W + j];
      }
      out[to] = total * share;
    });
  });
  return y;
}

void back_avg_pool2d(BackwardCtx& c) {
  const Tensor& dy = c.dout();
  const Windows s = windows(c.in(0), c.attrs());
  dispatch(dy.dtype(), [&]<class T>(T) {
    T* dx = begin_adding<T>(c.target(0));
    const T* dout = dy.view<T>().data();
    const T share = T(1) / static_cast<T>(s.kernel * s.kernel);
    for_each_window(s, [=](std::int64_t from, std::int64_t corner) {
      for (std::int64_t i = 0; i < s.kernel; ++i) {
        for (std::int64_t j = 0; j < s.kernel; ++j) dx[corner + i * s.W + j] += dout[from] * share;
      }
    });
  });
}

constexpr OpInfo kAvgPool2d{
    .name = "avg_pool2d",
    .args = "x",
    .formula =
        "y[b,c,p,q] = mean of x[b,c] over the window of kernel x kernel at (p kernel, q kernel)",
    .gradient = "dx += dy / kernel^2 all over the window",
    .forward = forward_avg_pool2d,
    .backward = back_avg_pool2d,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_pool2d,
    .attributes = "kernel:i0",
};

constexpr const OpInfo* kOps[] = {&kMaxPool2d, &kAvgPool2d};

}  // namespace

Tensor max_pool2d(Arg x, int kernel) { return apply(kMaxPool2d, {x}, {.i = {kernel}}); }
Tensor avg_pool2d(Arg x, int kernel) { return apply(kAvgPool2d, {x}, {.i = {kernel}}); }

OpFamily pool_ops() { return kOps; }

}  // namespace tapestry
