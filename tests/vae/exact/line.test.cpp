#include "vae/exact/line.hpp"

#include <array>
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "vae/exact/line_noise.hpp"

using namespace tapestry;
using vae::exact::EstimatorNoise;
using vae::exact::Line;

namespace {

prob::Normal normal(double mean, double scale) { return {tensor(mean), tensor(scale)}; }

/// |estimate - exact| in standard errors.
double errors_away(const prob::Estimate& e, double exact) {
  return std::fabs(e.mean.item() - exact) / e.standard_error.item();
}

/// Estimates of the ELBO with their gradients by the mean and the log standard deviation of q, one
/// for each e, recorded as a program would: the reference for the closed forms.
struct Estimates {
  Tensor value, d_mean, d_log_scale;
};
enum class Estimator { generic, analytic_kl, stl };

Estimates estimates(const Line& line, double mean, double scale, Estimator which, const Tensor& e) {
  const Tensor x = full(e.shape(), vae::exact::kLineX);
  Tape tape;
  const Tensor m = tape.watch(full(e.shape(), mean));
  const Tensor log_scale = tape.watch(full(e.shape(), std::log(scale)));
  const prob::Normal q(m, exp(log_scale));
  const Tensor z = q.loc + q.scale * e;
  Tensor value;
  if (which == Estimator::analytic_kl)
    value = line.likelihood(z).log_prob(x) - prob::kl(q, line.prior(e.shape()));
  else if (which == Estimator::generic)
    value = line.log_joint(x, z) - q.log_prob(z);
  else
    value = line.log_joint(x, z) - prob::Normal(q.loc.detach(), q.scale.detach()).log_prob(z);
  tape.backward(sum(value));
  return {value.detach(), tape.grad(m), tape.grad(log_scale)};
}

double variance(const Tensor& v) { return mean(square(v - mean(v))).item(); }

/// The published table holds so many digits after the point.
void check_noise(const EstimatorNoise& noise, const EstimatorNoise& published, double digit) {
  CHECK(std::fabs(noise.value - published.value) <= digit);
  CHECK(std::fabs(noise.d_mean - published.d_mean) <= digit);
  CHECK(std::fabs(noise.d_log_scale - published.d_log_scale) <= digit);
}

}  // namespace

TEST_CASE("line: the constants of the example", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Line line = Line::example();
  const Tensor x = tensor(vae::exact::kLineX);
  const prob::Normal prior = normal(0, 1);
  CHECK(line.log_px(x).item() == Approx(-1.6850044206).epsilon(0).margin(5e-11));
  CHECK(line.posterior(x).loc.item() == Approx(0.8666666667).epsilon(0).margin(5e-11));
  CHECK(line.posterior(x).variance().item() == Approx(1.0 / 3).epsilon(1e-14));
  CHECK(line.elbo(x, prior).item() == Approx(-3.2623649429).epsilon(0).margin(5e-11));
  CHECK(line.gap(x, prior).item() == Approx(1.5773605).epsilon(0).margin(5e-8));
}

TEST_CASE("line: log p(x) is the bound plus the gap for every q, and the posterior closes it",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  for (int i = 0; i < 20; ++i) {
    const Line line{rng.normal({}), exp(rng.normal({}))};
    const Tensor x = rng.normal({7});
    const prob::Normal q(rng.normal({7}), exp(rng.normal({7})));
    const Tensor sum_of_both = line.elbo(x, q) + line.gap(x, q);
    CHECK(max(abs(line.log_px(x) - sum_of_both)).item() < 1e-10);
    CHECK(max(abs(line.log_px(x) - line.elbo(x, line.posterior(x)))).item() < 1e-12);
    // Bayes' rule at any z
    const Tensor z = rng.normal({7});
    const Tensor bayes = line.log_joint(x, z) - line.posterior(x).log_prob(z);
    CHECK(max(abs(line.log_px(x) - bayes)).item() < 1e-10);
  }
}

TEST_CASE("line: densities and the bound have gradients in the model and in q", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const std::array inputs{tensor(0.7), tensor(0.6), tensor({1.3, -0.2}), tensor({0.1, 0.4}),
                          tensor({0.5, 1.5})};
  test::expect_grad(
      [](auto in) {
        const Line line{in[0], in[1]};
        return line.log_px(in[2]) + line.elbo(in[2], prob::Normal(in[3], in[4]));
      },
      inputs);
}

TEST_CASE("line: samples have the moments of p(x) and of the joint", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Line line{tensor(1.5), tensor(0.4)};
  Rng rng(2);
  const auto [z, x] = line.sample(rng, 100000);
  CHECK(errors_away(prob::estimate(x), 0) < 4.5);
  CHECK(errors_away(prob::estimate(square(x)), 1.5 * 1.5 + 0.16) < 4.5);
  CHECK(errors_away(prob::estimate(x * z), 1.5) < 4.5);
}

