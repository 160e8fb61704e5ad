#include <algorithm>
#include <type_traits>

#include "autograd/backward.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/activations.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/samples.hpp"

// y = act(x W^T + b): the matrix product onto the bias, and a pass over its result for the
// activation. Shapes: x [B, I], W [O, I], b [O], y [B, O]; leading axes of x count as rows.

namespace tapestry {
namespace {

Activation activation_of(const Attrs& a) { return static_cast<Activation>(a.i[0]); }

std::int64_t rows_of(const Tensor& x) { return x.shape().size(0, x.rank() - 1); }

// inputs: x, weight, and perhaps bias; attrs: i[0] = Activation
Tensor forward_linear(Inputs in, const Attrs& a, Tensor*) {
  const Tensor &x = in[0], &w = in[1];
  check<ShapeError>(w.rank() == 2 && x.rank() >= 1,
                    "needs x [..., I] and a weight [O, I], not {} and {}", x.shape(), w.shape());
  if (x.dim(-1) != w.dim(1)) {
    throw ShapeError(fmt::format("inner sizes differ, x {} with weight {} ({} against {})",
                                 x.shape(), w.shape(), x.dim(-1), w.dim(1)),
                     x.dim(-1) == w.dim(0) ? "weights are stored [out,in]"
                                           : "the last axis of x must be the weight's second");
  }
  const bool biased = in.size() == 3;
  const std::int64_t rows = rows_of(x), width = w.dim(0), inner = w.dim(1);
  if (biased && in[2].shape() != Shape{width}) {
    throw ShapeError(fmt::format("the bias has the shape {}, the weight {} needs [{}]",
                                 in[2].shape(), w.shape(), width));
  }
  Tensor y = Tensor::empty(x.shape().with(-1, width), x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    T* out = y.mutate<T>().data();
    if (biased) {
      // BLAS would clear y and then add to it: with the bias there instead, its addition is free.
      const T* bias = in[2].view<T>().data();
      parallel_rows(rows, width, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) std::copy_n(bias, width, out + r * width);
      });
    }
    gemm(false, true, rows, width, inner, T(1), x.view<T>().data(), inner, w.view<T>().data(),
         inner, T(biased ? 1 : 0), out, width);
    if (activation_of(a) == Activation::none) return;
    with_activation(activation_of(a), [&]<class Act>(Act) {
      parallel_pieces(rows * width, kGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) out[i] = Act::value(out[i]);
      });
    });
  });
  return y;
}

// ds = dy * slope(y), and db += column sums of ds, in one pass; without an activation ds is dy and only
// summed. Threads take columns, so the order of every sum is fixed.
template <class Act, class T>
void back_epilogue(std::int64_t rows, std::int64_t width, const T* dy, const T* y, T* ds, T* db) {
  parallel_pieces(width, std::max<std::int64_t>(64, kGrain / std::max<std::int64_t>(rows, 1)),
                  [=](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t r = 0; r < rows; ++r) {
                      const std::int64_t row = r * width;
#pragma omp simd
                      for (std::int64_t j = begin; j < end; ++j) {
                        const T d = dy[row + j] * Act::slope(y[row + j]);
                        if constexpr (!std::is_same_v<Act, Identity>) ds[row + j] = d;
                        db[j] += d;
                      }
                    }
                  });
}

void back_linear(BackwardCtx& c) {
  const Tensor &w = c.in(1), &dy = c.dout();
  const std::int64_t rows = rows_of(dy), width = w.dim(0), inner = w.dim(1);
  dispatch(dy.dtype(), [&]<class T>(T) {
    Tensor ds = dy;
    if (c.arity() == 3) {
      const GradTarget db = c.target(2);
      T* pb = db.grad.mutate<T>().data();
      if (db.fresh) std::fill_n(pb, width, T(0));
      with_activation(activation_of(c.attrs()), [&]<class Act>(Act) {
        T* slopes = nullptr;
        if constexpr (!std::is_same_v<Act, Identity>) {
          ds = Tensor::empty(dy.shape(), dy.dtype());
          slopes = ds.mutate<T>().data();
        }
        back_epilogue<Act>(rows, width, dy.view<T>().data(), c.out().template view<T>().data(),
                           slopes, pb);
      });
    }
    const T* s = ds.view<T>().data();
    if (c.wants(1)) {
      const GradTarget dw = c.target(1);
      gemm(true, false, width, inner, rows, T(1), s, width, c.in(0).view<T>().data(), inner,
           T(dw.fresh ? 0 : 1), dw.grad.mutate<T>().data(), inner);
    }
    if (c.wants(0)) {
      const GradTarget dx = c.target(0);
      gemm(false, false, rows, inner, width, T(1), s, width, w.view<T>().data(), inner,
           T(dx.fresh ? 0 : 1), dx.grad.mutate<T>().data(), inner);
    }
  });
}

std::vector<Sample> linear_samples() {
  std::vector<Sample> samples;
  const auto v = samples::values;
  for (const std::int64_t act : {0, 1, 2, 3, 4}) {
    samples.push_back({{v({3, 4}, -2, 2, 1), v({5, 4}, -1, 1, 2), v({5}, -1, 1, 3)}, {.i = {act}}});
  }
  samples.push_back({{v({3, 4}, -2, 2, 1), v({5, 4}, -1, 1, 2)}, {}});
  samples.push_back({{v({2, 3, 4}, -2, 2, 1), v({1, 4}, -1, 1, 2), v({1}, -1, 1, 3)}, {.i = {2}}});
  samples.push_back({{v({4}, -2, 2, 1), v({2, 4}, -1, 1, 2), v({2}, -1, 1, 3)}, {}});
  samples.push_back({{v({0, 4}, -2, 2, 1), v({2, 4}, -1, 1, 2), v({2}, -1, 1, 3)}, {.i = {1}}});
  return samples;
}
constexpr OpInfo kLinear{"linear",
                         "x, weight, bias",
                         "y = act(s), s = x W^T + b",
                         "ds = dy * act', dx += ds W, dW += ds^T x, db += sum of ds over rows",
                         forward_linear,
                         back_linear,
                         kSaveIn0 | kSaveIn1 | kSaveOutput,
                         linear_samples};

}  // namespace

Tensor linear(Arg x, Arg weight, Arg bias, Activation activation) {
  return apply(kLinear, {x, weight, bias}, {.i = {static_cast<std::int64_t>(activation)}});
}
Tensor linear(Arg x, Arg weight) { return apply(kLinear, {x, weight}); }

OpFamily linear_ops() {
  static constexpr const OpInfo* kTable[] = {&kLinear};
  return kTable;
}

}  // namespace tapestry
