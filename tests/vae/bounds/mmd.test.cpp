#include "vae/bounds/mmd.hpp"

#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using vae::Bandwidths;

namespace {

using Mixture = prob::Mixture<prob::Normal>;

const Bandwidths kScales{0.3, 1, 3};

/// A mixture of one.
Mixture normal(const Tensor& loc, const Tensor& scale) {
  return {zeros({1}), prob::Normal(reshape(loc, {1, -1}), reshape(scale, {1, -1}), 1)};
}

double k(double distance, double h) { return std::exp(-0.5 * distance * distance / (h * h)); }

}  // namespace

TEST_CASE("mmd: squared distances of points, and none below 0", "[vae][analysis]") {
  const Tensor x = tensor({{0.0, 0.0}, {3.0, 4.0}}),
               y = tensor({{3.0, 0.0}, {0.0, 4.0}, {3.0, 4.0}});
  CHECK(vae::squared_distances(x, y).to_vector() == std::vector<double>{9, 16, 25, 16, 9, 0});
  const DTypeScope f32(DType::f32);
  Rng rng(1);
  const Tensor far = 100.0 + rng.normal({50, 3});  // |x|^2 is 30,000 here: rounding shows
  CHECK(max(-vae::squared_distances(far, far)).item() == 0);
  CHECK_THROWS_AS(vae::squared_distances(x, zeros({2, 3})), ShapeError);
}

TEST_CASE("mmd: two points of each by hand", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({{0.0, 0.0}, {3.0, 4.0}}), y = tensor({{0.0, 4.0}, {3.0, 0.0}});
  // Within x and within y the distance is 5. The pairs i != j across: x_1, y_2 and x_2, y_1, both 3.
  double expected = 0;
  for (const double h : kScales) expected += (2 * k(5, h) - 2 * k(3, h)) / 3;
  CHECK(vae::mmd_squared(x, y, kScales).item() == Approx(expected));
}

TEST_CASE("mmd: of two normals it is what the closed form says", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const double h = 0.7, s = 0.5, t = 1.2, a = 1, b = -0.4;
  const auto kernel = [h](double variance, double d) {
    const double c2 = h * h + variance;
    return h / std::sqrt(c2) * std::exp(-0.5 * d * d / c2);
  };
  // Two coordinates with these numbers; the kernel is a product over them.
  const double expected = std::pow(kernel(2 * s * s, 0), 2) + std::pow(kernel(2 * t * t, 0), 2) -
                          2 * kernel(s * s + t * t, a - b) * kernel(s * s + t * t, 2 * a);
  const double got = vae::mmd_squared(normal(tensor({a, 2 * a}), tensor({s, s})),
                                      normal(tensor({b, 0.0}), tensor({t, t})), {h})
                         .item();
  CHECK(got == Approx(expected).epsilon(1e-12));
}

TEST_CASE("mmd: of two normals that are apart, to ten digits", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const auto apart = [](std::int64_t D, double shift) {
    const Tensor there = concat({full({1}, shift), zeros({D - 1})}, 0);
    return vae::mmd_squared(normal(zeros({D}), ones({D})), normal(there, ones({D})), {1}).item();
  };
  CHECK(apart(2, 0.5) * std::sqrt(3.0) == Approx(0.0471239558).epsilon(1e-8));  // D = 1
  CHECK(apart(8, 1) == Approx(0.0037905747).epsilon(1e-7));
}

