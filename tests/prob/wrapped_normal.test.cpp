// The wrapped normal on the Poincare ball: its geometry, sums over the ball, draws, and the flat limit.

#include <cmath>
#include <numbers>

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

/// log of the ball's volume by z's own, [...].
Tensor log_volume(const Tensor& z, double c) {
  const double m = static_cast<double>(z.dim(-1));
  return m * (std::log(2.0) - log(1.0 - c * sum(square(z), -1)));
}

}  // namespace

TEST_CASE("Poincare ball: exp and log are inverse, and as long as the distance", "[prob][ball]") {
  const DTypeScope f64(DType::f64);
  for (const double c : {0.01, 1.0, 4.0}) {
    Rng rng(3);
    const Tensor origin = zeros({50, 3}), x = ball_exp(origin, rng.normal({50, 3}), c);
    const Tensor v = 2.0 * rng.normal({50, 3}), z = ball_exp(x, v, c);
    CAPTURE(c);
    CHECK(max(c * sum(square(z), -1)).item() < 1);
    CHECK(max(abs(ball_log(x, z, c) - v)).item() < 1e-6);
    const Tensor r = sqrt(sum(square(v), -1)), d = ball_distance(x, z, c);
    CHECK(max(abs(d - r)).item() < 1e-6);
    CHECK(max(abs(ball_distance(z, x, c) - d)).item() < 1e-6);
    // The closed form of the ball: cosh(sqrt(c) d) = 1 + 2 c |x - z|^2 / ((1 - c |x|^2)(1 - c |z|^2)).
    const auto rest = [&](const Tensor& p) { return 1.0 - c * sum(square(p), -1); };
    const Tensor cosh = 1.0 + 2 * c * sum(square(x - z), -1) / (rest(x) * rest(z));
    const Tensor half = exp(std::sqrt(c) * d) + exp(-std::sqrt(c) * d);
    CHECK(max(abs(0.5 * half / cosh - 1.0)).item() < 1e-6);
    CHECK(max(abs(ball_add(-x, x, c))).item() < 1e-12);
  }
}

TEST_CASE("wrapped normal: the density integrates to 1 over the ball", "[prob][ball]") {
  const DTypeScope f64(DType::f64);
  for (const double c : {0.1, 1.0, 3.0}) {
    // A disc in polar coordinates, in the distance d from the middle: volume sinh(sqrt(c) d) / sqrt(c) dd dangle.
    const WrappedNormal q(0.4 / std::sqrt(c) * tensor({0.6, -0.8}), tensor({0.5, 0.9}), c);
    const int rays = 200, steps = 600;
    const double h = 9.0 / steps, around = 2 * std::numbers::pi / rays;
    const Tensor angle = reshape(around * arange(rays), {rays, 1}),
                 d = reshape(h * (arange(steps) + 0.5), {1, steps});
    const Tensor v = stack({cos(angle) * d, sin(angle) * d}, -1);
    const Tensor s = std::sqrt(c) * d;
    const Tensor volume = 0.5 * (exp(s) - exp(-s)) / std::sqrt(c);
    CAPTURE(c);
    const Tensor z = ball_exp(zeros_like(v), v, c);
    CHECK(sum(exp(q.log_prob(z)) * volume).item() * h * around == Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("wrapped normal: draws agree with the density, in five dimensions",
          "[prob][ball][statistical]") {
  // The mean of p / q over draws of q is 1 for another wrapped normal p that is narrower; 5 standard errors.
  const DTypeScope f64(DType::f64);
  Rng rng(7);
  const double c = 0.8;
  const Tensor at = ball_exp(zeros({5}), 0.5 * rng.normal({5}), c);
  const WrappedNormal q(at, full({5}, 0.8), c);
  const WrappedNormal p(ball_exp(at, 0.1 * rng.normal({5}), c), full({5}, 0.5), c);
  const auto [z, log_q] = q.rsample_and_log_prob(rng, {100000});
  CHECK(max(abs(q.log_prob(z) - log_q)).item() < 1e-8);
  const Estimate ratio = estimate(exp(p.log_prob(z) - log_q));
  CHECK(std::abs(ratio.mean.item() - 1) <= 5 * ratio.standard_error.item());
  CHECK(ratio.standard_error.item() < 0.02);
}

TEST_CASE("wrapped normal: with little curvature it is a normal of half the scale",
          "[prob][ball]") {
  const DTypeScope f64(DType::f64);
  const double c = 1e-8;
  Rng rng(5);
  const Tensor loc = rng.normal({40, 3}), scale = exp(0.5 * rng.normal({40, 3}));
  const WrappedNormal curved(loc, scale, c);
  const Normal flat(loc, 0.5 * scale, 1);
  const Tensor z = flat.sample(rng);
  CHECK(max(abs(curved.log_prob(z) + log_volume(z, c) - flat.log_prob(z))).item() < 1e-5);
  Rng a(9), b(9);
  CHECK(max(abs(curved.rsample(a) - flat.rsample(b))).item() < 1e-6);
}

TEST_CASE("wrapped normal: gradients, and what does not fit", "[prob][ball]") {
  const DTypeScope f64(DType::f64);
  const Tensor tangent = tensor({{0.3, -0.4}, {0.0, 0.0}, {1.5, 2.0}}),
               z = 0.3 * tensor({{1.0, 1.0}});
  const auto of_both = [&](std::span<const Tensor> a) {
    Rng same(2);
    const WrappedNormal q(ball_exp(zeros_like(a[0]), a[0], 0.7), exp(a[1]), 0.7);
    const auto [drawn, log_q] = q.rsample_and_log_prob(same);
    return q.log_prob(z) + log_q + ball_distance(drawn, broadcast_to(z, {3, 2}), 0.7);
  };
  const GradReport report = gradcheck(of_both, std::array{tangent, 0.2 * tangent});
  INFO(report.text);
  CHECK(report.ok);
  const Tensor loc = zeros({3, 2}), one = ones({2});
  CHECK(test::throws_with<DomainError>([&] { WrappedNormal(loc, one, 0.0); }, "curvature"));
  CHECK(test::throws_with<DomainError>([&] { WrappedNormal(loc, one, -1.0); }, "curvature"));
  CHECK(test::throws_with<DomainError>([&] { WrappedNormal(loc + 0.4, one, 4.0); }, "in the ball"));
  CHECK(test::throws_with<DomainError>([&] { WrappedNormal(loc, one).log_prob(loc + 0.8); },
                                       "value must be in the ball"));
  CHECK(test::throws_with<ShapeError>([&] { WrappedNormal(loc, ones({3})); }, "scale"));
  Rng rng(1);
  const WrappedNormal none(zeros({0, 3}), ones({0, 3}));
  CHECK(none.sample(rng).shape() == Shape{0, 3});
  CHECK(none.log_prob(zeros({0, 3})).shape() == Shape{0});
}

TEST_CASE("WrappedNormal: a loc of fewer coordinates than scale is refused, and the rim is named",
          "[prob][errors]") {
  CHECK(test::throws_with<ShapeError>([] { prob::WrappedNormal(tensor({0.5}), ones({3})); },
                                      "loc must be points [..., 3]"));
  const prob::WrappedNormal d(zeros({2}), ones({2}));
  CHECK(test::throws_with<DomainError>(
      [&] {
        d.log_prob(tensor({1.0, 0.0}));
      },
      "rsample_and_log_prob"));
}
