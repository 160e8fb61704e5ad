#include "vae/inference/annealing.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using vae::exact::kLineX;
using vae::exact::Line;

namespace {

const vae::LogDensity kPrior = [](const Tensor& z) {
  return Line::example().prior(z.shape()).log_prob(z);
};
const vae::LogDensity kJoint = [](const Tensor& z) {
  return Line::example().log_joint(tensor(kLineX), z);
};

void check_mean(const Tensor& values, double exact, double largest_error) {
  const prob::Estimate e = prob::estimate(values);
  CAPTURE(e.mean.item(), exact, e.standard_error.item());
  CHECK(std::fabs(e.mean.item() - exact) < 4.5 * e.standard_error.item());
  CHECK(e.standard_error.item() < largest_error);
}

}  // namespace

TEST_CASE("annealing: both directions have the normaliser as their mean, and bracket its log",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const Line line = Line::example();
  const double p = std::exp(line.log_px(tensor(kLineX)).item());
  Rng rng(1);
  const std::int64_t n = 4000;
  const vae::AnnealingOptions options{.steps = 8, .leapfrog_steps = 3, .step = 0.4};
  const Tensor forward = vae::annealed_log_weights(kPrior, kJoint, rng.normal({n}), rng, options);
  const prob::Normal posterior = line.posterior(tensor(kLineX));
  const Tensor reverse =
      vae::reverse_annealed_log_weights(kPrior, kJoint, posterior.sample(rng, {n}), rng, options);
  check_mean(exp(forward) / p, 1, 0.02);
  check_mean(p * exp(-reverse), 1, 0.02);
  const double below = mean(forward).item() - std::log(p),
               above = mean(reverse).item() - std::log(p);
  CHECK(below < 0);
  CHECK(below > -0.3);  // importance sampling from the prior, one step, is 1.58 too low
  CHECK(above > 0);
  CHECK(above < 0.3);
}

TEST_CASE("annealing: one step is importance sampling", "[vae]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const Tensor z = rng.normal({5});
  const Tensor log_w = vae::annealed_log_weights(kPrior, kJoint, z, rng, {.steps = 1});
  CHECK(max(abs(log_w - (kJoint(z) - kPrior(z)))).item() < 1e-14);
  CHECK(test::throws_with<ConfigError>(
      [&] { vae::annealed_log_weights(kPrior, kJoint, z, rng, {.steps = 0}); }, "not 0"));
}