TEST_CASE("mmd: of two mixtures on a line it agrees with quadrature", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Mixture p(tensor({0.0, 1.0}), prob::Normal(tensor({{-1.0, 0.0}, {1.0, 0.0}}),
                                                   tensor({{0.5, 1.0}, {0.8, 1.0}}), 1));
  const Mixture q(tensor({0.3, 0.0, -1.0}),
                  prob::Normal(tensor({{0.0, 0.0}, {2.0, 0.0}, {-2.0, 0.0}}),
                               tensor({{1.0, 1.0}, {0.6, 1.0}, {0.5, 1.0}}), 1));
  // The second coordinate is the same in both and independent: it gives one factor.
  const vae::exact::Grid line(-9, 9, 600);
  const auto first = [&](const Mixture& m) {
    const Tensor loc = slice(m.components.loc, 1, 0, 1), scale = slice(m.components.scale, 1, 0, 1);
    const prob::Normal parts(reshape(loc, {-1}), reshape(scale, {-1}));
    return sum(exp(parts.log_prob(reshape(line.points, {-1, 1}))) * m.probs(), -1);
  };
  const Tensor difference = first(p) - first(q);
  double expected = 0;
  for (const double h : kScales) {
    const Tensor gap = reshape(line.points, {-1, 1}) - line.points;
    const Tensor kernel = exp(square(gap) * (-0.5 / (h * h)));
    const double total = sum(matmul(reshape(difference, {1, -1}), kernel) * difference).item();
    expected += total * line.step() * line.step() * h / std::sqrt(h * h + 2) / 3;
  }
  CHECK(vae::mmd_squared(p, q, kScales).item() == Approx(expected).epsilon(1e-9));
  CHECK(std::fabs(vae::mmd_squared(p, p, kScales).item()) < 1e-15);
}

TEST_CASE("mmd: the statistic has no bias and a right standard error", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Mixture p = normal(tensor({0.0, 0.0}), tensor({1.0, 1.0}));
  const Mixture q = normal(tensor({1.5, 0.0}), tensor({1.0, 0.7}));
  const double exact = vae::mmd_squared(p, q, kScales).item();
  // 400 small sets; a biased statistic (i = j counted in) would be off by 0.1.
  std::vector<double> values, errors;
  for (int r = 0; r < 400; ++r) {
    const prob::Estimate e =
        vae::estimate_mmd_squared(p.sample(rng, {30}), q.sample(rng, {30}), kScales);
    values.push_back(e.mean.item());
    errors.push_back(std::pow(e.standard_error.item(), 2));
  }
  const prob::Estimate mean_value = prob::estimate(tensor(values, {400}));
  CHECK(std::fabs(mean_value.mean.item() - exact) < 4 * mean_value.standard_error.item());
  const double spread = 400 * std::pow(mean_value.standard_error.item(), 2);
  CHECK(mean(tensor(errors, {400})).item() == Approx(spread).epsilon(0.25));
}

TEST_CASE("mmd: two sets from one distribution differ by chance alone", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  int outside = 0;
  for (int r = 0; r < 100; ++r) {
    const prob::Estimate e =
        vae::estimate_mmd_squared(rng.normal({60, 3}), rng.normal({60, 3}), kScales);
    outside += std::fabs(e.mean.item()) > 4 * e.standard_error.item();
  }
  CHECK(outside == 0);
}

