#include "vae/bounds/wake_sleep.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/line.hpp"
#include "support/thrown.hpp"
#include "vae/analysis/gradient_noise.hpp"

using namespace tapestry;
using test::LineImages;

namespace {

// The line's decoder with its slope as a parameter, and a linear encoder N(a x, exp(log_scale)^2).
prob::Normal decode(const Tensor& w, const Tensor& z) {
  return {w * z, full({}, std::sqrt(LineImages::kNoise), z.dtype()), 1};
}
prob::Normal encode(const Tensor& a, const Tensor& log_scale, const Tensor& x) {
  return {a * x, exp(log_scale), 1};
}

void check_mean(const vae::Noise& noise, double exact) {
  CAPTURE(noise.mean.item(), noise.mean_se.item(), exact);
  CHECK(std::fabs(noise.mean.item() - exact) <= 5 * noise.mean_se.item());
  CHECK(noise.mean_se.item() < 0.03);
}

}  // namespace

TEST_CASE("wake phase: the value is the bound, and only the model learns", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const double a = 0.4, scale = 0.8;
  const auto bound = [&](std::span<const Tensor> at, Rng& r) {
    const LineImages line(at[0].dim(0));
    return vae::wake_phase(
               line.x, encode(at[1], at[2], line.x), line.prior,
               [&](const Tensor& z) { return decode(at[0], z); }, r)
        .elbo();
  };
  const vae::GradientNoise noise = vae::gradient_noise(
      bound, {tensor({1.0}), tensor({a}), tensor({std::log(scale)})}, 200000, rng);
  const double mu = a * LineImages::kX, second = mu * mu + scale * scale;
  const LineImages line(1);
  check_mean(noise.value, line.line.elbo(line.x, prob::Normal(tensor(mu), tensor(scale))).item());
  check_mean(noise.gradients[0], (LineImages::kX * mu - second) / LineImages::kNoise);
  for (const std::size_t of_encoder : {1u, 2u}) {
    CHECK(noise.gradients[of_encoder].mean.item() == 0);
    CHECK(noise.gradients[of_encoder].variance.item() == 0);
  }
}

TEST_CASE("sleep phase: the slope of E log q over the model's own data, only for the encoder",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const double a = 0.4, scale = 0.8;
  const prob::StandardNormal prior({1}, 1);
  const auto log_q = [&](std::span<const Tensor> at, Rng& r) {
    return vae::sleep_phase([&](const Tensor& x) { return encode(at[0], at[1], x); }, prior,
                            [&](const Tensor& z) { return decode(at[2], z); }, r, at[0].dim(0));
  };
  const vae::GradientNoise noise = vae::gradient_noise(
      log_q, {tensor({a}), tensor({std::log(scale)}), tensor({1.0})}, 200000, rng);
  // On the line E z^2 = E x z = 1 and E x^2 = 3/2.
  const double s2 = scale * scale;
  check_mean(noise.gradients[0], (1 - 1.5 * a) / s2);
  check_mean(noise.gradients[1], (1 - 2 * a + 1.5 * a * a) / s2 - 1);
  CHECK(noise.gradients[2].variance.item() == 0);
}

TEST_CASE("sleep phase: dreams alone teach the encoder the exact posterior", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  Parameter a("a", tensor({0.0})), log_scale("log_scale", tensor({0.0}));
  const prob::StandardNormal prior({1}, 1);
  nn::Adam adam({&a, &log_scale}, {.lr = 0.02});
  for (int step = 0; step < 600; ++step) {
    if (step == 400) adam.set_lr(0.002);
    adam.zero_grad();
    Tape tape;
    const Tensor log_q = vae::sleep_phase(
        [&](const Tensor& x) { return encode(recorded(a), recorded(log_scale), x); }, prior,
        [](const Tensor& z) { return decode(tensor({1.0}), z); }, rng, 1000);
    tape.backward(-mean(log_q));
    adam.step();
  }
  CHECK(a.value().item() == Approx(LineImages::kPosteriorMean / LineImages::kX).margin(0.01));
  CHECK(std::exp(log_scale.value().item()) == Approx(LineImages::kPosteriorScale).margin(0.01));
}

TEST_CASE("sleep phase: no dream is refused", "[vae][errors]") {
  Rng rng(4);
  const LineImages line(1);
  const auto sleep = [&] {
    vae::sleep_phase([&](const Tensor&) { return line.q(0, 1); }, line.prior,
                     [&](const Tensor& z) { return line.likelihood(z); }, rng, 0);
  };
  CHECK(test::throws_with<ConfigError>(sleep, "at least 1 dream, not 0"));
}
