#include "vae/inference/hmc.hpp"

#include <cmath>
#include <limits>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/line.hpp"
#include "support/thrown.hpp"
#include "vae/analysis/moments.hpp"

using namespace tapestry;

namespace {

// A bent valley over z [C, 2]: curved enough that nothing cancels by luck.
Tensor banana(const Tensor& z) {
  const Tensor x = reshape(slice(z, 1, 0, 1), {-1}), y = reshape(slice(z, 1, 1, 2), {-1});
  return -0.5 * square(x) - 2.0 * square(y - square(x));
}

// A normal with mean (1, -0.5), variances 1 and 2 and covariance 0.6.
Tensor ellipse(const Tensor& z) {
  const Tensor d = z - tensor({1.0, -0.5});
  const Tensor precision = tensor({{2, -0.6}, {-0.6, 1}}) / 1.64;
  return -0.5 * sum(d * matmul(d, precision), 1);
}

/// Each chain is one independent draw of its own averages.
void check_average(const Tensor& values, double exact, double largest_error) {
  vae::Moments moments{Shape{}};
  moments.add_all(mean(values, 0));
  const vae::Noise noise = moments.noise();
  CAPTURE(noise.mean.item(), exact, noise.mean_se.item());
  CHECK(std::fabs(noise.mean.item() - exact) <= 5 * noise.mean_se.item());
  CHECK(noise.mean_se.item() < largest_error);
}

}  // namespace

TEST_CASE("leapfrog: from the negated momentum it leads back to the start", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const vae::PhasePoint start{rng.normal({20, 2}), rng.normal({20, 2})};
  const vae::PhasePoint there = vae::leapfrog(banana, start, 0.05, 25);
  const vae::PhasePoint back = vae::leapfrog(banana, {there.position, -there.momentum}, 0.05, 25);
  CHECK(test::difference(back.position, start.position, 1e-10) == "");
  CHECK(test::difference(-back.momentum, start.momentum, 1e-10) == "");
  CHECK(test::difference(there.position, start.position, 0.1) != "");  // it went somewhere
}

TEST_CASE("leapfrog: half the step makes a quarter of the energy error", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const vae::PhasePoint start{tensor({{0.3, -0.4}}), tensor({{0.8, 0.5}})};
  const double before = vae::energy(banana, start).item();
  const auto error = [&](double step, int steps) {
    return vae::energy(banana, vae::leapfrog(banana, start, step, steps)).item() - before;
  };
  CHECK(error(0.02, 20) / error(0.01, 40) == Approx(4).epsilon(0.05));
  CHECK(std::fabs(error(0.01, 40)) < 1e-3);
}

TEST_CASE("leapfrog: volume in phase space is preserved", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const auto quartic = [](const Tensor& z) { return -sum(square(square(z)), 1); };
  const auto end = [&](double z, double r) {
    const vae::PhasePoint phase =
        vae::leapfrog(quartic, {full({1, 1}, z), full({1, 1}, r)}, 0.1, 7);
    return std::pair{phase.position.item(), phase.momentum.item()};
  };
  constexpr double kH = 1e-5;
  const auto [z1, r1] = end(0.7 + kH, 0.4);
  const auto [z0, r0] = end(0.7 - kH, 0.4);
  const auto [z3, r3] = end(0.7, 0.4 + kH);
  const auto [z2, r2] = end(0.7, 0.4 - kH);
  const double determinant = ((z1 - z0) * (r3 - r2) - (z3 - z2) * (r1 - r0)) / (4 * kH * kH);
  CHECK(determinant == Approx(1).epsilon(1e-8));
}

TEST_CASE("hmc: samples a correlated normal with its mean and covariance", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const vae::HmcResult chain =
      vae::hmc(ellipse, zeros({100, 2}), rng, {.samples = 400, .warmup = 300});
  REQUIRE(chain.samples.shape() == Shape{400, 100, 2});
  const Tensor x = reshape(slice(chain.samples, 2, 0, 1), {400, 100}) - 1.0;
  const Tensor y = reshape(slice(chain.samples, 2, 1, 2), {400, 100}) + 0.5;
  check_average(x, 0, 0.03);
  check_average(y, 0, 0.03);
  check_average(x * x, 1, 0.03);
  check_average(y * y, 2, 0.05);
  check_average(x * y, 0.6, 0.03);
  CHECK(chain.acceptance > 0.7);
  CHECK(chain.acceptance < 0.95);
}

