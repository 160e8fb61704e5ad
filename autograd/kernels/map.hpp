#pragma once

#include "autograd/kernels/parallel.hpp"
#include "autograd/tensor.hpp"

// Loops over elements. A scalar function f is passed in and compiled into the loop; operands are
// plain tensors, nothing here touches a tape. All operands have one shape, unless the name says
// broadcast.

// A loop that several places call is compiled once, not into each of them.
#define TAPESTRY_ONCE __attribute__((noinline))

namespace tapestry {

/// y[i] = f(a[i], ...): every operand has the first one's shape and dtype.
template <class F, class... More>
Tensor map(F f, const Tensor& a, const More&... more) {
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  dispatch(a.dtype(), [&]<class T>(T) {
    T* __restrict out = y.mutate<T>().data();
    const auto loop = [&](const T* __restrict pa, auto*... ps) {
      parallel_pieces(y.size(), kGrain, [=](std::int64_t begin, std::int64_t end) TAPESTRY_ONCE {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) out[i] = f(pa[i], ps[i]...);
      });
    };
    loop(a.view<T>().data(), more.template view<T>().data()...);
  });
  return y;
}

/// Two operands walked in step: at most kMaxRank merged axes, steps 0 (broadcast) or the true
/// stride.
struct BroadcastPlan {
  BroadcastPlan(const Shape& a, const Shape& b);
  Shape out;
  int rank = 0;  ///< of the merged axes; the last is the inner loop
  std::array<std::int64_t, Shape::kMaxRank> size, step_a, step_b;
};

/// y = f(a, b) with NumPy's broadcasting; R is the element type of the result (default: that of a).
template <class R = void, class F>
Tensor map_broadcast(F f, const Tensor& a, const Tensor& b) {
  const BroadcastPlan plan(a.shape(), b.shape());
  return dispatch(a.dtype(), [&]<class T>(T) {
    using Out = std::conditional_t<std::is_void_v<R>, T, R>;
    Tensor y = Tensor::empty(plan.out, dtype_of<Out>());
    Out* __restrict out = y.mutate<Out>().data();
    const T* pa = a.view<T>().data();
    const T* pb = b.view<T>().data();
    // One inner row; the three cases keep the loop vectorisable.
    const auto row = [=](Out* __restrict o, const T* __restrict x, const T* __restrict z,
                         std::int64_t n, std::int64_t sx, std::int64_t sz) TAPESTRY_ONCE {
      if (sx && sz) {
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) o[i] = static_cast<Out>(f(x[i], z[i]));
      } else if (sx) {
        const T right = *z;
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) o[i] = static_cast<Out>(f(x[i], right));
      } else {
        const T left = *x;
        const std::int64_t s = sz;  // 0 only for a single element
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) o[i] = static_cast<Out>(f(left, z[i * s]));
      }
    };
    if (y.size() == 0) return y;
    const int inner = plan.rank - 1;
    const auto last = static_cast<std::size_t>(inner);
    const std::int64_t width = plan.size[last], sx = plan.step_a[last], sz = plan.step_b[last];
    if (inner == 0) {
      parallel_pieces(width, kGrain, [=](std::int64_t begin, std::int64_t end) {
        row(out + begin, pa + begin * sx, pb + begin * sz, end - begin, sx, sz);
      });
      return y;
    }
    parallel_rows(y.size() / width, width, [=, &plan](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        std::int64_t rest = r, at_a = 0, at_b = 0;
        for (auto axis = last; axis-- > 0;) {
          const std::int64_t i = rest % plan.size[axis];
          rest /= plan.size[axis];
          at_a += i * plan.step_a[axis];
          at_b += i * plan.step_b[axis];
        }
        row(out + r * width, pa + at_a, pb + at_b, width, sx, sz);
      }
    });
    return y;
  });
}

/// a += b: in place if a's storage is not shared, else into a copy.
void add_into(Tensor& a, const Tensor& b);

/// x repeated along the axes where it has size 1 or none.
Tensor expand(const Tensor& x, const Shape& shape);

}  // namespace tapestry

#undef TAPESTRY_ONCE