TEST_CASE("mmd: its gradient moves one set towards the other", "[vae][analysis]") {
  Parameter x("x", tensor({{0.0, 0.0}, {1.0, 0.5}, {-0.5, 1.0}}));
  const auto loss = [&] {
    return vae::mmd_squared(recorded(x), tensor({{1.0, 1.0}, {0.5, 2.0}, {2.0, 0.0}}), kScales);
  };
  Parameter* const parameters[]{&x};
  const auto report = gradcheck(loss, parameters);
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("mmd: the inverse multiquadratic kernel, by hand and by quadrature", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // The points of the test of two points above: 5 within x and within y, 3 across.
  const Tensor x = tensor({{0.0, 0.0}, {3.0, 4.0}}), y = tensor({{0.0, 4.0}, {3.0, 0.0}});
  const vae::InverseMultiquadratic two({2, 8});
  const auto kernel = [](double square) { return (2 / (2 + square) + 8 / (8 + square)) / 2; };
  CHECK(vae::mmd_squared(x, y, two).item() == Approx(2 * kernel(25) - 2 * kernel(9)));
  CHECK(vae::InverseMultiquadratic::of_normal(3, 4).scales ==
        std::vector<double>{2.4000000000000004, 4.800000000000001, 12, 24, 48, 120, 240});
  // N(0, 1) and N(1/2, 1) with C = 2: the differences of two draws are N(m, 2).
  Rng rng(3);
  const vae::InverseMultiquadratic one({2});
  const auto e = vae::estimate_mmd_squared(rng.normal({3000, 1}), 0.5 + rng.normal({3000, 1}), one);
  CHECK(std::fabs(e.mean.item() - 0.0382047216) < 4 * e.standard_error.item());
  CHECK(e.standard_error.item() < 0.006);
}

TEST_CASE("mmd: the tail of the inverse multiquadratic has a slope where a normal one has none",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Parameter x("x", tensor({{0.0, 0.0}, {40.0, 0.5}, {-0.5, 1.0}}));
  const Tensor y = tensor({{1.0, 1.0}, {0.5, 2.0}, {2.0, 0.0}});
  const auto loss = [&] {
    return vae::mmd_squared(recorded(x), y, vae::InverseMultiquadratic::of_normal(2));
  };
  Parameter* const parameters[]{&x};
  const auto report = gradcheck(loss, parameters);
  INFO(report.text);
  CHECK(report.ok);
  const auto slope = [&](const auto& kernel) {
    x.zero_grad();
    Tape tape;
    tape.backward(vae::mmd_squared(recorded(x), y, kernel));
    return x.grad().to_vector()[2];
  };
  CHECK(slope(vae::InverseMultiquadratic::of_normal(2)) > 1e-5);
  CHECK(slope(Bandwidths{0.1, 1, 3}) < 1e-20);
}

TEST_CASE("mmd: sets and bandwidths that make no sense are refused", "[vae][errors]") {
  using test::throws_with;
  const Tensor x = zeros({3, 2});
  CHECK(throws_with<ShapeError>([&] { vae::mmd_squared(x, zeros({4, 2}), {1}); }, "[4,2]"));
  CHECK(throws_with<ShapeError>(
      [&] {
        vae::mmd_squared(zeros({1, 2}), zeros({1, 2}), {1});
      },
      "n >= 2"));
  CHECK(throws_with<ConfigError>([&] { vae::mmd_squared(x, x, {}); }, "bandwidth"));
  CHECK(throws_with<DomainError>([&] { vae::mmd_squared(x, x, {1, 0}); }, "bandwidth"));
  CHECK(throws_with<DomainError>([&] { vae::mmd_squared(x, full({3, 2}, NAN), {1}); }, "y[0,0]"));
  CHECK(throws_with<ConfigError>([&] { vae::mmd_squared(x, x, vae::InverseMultiquadratic({})); },
                                 "one scale"));
  CHECK(throws_with<DomainError>(
      [&] {
        vae::mmd_squared(x, x, vae::InverseMultiquadratic({1, -1}));
      },
      "scale"));
  const Mixture line(zeros({2}), prob::Normal(zeros({2}), ones({2})));
  CHECK(throws_with<ShapeError>([&] { vae::mmd_squared(line, line, {1}); }, "event_dims = 0"));
}

TEST_CASE("distance_to_nearest: each real row to the nearest made one, not the other way",
          "[vae]") {
  const Tensor real = tensor({{0.0, 0.0}, {3.0, 4.0}, {0.0, 2.0}});
  const Tensor made = tensor({{0.0, 0.0}, {0.0, 1.0}, {100.0, 100.0}, {0.0, 0.0}});
  CHECK(vae::distance_to_nearest(real, made) == Approx((0 + std::sqrt(18.0) + 1) / 3));
  CHECK(vae::distance_to_nearest(real, real) == Approx(0).margin(1e-3));
  CHECK_THROWS_AS(vae::distance_to_nearest(real, zeros({2, 3})), ShapeError);
}
