#include "vae/inference/em.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

using vae::exact::NormalMixture;

namespace {

NormalMixture truth() {
  return {.logits = log(tensor({0.3, 0.5, 0.2})),
          .loc = tensor({-3, 0.5, 4}),
          .scale = tensor({0.7, 1.0, 0.5})};
}

Tensor data(std::int64_t n) {
  Rng rng(1);
  return truth().sample(rng, n).x;
}

NormalMixture random_start(Rng& rng) {
  return {
      .logits = rng.normal({3}), .loc = 3.0 * rng.normal({3}), .scale = exp(0.5 * rng.normal({3}))};
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
    CHECK(sum(run.mixture.weights()).item() == Approx(1).epsilon(1e-12));
  }
}

TEST_CASE("em: the M-step leaves no slope of the bound, with a multiplier N for the weights",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(80);
  Rng rng(4);
  const Tensor q = softmax(2.0 * rng.normal({80, 3}));
  const NormalMixture best = vae::maximization_step(x, q);
  Tape tape;
  const Tensor weights = tape.watch(best.weights());
  const NormalMixture at{
      .logits = log(weights), .loc = tape.watch(best.loc), .scale = tape.watch(best.scale)};
  // Not the bound itself, whose softmax keeps the sum of the weights at 1, but the sum in it that
  // depends on the parameters: E_q[log weight + log N(x | loc, scale^2)].
  const Tensor log_joint = at.logits + prob::Normal(at.loc, at.scale).log_prob(reshape(x, {-1, 1}));
  tape.backward(sum(q * log_joint));
  for (const double slope : tape.grad(at.loc).to_vector()) CHECK(std::fabs(slope) < 1e-9);
  for (const double slope : tape.grad(at.scale).to_vector()) CHECK(std::fabs(slope) < 1e-9);
  for (const double slope : tape.grad(weights).to_vector()) CHECK(slope == Approx(80));
}

TEST_CASE("em: both steps raise the bound, and the E-step makes it tight", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(50);
  Rng rng(3);
  NormalMixture mixture = random_start(rng);
  Tensor log_q = log_softmax(rng.normal({50, 3}));
  const auto bound = [&] { return sum(mixture.elbo(x, log_q)).item(); };
  for (int step = 0; step < 10; ++step) {
    const double before = bound();
    log_q = mixture.log_posterior(x);
    const double after_e = bound();
    CHECK(after_e >= before - 1e-10);
    CHECK(after_e == Approx(sum(mixture.log_px(x)).item()).epsilon(1e-12));
    mixture = vae::maximization_step(x, exp(log_q));
    CHECK(bound() >= after_e - 1e-10);
  }
}

TEST_CASE("em: converges to the mixture that made the data", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = data(20000);
  const vae::EmResult run =
      vae::em(x, {.logits = zeros({3}), .loc = tensor({-1, 0, 1}), .scale = ones({3})});
  CHECK(run.converged);
  const NormalMixture want = truth();
  for (int k = 0; k < 3; ++k) {
    CAPTURE(k);
    CHECK(run.mixture.weights().at({k}) == Approx(want.weights().at({k})).margin(0.02));
    CHECK(run.mixture.loc.at({k}) == Approx(want.loc.at({k})).margin(0.05));
    CHECK(run.mixture.scale.at({k}) == Approx(want.scale.at({k})).margin(0.05));
  }
}

TEST_CASE("em: a component on a single number stops at the least scale", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({0.0, 0.1, -0.1, 0.2, 9.0});
  const vae::EmResult run =
      vae::em(x, {.logits = zeros({2}), .loc = tensor({0, 9}), .scale = tensor({1.0, 0.5})},
              {.min_scale = 0.01});
  CHECK(run.mixture.scale.at({1}) == 0.01);
  CHECK(run.converged);
  for (std::size_t i = 1; i < run.log_likelihood.size(); ++i)
    CHECK(run.log_likelihood[i] >= run.log_likelihood[i - 1] - 1e-10);
}

TEST_CASE("em: what does not fit or has no data is refused", "[vae][errors]") {
  using test::throws_with;
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({0.0, 1.0});
  NormalMixture start{.logits = zeros({2}), .loc = tensor({0, 1}), .scale = tensor({1, 1})};
  CHECK(throws_with<ShapeError>([&] { vae::em(zeros({2, 2}), start); }, "[2,2]"));
  CHECK(throws_with<ConfigError>([&] { vae::em(x, start, {.max_steps = 0}); }, "not 0"));
  CHECK(throws_with<ConfigError>([&] { vae::em(x, start, {.min_scale = 0}); }, "min_scale"));
  start.loc = tensor({0, 1e6});  // far from all data: nothing left for it
  CHECK(throws_with<DomainError>([&] { vae::em(x, start); }, "responsibility"));
}
