#include "autograd/backward.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

namespace tapestry {
namespace {

// The last two axes of a tensor as op(A), [rows, cols] after an optional transposition.
struct Matrix {
  Matrix(const Tensor& t, bool transposed)
      : transpose(transposed),
        width(t.dim(-1)),
        rows(transposed ? width : t.dim(-2)),
        cols(transposed ? t.dim(-2) : width) {}
  bool transpose;
  std::int64_t width;  // row length as stored
  std::int64_t rows, cols;
  std::int64_t size() const { return rows * cols; }
};

// op(A) op(B) for every pair of matrices; batch axes broadcast.
Tensor product(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  const Matrix ma(a, transpose_a), mb(b, transpose_b);
  const Shape batch_a = a.shape().sub(0, a.rank() - 2), batch_b = b.shape().sub(0, b.rank() - 2);
  const Shape batch = broadcast(batch_a, batch_b);
  const int rank = batch.rank();
  Tensor y = Tensor::empty(batch.inserted(rank, ma.rows).inserted(rank + 1, mb.cols), a.dtype());
  // Which matrix of an operand stands at batch position p: its own axes of size 1 stay at 0.
  const auto offset = [&](const Shape& own, std::int64_t p) {
    std::int64_t at = 0, step = 1;
    for (int i = 1; i <= rank; ++i) {
      const std::int64_t k = p % batch[-i], n = i <= own.rank() ? own[-i] : 1;
      p /= batch[-i];
      at += n == 1 ? 0 : k * step;
      step *= n;
    }
    return at;
  };
  dispatch(a.dtype(), [&]<class T>(T) {
    T* out = y.mutate<T>().data();
    for (std::int64_t p = 0; p < batch.size(); ++p) {
      gemm(transpose_a, transpose_b, ma.rows, mb.cols, ma.cols, T(1),
           a.view<T>().data() + offset(batch_a, p) * ma.size(), ma.width,
           b.view<T>().data() + offset(batch_b, p) * mb.size(), mb.width, T(0),
           out + p * ma.rows * mb.cols, mb.cols);
    }
  });
  return y;
}

// [..., M, K] times one [K, N] is a single product of [(...) M, K]: no loop, and its gradient needs
// no sum.
bool one_right_matrix(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
  return a.rank() > 2 && b.rank() == 2 && !options.transpose_left;
}
Tensor as_rows(const Tensor& t) {
  return t.with_shape({t.shape().size(0, t.rank() - 1), t.dim(-1)});
}

// attrs: i = {transpose_left, transpose_right}
Attrs attributes(const MatmulOptions& o) { return {.i = {o.transpose_left, o.transpose_right}}; }
MatmulOptions options_of(const Attrs& a) {
  return {.transpose_left = a.i[0] != 0, .transpose_right = a.i[1] != 0};
}

Tensor forward_matmul(Inputs in, const Attrs& attrs) {
  const Tensor &a = in[0], &b = in[1];
  const MatmulOptions options = options_of(attrs);
  const bool ta = options.transpose_left, tb = options.transpose_right;
  check<ShapeError>(a.rank() >= 2 && b.rank() >= 2, "needs matrices, not {} and {}", a.shape(),
                    b.shape());
  const Matrix ma(a, ta), mb(b, tb);
  if (ma.cols != mb.rows) {
    throw ShapeError(fmt::format("inner sizes differ, {} times {} ({} against {})", a.shape(),
                                 b.shape(), ma.cols, mb.rows),
                     ma.cols == mb.cols ? "weights are stored [out,in]; use linear(x, w) or "
                                          "matmul(x, w, {.transpose_right = true})"
                                        : "");
  }
  if (one_right_matrix(a, b, options))
    return product(as_rows(a), false, b, tb).with_shape(a.shape().with(-1, mb.cols));
  return product(a, ta, b, tb);
}
void back_matmul(BackwardCtx& c) {
  Tensor a = c.in(0), b = c.in(1), dy = c.dout();
  const MatmulOptions options = options_of(c.attrs());
  const bool ta = options.transpose_left, tb = options.transpose_right;
  const bool as_one = one_right_matrix(a, b, options);
  if (as_one) {
    a = as_rows(a);
    dy = as_rows(dy);
  }
  // y = op(a) op(b): d op(a) = dy op(b)^T, d op(b) = op(a)^T dy, transposed back where stored so.
  if (c.wants(0)) {
    const Tensor da = ta ? product(b, tb, dy, true) : product(dy, false, b, !tb);
    const Shape& shape = c.in(0).shape();
    c.accumulate(0, as_one ? da.with_shape(shape) : sum_to(da, shape));
  }
  if (c.wants(1)) {
    const Tensor db = tb ? product(dy, true, a, ta) : product(a, !ta, dy, false);
    c.accumulate(1, sum_to(db, c.in(1).shape()));
  }
}
std::vector<TestInput> test_inputs_matmul() {
  const auto x = [](const Shape& a, const Shape& b, Attrs at = {}) {
    return TestInput{{test_inputs::values(a, -2, 2, 1), test_inputs::values(b, -2, 2, 2)}, at};
  };
  return {x({3, 4}, {4, 5}),
          x({1, 7}, {7, 1}),
          x({4, 3}, {4, 5}, {.i = {1, 0}}),
          x({3, 4}, {5, 4}, {.i = {0, 1}}),
          x({4, 3}, {5, 4}, {.i = {1, 1}}),
          x({2, 3, 4}, {2, 4, 2}),
          x({2, 3, 4}, {4, 2}),
          x({2, 3, 2, 4}, {3, 4, 2}),
          x({5, 3, 2}, {1, 2, 3}),
          x({3, 4}, {2, 4, 2}),
          x({2, 3, 4}, {5, 4}, {.i = {0, 1}}),
          x({2, 4, 3}, {4, 2}, {.i = {1, 0}}),
          x({3, 0}, {0, 2}),
          x({0, 3}, {3, 2}),
          x({3, 3}, {3, 3})};
}
constexpr OpInfo kMatmul{
    .name = "matmul",
    .args = "left, right",
    .formula = "y = a b",
    .gradient = "da += dy b^T, db += a^T dy",
    .forward = forward_matmul,
    .backward = back_matmul,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_matmul,
    .attributes = "transpose_left:b0 transpose_right:b1",
};

}  // namespace

Tensor matmul(Arg left, Arg right, MatmulOptions options) {
  return apply(kMatmul, {left, right}, attributes(options));
}

OpFamily matmul_ops() {
  static constexpr const OpInfo* kTable[] = {&kMatmul};
  return kTable;
}

}  // namespace tapestry