TEST_CASE("hmc: samples the exact posterior of the line", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  using test::LineImages;
  const LineImages line(100);
  const auto log_joint = [&](const Tensor& z) {
    return line.likelihood(z).log_prob(line.x) + line.prior.log_prob(z);
  };
  Rng rng(3);
  const vae::HmcResult chain =
      vae::hmc(log_joint, zeros({100, 1}), rng, {.samples = 300, .warmup = 100});
  const Tensor z = reshape(chain.samples, {300, 100}) - LineImages::kPosteriorMean;
  check_average(z, 0, 0.01);
  check_average(z * z, 1.0 / 3, 0.01);
}

TEST_CASE("hmc: large steps are still exact, since the energy decides", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  const auto normal = [](const Tensor& z) { return -0.5 * sum(square(z), 1); };
  const vae::HmcResult chain = vae::hmc(
      normal, zeros({200, 1}), rng,
      {.samples = 500, .warmup = 20, .leapfrog_steps = 3, .step = 1.6, .target_acceptance = 0});
  CHECK(chain.acceptance < 0.95);
  CHECK(chain.step == Approx(1.6).epsilon(0.05));
  check_average(reshape(square(chain.samples), {500, 200}), 1, 0.02);
}

TEST_CASE("hmc: a density that ends is sampled up to its end", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(5);
  const auto exponential = [](const Tensor& z) {  // z [C]: a chain of plain numbers
    return where(greater(z, 0.0), -z, -std::numeric_limits<double>::infinity());
  };
  const vae::HmcResult chain = vae::hmc(exponential, ones({200}), rng,
                                        {.samples = 1000, .warmup = 200, .leapfrog_steps = 5});
  for (const double v : chain.samples.to_vector()) REQUIRE(v > 0);
  check_average(chain.samples, 1, 0.05);
  check_average(square(chain.samples), 2, 0.2);
}

TEST_CASE("hmc: on a flat density a path is a straight line, up to 20 % longer or shorter",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const auto flat = [](const Tensor& z) { return sum(0.0 * z, 1); };
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Rng rng(seed), same(seed);
    const Tensor end = vae::hmc(flat, zeros({1, 1}), rng,
                                {.samples = 1, .warmup = 0, .leapfrog_steps = 5, .step = 0.3})
                           .samples;
    const double momentum = same.normal({1, 1}).item();
    const double longer = 1 + 0.2 * (2 * same.uniform() - 1);
    CHECK(end.item() == Approx(5 * 0.3 * longer * momentum).epsilon(1e-10));
  }
}

TEST_CASE("hmc: parameters of the density keep their gradients", "[vae][inference]") {
  Parameter width("width", tensor({2.0f}));
  width.set_grad(tensor({7.0f}));
  Rng rng(6);
  const auto density = [&](const Tensor& z) { return sum(-square(z / width), 1); };
  vae::hmc(density, zeros({2, 1}), rng, {.samples = 3, .warmup = 3});
  CHECK(width.grad().item() == 7);
}

TEST_CASE("hmc: starts and options that make no sense say so", "[vae][errors]") {
  using test::throws_with;
  Rng rng(7);
  const auto density = [](const Tensor& z) { return sum(-square(z), 1); };
  const auto run = [&](const vae::LogDensity& log_p, const vae::HmcOptions& options) {
    return [&rng, log_p, options] { vae::hmc(log_p, ones({2, 1}), rng, options); };
  };
  CHECK(throws_with<ConfigError>(run(density, {.samples = 0}), "samples"));
  CHECK(throws_with<ConfigError>(run(density, {.step = -1}), "step must be positive, not -1"));
  CHECK(throws_with<ConfigError>(run(density, {.target_acceptance = 1}), "[0, 1)"));
  CHECK(throws_with<ShapeError>(run([](const Tensor& z) { return sum(z); }, {}), "not [2]"));
  CHECK(throws_with<DomainError>(run([](const Tensor& z) { return sum(log(-z), 1); }, {}),
                                 "log density at the start"));
}
