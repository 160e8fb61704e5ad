#include "vae/inference/linear_em.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using vae::em_step;
using vae::exact::FactorAnalysis;
using vae::exact::Ppca;
using vae::exact::row_moments;
using vae::exact::RowMoments;

namespace {

/// Rows of three factors and a noise that differs from column to column.
RowMoments data() {
  Rng rng(1);
  const FactorAnalysis truth{rng.normal({8, 3}), rng.normal({8}), exp(rng.normal({8}))};
  return row_moments(truth.sample(rng, 300).x);
}

double log_px(const Ppca& model, const RowMoments& of) {
  return FactorAnalysis::from(model).mean_log_px(of).item();
}

}  // namespace

TEST_CASE("em_step of PPCA: the likelihood never falls and ends at the closed form",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const RowMoments of = data();
  Rng rng(2);
  Ppca model{rng.normal({8, 3}), of.mean, tensor(1.0)};
  double before = log_px(model, of);
  for (int step = 0; step < 2000; ++step) {
    model = em_step(model, of.covariance);
    const double now = log_px(model, of);
    if (now < before - 1e-10) FAIL("step " << step << ": " << before << " to " << now);
    before = now;
  }
  const auto best = fit_ppca(of, 3);
  CHECK(before == Approx(best.log_px).epsilon(0).margin(1e-10));
  CHECK(model.sigma.item() == Approx(best.model.sigma.item()).epsilon(1e-6));
}

TEST_CASE("em_step of PPCA: one step is that of the formulas with a D x D inverse",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const RowMoments of = data();
  Rng rng(3);
  const Ppca old{rng.normal({8, 3}), of.mean, tensor(0.7)}, now = em_step(old, of.covariance);
  // By least squares of x on z under the posterior: E xz^T and E zz^T from the joint normal.
  const Tensor C = old.evidence().covariance();
  const Tensor l = cholesky(C);
  const auto solve = [&](const Tensor& b) {
    return triangular_solve(l, triangular_solve(l, b), {.transpose = true});
  };
  const Tensor B = transpose(solve(old.weight));  // E[z|x] = W^T C^-1 (x - m)
  const Tensor xz = matmul(of.covariance, B, {.transpose_right = true});
  const Tensor zz = eye(3) - matmul(B, old.weight) + matmul(B, xz);
  const Tensor factor = cholesky(zz);
  const Tensor W = transpose(
      triangular_solve(factor, triangular_solve(factor, transpose(xz)), {.transpose = true}));
  CHECK(max(abs(now.weight - W)).item() < 1e-12);
  const Tensor left = sum(of.covariance * eye(8)) - 2.0 * sum(W * xz) +
                      sum(matmul(W, W, {.transpose_left = true}) * zz);
  CHECK(square(now.sigma).item() == Approx(left.item() / 8).epsilon(1e-12));
}

TEST_CASE("em_step of factor analysis: never falls, and no direction leads up from its end",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const RowMoments of = data();
  const auto start = fit_ppca(of, 3);
  FactorAnalysis model = FactorAnalysis::from(start.model);
  double before = start.log_px;
  for (int step = 0; step < 5000; ++step) {
    model = em_step(model, of.covariance);
    const double now = model.mean_log_px(of).item();
    if (now < before - 1e-10) FAIL("step " << step << ": " << before << " to " << now);
    before = now;
  }
  CHECK(before > start.log_px + 0.1);
  Tape tape;
  const FactorAnalysis at{tape.watch(model.weight), model.mean, tape.watch(model.noise)};
  tape.backward(at.mean_log_px(of));
  CHECK(max(abs(tape.grad(at.weight))).item() < 1e-6);
  CHECK(max(abs(tape.grad(at.noise))).item() < 1e-6);
}

TEST_CASE("em_step of factor analysis: columns in other units change nothing else",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const RowMoments of = data();
  Rng rng(4);
  const FactorAnalysis model{rng.normal({8, 2}), of.mean, ones({8})};
  const Tensor unit = exp(rng.normal({8})), column = reshape(unit, {8, 1});
  const FactorAnalysis scaled{column * model.weight, unit * model.mean, square(unit)};
  const FactorAnalysis a = em_step(model, of.covariance),
                       b = em_step(scaled, column * of.covariance * unit);
  CHECK(max(abs(column * a.weight - b.weight)).item() < 1e-12);
  CHECK(max(abs(square(unit) * a.noise - b.noise)).item() < 1e-12);
}

TEST_CASE("em_step of factor analysis: a column that never varies is refused", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  Rng rng(5);
  const RowMoments of = row_moments(rng.normal({50, 3}) * tensor({1, 2, 0}));
  const FactorAnalysis model{rng.normal({3, 1}), of.mean, ones({3})};
  CHECK_THROWS_AS(em_step(model, of.covariance), DomainError);
}

TEST_CASE("em_step of PPCA: data that the factors explain wholly are refused", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  Rng rng(6);
  const Tensor V = rng.normal({5, 2});
  const Tensor S = matmul(V, V, {.transpose_right = true});
  Ppca model{rng.normal({5, 2}), zeros({5}), tensor(1.0)};
  const auto until_exact = [&] {
    for (int step = 0; step < 500; ++step) model = em_step(model, S);
  };
  CHECK(test::throws_with<DomainError>(until_exact, "sigma^2"));
}