TEST_CASE("line: the exact noise of three estimators is that of the table", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Line line = Line::example();
  const prob::Normal posterior = line.posterior(tensor(vae::exact::kLineX));
  const double mean = posterior.loc.item(), scale = posterior.scale.item();
  const auto noise = [&](double m, double s) {
    return line_noise(line, vae::exact::kLineX, normal(m, s));
  };
  const auto start = noise(0, 1);
  check_noise(start.generic, {8.76, 9, 24.76}, 1e-12);
  check_noise(start.analytic_kl, {8.76, 4, 14.76}, 1e-12);
  check_noise(start.stl, {8.76, 4, 14.76}, 1e-12);
  const auto wide = noise(0, 2);
  check_noise(wide.generic, {87.54, 36, 315.04}, 1e-12);
  check_noise(wide.analytic_kl, {59.04, 16, 155.04}, 1e-12);
  check_noise(wide.stl, {87.54, 30.25, 269.04}, 1e-12);
  const auto half_way = noise(mean / 2, std::sqrt(scale));
  check_noise(half_way.generic, {1.2437, 5.196, 6.976}, 5e-4);
  check_noise(half_way.analytic_kl, {2.4013, 2.309, 4.401}, 5e-4);
  check_noise(half_way.stl, {1.2437, 0.928, 2.048}, 5e-4);
  const auto there = noise(mean, scale);
  check_noise(there.generic, {0, 3, 2}, 1e-12);
  check_noise(there.analytic_kl, {0.4726, 4.0 / 3, 1.139}, 5e-4);
  check_noise(there.stl, {0, 0, 0}, 1e-12);
}

// A fourth moment of e stands behind each variance: 2 % is about 4 standard errors of 200000 draws.
TEST_CASE("line: the exact noise is that of estimates on the tape", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Line line{tensor(-1.4), tensor(0.9)};
  const double mean = 0.3, scale = 0.6;
  const auto exact = line_noise(line, vae::exact::kLineX, normal(mean, scale));
  Rng rng(3);
  const Tensor e = rng.normal({200000});
  const auto close = [&](const EstimatorNoise& noise, Estimator which) {
    const Estimates of = estimates(line, mean, scale, which, e);
    CHECK(variance(of.value) == Approx(noise.value).epsilon(0.02));
    CHECK(variance(of.d_mean) == Approx(noise.d_mean).epsilon(0.02));
    CHECK(variance(of.d_log_scale) == Approx(noise.d_log_scale).epsilon(0.02));
  };
  close(exact.generic, Estimator::generic);
  close(exact.analytic_kl, Estimator::analytic_kl);
  close(exact.stl, Estimator::stl);
}

// An eighth moment of e stands behind these: 4 % is about 4 standard errors of 200000 draws.
TEST_CASE("line: the exact noise of the score function is that of estimates on the tape",
          "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Line line = Line::example();
  const double mean = 0.3, scale = 0.6;
  Rng rng(4);
  const std::int64_t n = 200000;
  const Tensor e = rng.normal({n}), x = full({n}, vae::exact::kLineX), z = mean + scale * e;
  for (const double baseline : {0.0, -2.5}) {
    Tape tape;
    const Tensor m = tape.watch(full({n}, mean)),
                 log_scale = tape.watch(full({n}, std::log(scale)));
    const Tensor log_q = prob::Normal(m, exp(log_scale)).log_prob(z);
    const Tensor signal = (line.log_joint(x, z) - log_q).detach();
    tape.backward(sum((signal - baseline) * log_q));
    const EstimatorNoise exact =
        score_function_noise(line, vae::exact::kLineX, normal(mean, scale), baseline);
    CHECK(variance(signal) == Approx(exact.value).epsilon(0.04));
    CHECK(variance(tape.grad(m)) == Approx(exact.d_mean).epsilon(0.04));
    CHECK(variance(tape.grad(log_scale)) == Approx(exact.d_log_scale).epsilon(0.04));
    // Its mean is the gradient of the bound, which the noise of its mean does not hide.
    const double slope = (vae::exact::kLineX - mean) / 0.5 - mean;  // of log p(x, z), w = 1
    CHECK(errors_away(prob::estimate(tape.grad(m)), slope) < 4.5);
  }
  // A good baseline makes it quieter, and it stays far louder than A through the sample.
  const prob::Normal q = normal(mean, scale);
  const double none = score_function_noise(line, vae::exact::kLineX, q).d_mean;
  const double good = score_function_noise(line, vae::exact::kLineX, q, -1.9).d_mean;
  CHECK(good < 0.5 * none);
  CHECK(good > line_noise(line, vae::exact::kLineX, q).generic.d_mean);
}
