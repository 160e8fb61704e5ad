#include "vae/analysis/gradient_noise.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/line.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/exact/line_noise.hpp"

using namespace tapestry;
using test::LineImages;
using vae::Estimator;

namespace {

/// The closed form of one sample's variances.
vae::exact::EstimatorNoise exact(Estimator estimator, double mu, double sigma) {
  const vae::exact::LineNoise noise = vae::exact::line_noise(
      vae::exact::Line::example(), LineImages::kX, prob::Normal(tensor(mu), tensor(sigma)));
  if (estimator == Estimator::analytic) return noise.analytic_kl;
  return estimator == Estimator::generic ? noise.generic : noise.stl;
}

vae::GradientNoise measured(Estimator estimator, double mu, double sigma, Rng& rng) {
  const auto elbo = [&](std::span<const Tensor> at, Rng& r) {
    const LineImages line(at[0].dim(0));
    return vae::sgvb(line.x, prob::Normal(at[0], exp(at[1]), 1), line.prior,
                     [&](const Tensor& z) { return line.likelihood(z); }, r,
                     {.estimator = estimator})
        .elbo();
  };
  return vae::gradient_noise(elbo, {tensor({mu}), tensor({std::log(sigma)})}, 100000, rng);
}

void check_agrees(const Tensor& estimate, const Tensor& error, double exact) {
  CAPTURE(estimate.item(), error.item(), exact);
  // At the posterior a variance of 0 is left with rounding only.
  CHECK(std::fabs(estimate.item() - exact) <= 5 * error.item() + 1e-20);
  CHECK(error.item() <= 0.02 * exact + 1e-20);
}

}  // namespace

TEST_CASE("gradient noise: A, B and sticking the landing vary as computed on the line",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const double means[] = {0, 0, LineImages::kPosteriorMean / 2, LineImages::kPosteriorMean};
  const double scales[] = {1, 2, std::sqrt(LineImages::kPosteriorScale),
                           LineImages::kPosteriorScale};
  for (int i = 0; i < 4; ++i) {
    const double mu = means[i], sigma = scales[i];
    for (const Estimator estimator :
         {Estimator::generic, Estimator::analytic, Estimator::sticking_the_landing}) {
      CAPTURE(mu, sigma, static_cast<int>(estimator));
      const vae::GradientNoise noise = measured(estimator, mu, sigma, rng);
      const vae::exact::EstimatorNoise want = exact(estimator, mu, sigma);
      check_agrees(noise.value.variance, noise.value.variance_se, want.value);
      check_agrees(noise.gradients[0].variance, noise.gradients[0].variance_se, want.d_mean);
      check_agrees(noise.gradients[1].variance, noise.gradients[1].variance_se, want.d_log_scale);
      CHECK(std::fabs(noise.total_variance() - want.d_mean - want.d_log_scale) <=
            0.1 * (want.d_mean + want.d_log_scale) + 1e-20);
      // All are unbiased: dELBO/dmu = k - h mu, dELBO/dlog sigma = 1 - h sigma^2.
      const auto mean_agrees = [](const vae::Noise& n, double exact_mean) {
        CHECK(std::fabs(n.mean.item() - exact_mean) <= 5 * n.mean_se.item() + 1e-10);
      };
      mean_agrees(noise.gradients[0], 2 * LineImages::kX - 3 * mu);
      mean_agrees(noise.gradients[1], 1 - 3 * sigma * sigma);
      const double snr = std::fabs(2 * LineImages::kX - 3 * mu) / std::sqrt(want.d_mean);
      if (want.d_mean > 1e-20)  // the ratio of rounding to rounding means nothing
        CHECK(std::fabs(noise.gradients[0].snr.item() - snr) <=
              5 * noise.gradients[0].snr_se.item());
    }
  }
}

TEST_CASE("gradient noise: repeats one after another find the same as side by side",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Parameter mu("mu", tensor({0.3})), log_scale("log_scale", tensor({-0.2}));
  const LineImages line(1);
  Rng rng(2);
  const auto elbo = [&](Rng& r) {
    return vae::sgvb(
               line.x, prob::Normal(mu, exp(log_scale), 1), line.prior,
               [&](const Tensor& z) { return line.likelihood(z); }, r)
        .elbo();
  };
  const vae::GradientNoise noise = vae::gradient_noise(elbo, {&mu, &log_scale}, 5000, rng);
  const vae::exact::EstimatorNoise want = exact(Estimator::analytic, 0.3, std::exp(-0.2));
  const auto agrees = [](const vae::Noise& n, double variance) {
    CHECK(std::fabs(n.variance.item() - variance) <= 5 * n.variance_se.item());
  };
  agrees(noise.value, want.value);
  agrees(noise.gradients[0], want.d_mean);
  agrees(noise.gradients[1], want.d_log_scale);
  CHECK(noise.gradients[0].mean.shape() == Shape{1});
  CHECK_FALSE(mu.grad().defined());  // the meter leaves gradients alone
}

TEST_CASE("gradient noise: a parameter that is not reached has gradient 0", "[vae][analysis]") {
  Parameter used("used", tensor({1.0, 2.0})), unused("unused", tensor(3.0));
  Rng rng(3);
  const auto noise = vae::gradient_noise([&](Rng& r) { return sum(used * r.normal(Shape{2})); },
                                         {&unused, &used}, 10, rng);
  CHECK(noise.gradients[0].variance.item() == 0);
  CHECK(noise.gradients[0].snr.item() == 0);
  CHECK(noise.gradients[1].variance.at({1}) > 0);
  const auto none = vae::gradient_noise([](Rng& r) { return r.normal(Shape{}); }, {&used}, 5, rng);
  CHECK(none.gradients[0].mean.to_vector() == std::vector<double>{0, 0});
}

TEST_CASE("gradient noise: requests that make no sense say so", "[vae][errors]") {
  using test::throws_with;
  Parameter p("p", tensor({1.0, 2.0}));
  Rng rng(4);
  const auto noise = [&](auto&& estimate, std::int64_t repeats) {
    return [&rng, &p, estimate, repeats] { vae::gradient_noise(estimate, {&p}, repeats, rng); };
  };
  const auto one = [&](Rng&) { return sum(p); };
  const auto two = [&](Rng&) { return p * 2.0; };
  CHECK(throws_with<ConfigError>(noise(one, 1), "at least 2 repeats, not 1"));
  CHECK(throws_with<ShapeError>(noise(two, 5), "[2]"));
  const std::function<Tensor(Rng&)> estimate = one;
  CHECK(throws_with<ConfigError>(
      [&] { vae::gradient_noise(estimate, std::vector<Parameter*>{}, 5, rng); }, "no parameter"));
  const auto total = [](std::span<const Tensor> at, Rng&) { return sum(at[0]); };
  CHECK(throws_with<ShapeError>([&] { vae::gradient_noise(total, {tensor(1.0)}, 5, rng); },
                                "not [5]"));
}
