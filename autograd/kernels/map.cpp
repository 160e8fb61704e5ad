#include "autograd/kernels/map.hpp"

#include <cstring>

namespace tapestry {

BroadcastPlan::BroadcastPlan(const Shape& a, const Shape& b) : out(a == b ? a : broadcast(a, b)) {
  if (a == b) {
    rank = 1;
    size[0] = out.size();
    step_a[0] = step_b[0] = 1;
    return;
  }
  // From the last axis to the first, merging neighbouring axes that both operands traverse with a
  // constant stride.
  std::int64_t stride_a = 1, stride_b = 1;
  std::array<std::int64_t, Shape::kMaxRank> n{}, sa{}, sb{};  // innermost first
  for (int i = 1; i <= out.rank(); ++i) {
    const std::int64_t na = i <= a.rank() ? a[-i] : 1, nb = i <= b.rank() ? b[-i] : 1;
    if (out[-i] == 1) continue;
    const std::int64_t ta = na == 1 ? 0 : stride_a, tb = nb == 1 ? 0 : stride_b;
    stride_a *= na;
    stride_b *= nb;
    if (rank > 0) {
      const auto p = static_cast<std::size_t>(rank - 1);
      if (ta == n[p] * sa[p] && tb == n[p] * sb[p]) {
        n[p] *= out[-i];
        continue;
      }
    }
    const auto k = static_cast<std::size_t>(rank++);
    n[k] = out[-i];
    sa[k] = ta;
    sb[k] = tb;
  }
  if (rank == 0) {
    n[0] = 1;
    rank = 1;
  }
  for (int i = 0; i < rank; ++i) {
    const auto from = static_cast<std::size_t>(rank - 1 - i), to = static_cast<std::size_t>(i);
    size[to] = n[from];
    step_a[to] = sa[from];
    step_b[to] = sb[from];
  }
}

void add_into(Tensor& a, const Tensor& b) {
  if (!a.sole_owner()) {
    a = map([](auto x, auto y) { return x + y; }, a, b);
    return;
  }
  dispatch(a.dtype(), [&]<class T>(T) {
    T* __restrict pa = a.mutate<T>().data();
    const T* __restrict pb = b.view<T>().data();
    parallel_pieces(a.size(), kGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) pa[i] += pb[i];
    });
  });
}

Tensor expand(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  // f(x, shape-only operand) would read uninitialised memory; a single zero broadcasts instead.
  const Tensor y = map_broadcast([](auto v, auto) { return v; }, x, zeros(shape, x.dtype()));
  check<ShapeError>(y.shape() == shape, "shape {} does not broadcast to {}", x.shape(), shape);
  return y;
}

}  // namespace tapestry
