#include <cmath>

#include "autograd/backward.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// Factorisations of small matrices [...,N,N], one after another over the axes in front. Plain
// loops: covariances of latents have tens of rows, not thousands. Gradients after Murray,
// Differentiation of the Cholesky decomposition, arXiv 1602.07527.

namespace tapestry {
namespace {

using test_inputs::values;

std::int64_t expect_square(const Tensor& a, const char* what) {
  check<ShapeError>(a.rank() >= 2 && a.dim(-1) == a.dim(-2), "{} has the shape {}, not [...,N,N]",
                    what, a.shape());
  return a.dim(-1);
}

std::int64_t matrices(const Tensor& a) { return a.shape().size(0, a.rank() - 2); }

// L[N,N] with L L^T = A, from the lower triangle of A; zeros above the diagonal. Row by row
// (Cholesky-Banachiewicz). A NaN fails the test on the pivot like a negative one.
template <class T>
void factorise(const T* a, T* l, std::int64_t N) {
  for (std::int64_t i = 0; i < N; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      T sum = a[i * N + j];
      for (std::int64_t k = 0; k < j; ++k) sum -= l[i * N + k] * l[j * N + k];
      if (i != j) {
        l[i * N + j] = sum / l[j * N + j];
        continue;
      }
      if (!(sum > 0)) {
        throw DomainError(
            fmt::format("the matrix is not positive definite: pivot {} is {:.6g}", i, sum),
            "add a small multiple of the identity");
      }
      l[i * N + i] = std::sqrt(sum);
    }
    std::fill(l + i * N + i + 1, l + (i + 1) * N, T(0));
  }
}

// Overwrites b[N,K] with the x of A x = b, or of A^T x = b; reads one triangle of A only.
template <class T>
void substitute(const T* a, T* b, std::int64_t N, std::int64_t K, bool lower, bool transpose) {
  for (std::int64_t i = 0; i < N; ++i) {
    check<DomainError>(a[i * N + i] != 0, "the triangular matrix is singular: element [{},{}] is 0",
                       i, i);
  }
  solve_triangular(lower, transpose, N, K, a, b);
}

// (A + A^T) / 2, matrix by matrix.
Tensor symmetric_part(const Tensor& a) {
  const std::int64_t N = a.dim(-1);
  Tensor s = Tensor::empty(a.shape(), a.dtype());
  dispatch(a.dtype(), [&]<class T>(T) {
    const T* from = a.view<T>().data();
    T* to = s.mutate<T>().data();
    for (std::int64_t m = 0; m < matrices(a); ++m, from += N * N, to += N * N) {
      for (std::int64_t i = 0; i < N; ++i) {
        for (std::int64_t j = 0; j < N; ++j)
          to[i * N + j] = (from[i * N + j] + from[j * N + i]) / 2;
      }
    }
  });
  return s;
}

Tensor cholesky_factor(const Tensor& a) {
  const std::int64_t N = expect_square(a, "a");
  const Tensor s = symmetric_part(a);
  Tensor l = Tensor::empty(a.shape(), a.dtype());
  dispatch(a.dtype(), [&]<class T>(T) {
    const T* from = s.view<T>().data();
    T* to = l.mutate<T>().data();
    for (std::int64_t m = 0; m < matrices(a); ++m) factorise(from + m * N * N, to + m * N * N, N);
  });
  return l;
}

// cholesky ----------------------------------------------------------------------------------------

Tensor forward_cholesky(Inputs in) { return cholesky_factor(in[0]); }

// dA = symmetric part of L^-T Phi(L^T dL) L^-1; Phi keeps the lower triangle and halves the
// diagonal.
void back_cholesky(BackwardCtx& c) {
  const Tensor &l = c.out(), &dl = c.dout();
  const std::int64_t N = l.dim(-1);
  Tensor s = Tensor::empty(l.shape(), l.dtype());
  dispatch(l.dtype(), [&]<class T>(T) {
    for (std::int64_t m = 0; m < matrices(l); ++m) {
      const T *L = l.view<T>().data() + m * N * N, *dL = dl.view<T>().data() + m * N * N;
      T* S = s.mutate<T>().data() + m * N * N;
      // Phi^T first: S[j,i] = Phi[i,j], so that both solves are of the kind L^T x = b.
      for (std::int64_t i = 0; i < N; ++i) {
        for (std::int64_t j = 0; j < N; ++j) {
          T sum = 0;
          for (std::int64_t k = i; k < N && j <= i; ++k) sum += L[k * N + i] * dL[k * N + j];
          S[j * N + i] = i == j ? sum / 2 : sum;
        }
      }
      substitute(L, S, N, N, true, true);  // L^-T Phi^T = (Phi L^-1)^T
      for (std::int64_t i = 0; i < N; ++i) {
        for (std::int64_t j = 0; j < i; ++j) std::swap(S[i * N + j], S[j * N + i]);
      }
      substitute(L, S, N, N, true, true);
    }
  });
  c.accumulate(0, symmetric_part(s));
}

// Diagonally dominant, so positive definite however the rest is perturbed.
Tensor definite(const Shape& shape) {
  Tensor a = values(shape, -0.5, 0.5);
  const std::int64_t N = shape[-1];
  double* p = a.mutate<double>().data();
  for (std::int64_t m = 0; m < matrices(a); ++m) {
    for (std::int64_t i = 0; i < N; ++i) p[(m * N + i) * N + i] += static_cast<double>(N + i);
  }
  return a;
}

std::vector<TestInput> test_inputs_definite() {
  return {{{definite({3, 3})}},
          {{definite({2, 2, 2})}},
          {{definite({1, 1})}},
          {{definite({0, 0})}},
          {{definite({0, 2, 2})}}};
}

constexpr OpInfo kCholesky{
    .name = "cholesky",
    .args = "a",
    .formula = "L lower triangular with L L^T = (A + A^T) / 2",
    .gradient = "dA += sym(L^-T Phi(L^T dL) L^-1), Phi = lower triangle with half the diagonal",
    .forward = forward_cholesky,
    .backward = back_cholesky,
    .saves = kSaveOutput,
    .test_inputs = test_inputs_definite,
};

// triangular_solve --------------------------------------------------------------------------------

// A [...,N,N] and b [...,N,K] with axes in front that broadcast, brought to the same.
struct System {
  Tensor a, b;
  std::int64_t N, K;
};
System system(const Tensor& a, const Tensor& b) {
  const std::int64_t N = expect_square(a, "a");
  check<ShapeError>(b.rank() >= 2 && b.dim(-2) == N,
                    "b {} does not fit a {}; it must be [...,{},K]", b.shape(), a.shape(), N);
  const std::int64_t K = b.dim(-1);
  const Shape batch = broadcast(a.shape().sub(0, a.rank() - 2), b.shape().sub(0, b.rank() - 2));
  const auto with = [&](std::int64_t rows, std::int64_t columns) {
    return batch.inserted(batch.rank(), rows).inserted(batch.rank() + 1, columns);
  };
  return {expand(a, with(N, N)), expand(b, with(N, K)), N, K};
}

Tensor solve(const System& s, bool lower, bool transpose) {
  Tensor x = s.b.clone();
  dispatch(x.dtype(), [&]<class T>(T) {
    const T* a = s.a.view<T>().data();
    T* out = x.mutate<T>().data();
    for (std::int64_t m = 0; m < matrices(x); ++m) {
      substitute(a + m * s.N * s.N, out + m * s.N * s.K, s.N, s.K, lower, transpose);
    }
  });
  return x;
}

// attrs.i = {lower, transpose}
TriangularOptions options_of(const Attrs& a) {
  return {.lower = a.i[0] != 0, .transpose = a.i[1] != 0};
}

Tensor forward_triangular_solve(Inputs in, const Attrs& attrs) {
  const TriangularOptions options = options_of(attrs);
  return solve(system(in[0], in[1]), options.lower, options.transpose);
}

void back_triangular_solve(BackwardCtx& c) {
  const TriangularOptions options = options_of(c.attrs());
  const bool lower = options.lower, transpose = options.transpose;
  const Tensor &a = c.in(0), &x = c.out();
  const System adjoint = system(a, c.dout());
  const Tensor db = solve(adjoint, lower, !transpose);
  c.accumulate(1, sum_to(db, c.in(1).shape()));
  if (!c.wants(0)) return;
  // dA = -db x^T, transposed if A was, in the triangle that was read.
  const std::int64_t N = adjoint.N, K = adjoint.K;
  Tensor da = zeros_like(adjoint.a);
  dispatch(x.dtype(), [&]<class T>(T) {
    T* out = da.mutate<T>().data();
    const T* left = (transpose ? x : db).view<T>().data();
    const T* right = (transpose ? db : x).view<T>().data();
    for (std::int64_t m = 0; m < matrices(x); ++m, out += N * N, left += N * K, right += N * K) {
      for (std::int64_t i = 0; i < N; ++i) {
        for (std::int64_t j = lower ? 0 : i; j < (lower ? i + 1 : N); ++j) {
          for (std::int64_t k = 0; k < K; ++k) out[i * N + j] -= left[i * K + k] * right[j * K + k];
        }
      }
    }
  });
  c.accumulate(0, sum_to(da, a.shape()));
}

std::vector<TestInput> test_inputs_triangular_solve() {
  const auto input = [](const Shape& a, const Shape& b, std::int64_t lower,
                        std::int64_t transpose) {
    return TestInput{{definite(a), values(b, -2, 2, 2)}, {.i = {lower, transpose}}};
  };
  return {
      input({3, 3}, {3, 2}, 1, 0), input({3, 3}, {3, 2}, 0, 0),    input({3, 3}, {3, 1}, 1, 1),
      input({2, 2}, {2, 2}, 0, 1), input({2, 2, 2}, {2, 3}, 1, 0), input({2, 2}, {3, 2, 1}, 1, 1),
      input({1, 1}, {1, 1}, 1, 0), input({0, 0}, {0, 2}, 1, 0),    input({2, 2}, {2, 0}, 1, 0)};
}

constexpr OpInfo kTriangularSolve{
    .name = "triangular_solve",
    .args = "a, b",
    .formula = "x with A x = b, or A^T x = b; A is the lower or the upper triangle of a",
    .gradient = "db += A^-T dx, da -= triangle of db x^T (and transposed with A)",
    .forward = forward_triangular_solve,
    .backward = back_triangular_solve,
    .saves = kSaveIn0 | kSaveOutput,
    .test_inputs = test_inputs_triangular_solve,
    .hint = "a 0 on the diagonal of a divides by 0: add a small number to the diagonal",
    .attributes = "lower:b0 transpose:b1",
};

// log-determinants --------------------------------------------------------------------------------

// y[...] = sum of log |L[i,i]|
Tensor sum_log_diagonal(const Tensor& l) {
  const std::int64_t N = expect_square(l, "l");
  Tensor y = Tensor::empty(l.shape().sub(0, l.rank() - 2), l.dtype());
  dispatch(l.dtype(), [&]<class T>(T) {
    const T* from = l.view<T>().data();
    for (T& out : y.mutate<T>()) {
      out = 0;
      for (std::int64_t i = 0; i < N; ++i) out += math::log(std::fabs(from[i * (N + 1)]));
      from += N * N;
    }
  });
  return y;
}

Tensor forward_log_det_triangular(Inputs in) { return sum_log_diagonal(in[0]); }

void back_log_det_triangular(BackwardCtx& c) {
  const Tensor &l = c.in(0), &dy = c.dout();
  const std::int64_t N = l.dim(-1);
  Tensor dl = zeros_like(l);
  dispatch(l.dtype(), [&]<class T>(T) {
    const T* from = l.view<T>().data();
    T* to = dl.mutate<T>().data();
    for (const T dout : dy.view<T>()) {
      for (std::int64_t i = 0; i < N; ++i) to[i * (N + 1)] = dout / from[i * (N + 1)];
      from += N * N;
      to += N * N;
    }
  });
  c.accumulate(0, dl);
}

constexpr OpInfo kLogDetTriangular{
    .name = "log_det_triangular",
    .args = "l",
    .formula = "y = sum_i ln |L[i,i]|",
    .gradient = "dL[i,i] += dy / L[i,i]",
    .forward = forward_log_det_triangular,
    .backward = back_log_det_triangular,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_definite,
    .hint = "a 0 on the diagonal has the logarithm -inf: add a small number to the diagonal",
};

// aux = the Cholesky factor
Tensor forward_log_det(Inputs in, const Attrs&, Tensor* aux) {
  const Tensor l = cholesky_factor(in[0]);
  if (aux) *aux = l;
  return map([](auto half) { return 2 * half; }, sum_log_diagonal(l));
}

void back_log_det(BackwardCtx& c) {
  const Tensor &l = c.aux(), &dy = c.dout();
  const std::int64_t N = l.dim(-1);
  // A^-1 = L^-T L^-1
  const System identity = system(l, eye(N, l.dtype()));
  const Tensor half = solve(identity, true, false);
  const Tensor inverse = solve({identity.a, half, N, N}, true, true);
  const Shape per_matrix = dy.shape().inserted(dy.rank(), 1).inserted(dy.rank() + 1, 1);
  c.accumulate(
      0, map_broadcast([](auto a, auto d) { return a * d; }, inverse, dy.with_shape(per_matrix)));
}

constexpr OpInfo kLogDet{
    .name = "log_det",
    .args = "a",
    .formula = "y = ln det((A + A^T) / 2), A positive definite",
    .gradient = "dA += dy A^-1",
    .forward = forward_log_det,
    .backward = back_log_det,
    .saves = kSaveNothing,
    .test_inputs = test_inputs_definite,
};

constexpr const OpInfo* kOps[] = {&kCholesky, &kTriangularSolve, &kLogDetTriangular, &kLogDet};

}  // namespace

Tensor cholesky(Arg a) { return apply(kCholesky, {a}); }
Tensor triangular_solve(Arg a, Arg b, TriangularOptions options) {
  return apply(kTriangularSolve, {a, b}, {.i = {options.lower, options.transpose}});
}
Tensor log_det_triangular(Arg l) { return apply(kLogDetTriangular, {l}); }
Tensor log_det(Arg a) { return apply(kLogDet, {a}); }

OpFamily linalg_ops() { return kOps; }

}  // namespace tapestry
