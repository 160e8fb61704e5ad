#include "vae/exact/curve.hpp"

#include <array>
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"
#include "vae/exact/table.hpp"

using namespace tapestry;
using vae::exact::Curve;
using vae::exact::Grid;

TEST_CASE("curve: the example has the constants of the notebook", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Curve curve = Curve::example();
  const Tensor z = tensor({{-1.2, 0.0}, {0.4, 2.0}}), f = curve.decode(z);
  REQUIRE(f.shape() == Shape{2, 2, 2});
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      CHECK(f.at({i, j, 0}) == Approx(0.5 * std::exp(std::sin(2 + 3.675 * z.at({i, j})))));
      CHECK(f.at({i, j, 1}) == Approx(std::cos(2 + 2.85 * z.at({i, j}))));
    }
  }
  CHECK(curve.likelihood(z).variance().at({0, 0, 0}) == Approx(0.04));
}

TEST_CASE("curve: the grid is exact, for twice the cells give the same evidence", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Curve curve = Curve::example();
  Rng rng(1);
  const Tensor x = curve.sample(rng, 20).x;
  const Tensor once = curve.log_px(x);
  curve.grid = Grid(-8, 8, 3200);
  CHECK(max(abs(once - curve.log_px(x))).item() < 1e-12);
  // The notebook's range is short of the prior's tails, and of nothing else.
  const Grid whole(-8, 8, 1600), notebook(-3, 3, 600);
  const auto mass = [&](const Grid& g) {
    return std::exp(g.log_integral(curve.prior({g.cells()}).log_prob(g.points)).item());
  };
  CHECK(mass(whole) == Approx(1).epsilon(1e-13));
  CHECK(mass(notebook) == Approx(1 - 0.0027).epsilon(0).margin(5e-5));
}

TEST_CASE("curve: p(x) integrates to one over the plane", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Curve curve = Curve::example();
  const Grid across(-1.5, 3, 60), up(-2.5, 2.5, 60);
  const Tensor p = exp(curve.log_px(plane(across, up)));
  CHECK(sum(p).item() * across.step() * up.step() == Approx(1).epsilon(1e-6));
}

TEST_CASE("curve: the posterior is normalised, obeys Bayes' rule and has two peaks",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Curve curve = Curve::example();
  const Tensor x = tensor({0.9, -0.9});
  const Tensor log_posterior = curve.log_posterior(x);
  CHECK(std::fabs(curve.grid.log_integral(log_posterior).item()) < 1e-12);
  const Tensor bayes = curve.log_joint(x, curve.grid.points) - curve.log_px(x);
  CHECK(max(abs(log_posterior - bayes)).item() < 1e-10);
  const std::vector<double> p = exp(log_posterior).to_vector();
  int peaks = 0;
  for (std::size_t i = 1; i + 1 < p.size(); ++i)
    if (p[i] > p[i - 1] && p[i] > p[i + 1] && p[i] > 1e-3) ++peaks;
  CHECK(peaks >= 2);
}

TEST_CASE("curve: the bound of a Gaussian is below, that of the posterior's table is log p(x)",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Curve curve = Curve::example();
  const Tensor x = tensor({{0.9, -0.9}, {0.3, 0.5}});
  const Tensor table = curve.log_joint_table(x);
  const Tensor at_best = vae::exact::table::elbo(table, vae::exact::table::log_posterior(table));
  CHECK(max(abs(at_best - curve.log_px(x))).item() < 1e-12);
  const prob::Normal q(tensor({0.5, -0.2}), tensor({0.6, 1.1}));
  const Tensor bound = curve.elbo(x, q);
  CHECK(max(bound - curve.log_px(x)).item() < -0.1);
  // The same bound by sampling.
  Rng rng(3);
  const Tensor z = q.sample(rng, {40000});
  const auto sampled = prob::estimate(curve.log_joint(x, z) - q.log_prob(z));
  CHECK(max(abs(sampled.mean - bound) / sampled.standard_error).item() < 4.5);
}

TEST_CASE("curve: evidence and bound have gradients in the curve's constants, x and q",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Curve start = Curve::example();
  const std::array inputs{start.amplitude,     start.phase, start.rate, start.sigma,
                          tensor({0.9, -0.9}), tensor(0.4), tensor(0.7)};
  test::expect_grad(
      [](auto in) {
        const Curve curve{in[0], in[1], in[2], in[3], Grid(-8, 8, 400)};
        return curve.log_px(in[4]) + curve.elbo(in[4], prob::Normal(in[5], in[6]));
      },
      inputs);
}

TEST_CASE("curve: samples have the moments of the grid's density", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Curve curve = Curve::example();
  const Tensor prior = curve.prior({curve.grid.cells()}).log_prob(curve.grid.points);
  const Tensor mass = reshape(exp(curve.grid.log_mass(prior)), {-1, 1});
  const Tensor f = curve.decode(curve.grid.points);
  Rng rng(4);
  const auto [z, x] = curve.sample(rng, 100000);
  const auto first = prob::estimate(x), second = prob::estimate(square(x));
  CHECK(max(abs(first.mean - sum(mass * f, 0)) / first.standard_error).item() < 4.5);
  const Tensor square_of_x = sum(mass * square(f), 0) + 0.04;  // the noise step adds its variance
  CHECK(max(abs(second.mean - square_of_x) / second.standard_error).item() < 4.5);
}

TEST_CASE("grid: polynomials times a Gaussian integrate to their moments", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Grid grid(-9, 9, 180);
  CHECK(grid.points.at({0}) == Approx(-8.95));
  const Tensor p = exp(grid.log_mass(-0.5 * square(grid.points) - 0.9189385332046727));
  CHECK(sum(p).item() == Approx(1).epsilon(1e-14));
  CHECK(sum(p * square(square(grid.points))).item() == Approx(3).epsilon(1e-13));
  CHECK(max(grid.density(log(p))).item() == Approx(std::exp(-0.5 * 0.0025) * 0.3989422804014327));
  CHECK(test::throws_with<ConfigError>([] { Grid(1, 1, 10); }, "low < high"));
  CHECK(test::throws_with<ConfigError>([] { Grid(0, 1, 0); }, "at least 1 cell"));
}

TEST_CASE("grid: the plane goes row by row, first coordinate first", "[vae][exact]") {
  const Tensor points = plane(Grid(0, 2, 2), Grid(0, 3, 3));
  CHECK(points.shape() == Shape{6, 2});
  CHECK(points.to_vector() ==
        std::vector<double>{0.5, 0.5, 1.5, 0.5, 0.5, 1.5, 1.5, 1.5, 0.5, 2.5, 1.5, 2.5});
}
