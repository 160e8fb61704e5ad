#include "vae/inference/em.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

vae::Mixture1d truth() {
  return {.weights = tensor({0.3, 0.5, 0.2}),
          .means = tensor({-3, 0.5, 4}),
          .scales = tensor({0.7, 1.0, 0.5})};
}

Tensor data(std::int64_t n) {
  Rng rng(1);
  return truth().distribution().sample(rng, {n});
}

vae::Mixture1d random_start(Rng& rng) {
  return {.weights = softmax(rng.normal({3})),
          .means = 3.0 * rng.normal({3}),
          .scales = exp(0.5 * rng.normal({3}))};
}

}  // namespace

TEST_CASE("em: the likelihood never falls, from 200 random starts", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(120);
  Rng rng(2);
  for (int start = 0; start < 200; ++start) {
    const vae::EmResult run = vae::em(x, random_start(rng), {.max_steps = 60});
    for (std::size_t i = 1; i < run.log_likelihood.size(); ++i)
      REQUIRE(run.log_likelihood[i] >= run.log_likelihood[i - 1] - 1e-10);
    CHECK(run.log_likelihood.back() > run.log_likelihood.front());
    CHECK(sum(run.mixture.weights).item() == Approx(1).epsilon(1e-12));
  }
}

TEST_CASE("em: the E-step makes the bound tight, any other q leaves it below", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(50);
  Rng rng(3);
  const vae::Mixture1d mixture = random_start(rng);
  const double log_p = vae::log_likelihood(mixture, x).item();
  const Tensor posterior = vae::expectation_step(mixture, x);
  CHECK(vae::elbo(mixture, x, posterior).item() == Approx(log_p).epsilon(1e-12));
  for (int i = 0; i < 20; ++i)
    CHECK(vae::elbo(mixture, x, softmax(rng.normal({50, 3}))).item() < log_p - 1e-3);
  // A q that is sure: 0 log 0 counts as 0.
  const Tensor sure = concat({ones({50, 1}), zeros({50, 2})}, 1);
  const Tensor joint = slice(vae::log_joint(mixture, x), 1, 0, 1);
  CHECK(vae::elbo(mixture, x, sure).item() == Approx(sum(joint).item()).epsilon(1e-12));
}

TEST_CASE("em: the mixture's density is the one that distribution() has", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(30);
  CHECK(vae::log_likelihood(truth(), x).item() ==
        Approx(sum(truth().distribution().log_prob(x)).item()).epsilon(1e-12));
}

TEST_CASE("em: the M-step leaves no slope of the bound, with a multiplier N for the weights",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(80);
  Rng rng(4);
  const Tensor q = softmax(2.0 * rng.normal({80, 3}));
  const vae::Mixture1d best = vae::maximization_step(x, q);
  Tape tape;
  const vae::Mixture1d at{.weights = tape.watch(best.weights),
                          .means = tape.watch(best.means),
                          .scales = tape.watch(best.scales)};
  tape.backward(vae::elbo(at, x, q));
  for (const double slope : tape.grad(at.means).to_vector()) CHECK(std::fabs(slope) < 1e-9);
  for (const double slope : tape.grad(at.scales).to_vector()) CHECK(std::fabs(slope) < 1e-9);
  for (const double slope : tape.grad(at.weights).to_vector()) CHECK(slope == Approx(80));
}

TEST_CASE("em: converges to the mixture that made the data", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(20000);
  const vae::EmResult run =
      vae::em(x, {.weights = full({3}, 1.0 / 3), .means = tensor({-1, 0, 1}), .scales = ones({3})});
  CHECK(run.converged);
  const vae::Mixture1d want = truth();
  for (int k = 0; k < 3; ++k) {
    CAPTURE(k);
    CHECK(run.mixture.weights.at({k}) == Approx(want.weights.at({k})).margin(0.02));
    CHECK(run.mixture.means.at({k}) == Approx(want.means.at({k})).margin(0.05));
    CHECK(run.mixture.scales.at({k}) == Approx(want.scales.at({k})).margin(0.05));
  }
}

TEST_CASE("em: a component on a single number stops at the least scale", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({0.0, 0.1, -0.1, 0.2, 9.0});
  const vae::EmResult run = vae::em(
      x, {.weights = tensor({0.5, 0.5}), .means = tensor({0, 9}), .scales = tensor({1.0, 0.5})},
      {.min_scale = 0.01});
  CHECK(run.mixture.scales.at({1}) == 0.01);
  CHECK(run.converged);
  for (std::size_t i = 1; i < run.log_likelihood.size(); ++i)
    CHECK(run.log_likelihood[i] >= run.log_likelihood[i - 1] - 1e-10);
}

TEST_CASE("em: what is no mixture or no data is refused", "[vae][errors]") {
  using test::throws_with;
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({0.0, 1.0});
  vae::Mixture1d start{
      .weights = tensor({0.5, 0.6}), .means = tensor({0, 1}), .scales = tensor({1, 1})};
  CHECK(throws_with<DomainError>([&] { vae::em(x, start); }, "weights"));
  start.weights = tensor({0.5, 0.25, 0.25});
  CHECK(throws_with<ShapeError>([&] { vae::em(x, start); }, "[3]"));
  start.weights = tensor({0.5, 0.5});
  CHECK(throws_with<ShapeError>([&] { vae::em(zeros({2, 2}), start); }, "[2,2]"));
  CHECK(throws_with<ConfigError>([&] { vae::em(x, start, {.max_steps = 0}); }, "not 0"));
  start.means = tensor({0, 1e6});  // far from all data: nothing left for it
  CHECK(throws_with<DomainError>([&] { vae::em(x, start); }, "responsibility"));
}
