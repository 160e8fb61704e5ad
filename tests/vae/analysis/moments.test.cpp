#include "vae/analysis/moments.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("moments: draws one by one give the sums of the textbook", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const std::vector<double> draws = {3, -1, 4, 1, -5, 9, 2, -6};
  vae::Moments moments{Shape{}};
  for (const double v : draws) moments.add(tensor(v));

  const double n = static_cast<double>(draws.size());
  double mean = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double v : draws) mean += v / n;
  for (const double v : draws) {
    const double d = v - mean;
    m2 += d * d / n, m3 += d * d * d / n, m4 += d * d * d * d / n;
  }
  const double variance = m2 * n / (n - 1), ratio = std::fabs(mean) / std::sqrt(m2);
  const vae::Noise noise = moments.noise();
  CHECK(noise.mean.item() == Approx(mean).epsilon(1e-13));
  CHECK(noise.mean_se.item() == Approx(std::sqrt(variance / n)).epsilon(1e-13));
  CHECK(noise.variance.item() == Approx(variance).epsilon(1e-13));
  CHECK(noise.variance_se.item() == Approx(std::sqrt((m4 - m2 * m2) / n)).epsilon(1e-13));
  CHECK(noise.snr.item() == Approx(std::fabs(mean) / std::sqrt(variance)).epsilon(1e-13));
  const double skewness = m3 / std::pow(m2, 1.5), kurtosis = m4 / (m2 * m2);
  const double r2 = ratio * ratio * (kurtosis - 1) / 4;
  CHECK(noise.snr_se.item() == Approx(std::sqrt((1 - ratio * skewness + r2) / n)).epsilon(1e-12));
}

TEST_CASE("moments: the error of a ratio may be smaller than that of draws without skew",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // One draw of ten is 1: ratio 1/3, skewness 8/3, kurtosis 73/9, so 1 - 8/9 + 16/81.
  vae::Moments moments{Shape{}};
  for (int i = 0; i < 10; ++i) moments.add(tensor(i == 3 ? 1.0 : 0.0));
  CHECK(moments.noise().snr_se.item() == Approx(std::sqrt(25.0 / 81 / 10)).epsilon(1e-12));
}

TEST_CASE("moments: the standard errors are the spread over many runs", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  // 2 + e + e^2 / 2 is skewed, so every term of the errors matters.
  Rng rng(11);
  vae::Moments means{Shape{}}, variances{Shape{}}, ratios{Shape{}};
  double mean_se = 0, variance_se = 0, snr_se = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    vae::Moments moments{Shape{}};
    const Tensor e = rng.normal({2000});
    moments.add_all(2.0 + e + 0.5 * square(e));
    const vae::Noise noise = moments.noise();
    means.add(noise.mean), variances.add(noise.variance), ratios.add(noise.snr);
    mean_se += noise.mean_se.item() / kRuns;
    variance_se += noise.variance_se.item() / kRuns;
    snr_se += noise.snr_se.item() / kRuns;
  }
  // A deviation from 400 runs has a relative error of 1/sqrt(800) = 3.5 %: four of them.
  CHECK(std::sqrt(means.noise().variance.item()) == Approx(mean_se).epsilon(0.14));
  CHECK(std::sqrt(variances.noise().variance.item()) == Approx(variance_se).epsilon(0.14));
  CHECK(std::sqrt(ratios.noise().variance.item()) == Approx(snr_se).epsilon(0.14));
}

TEST_CASE("moments: many draws at once are the same as one by one, in f32 too", "[vae][analysis]") {
  Rng rng(2);
  const Tensor draws = 100.0 + rng.normal({50, 2, 3}, DType::f32);
  vae::Moments together({2, 3}), single({2, 3});
  together.add_all(draws);
  for (int i = 0; i < 50; ++i) single.add(reshape(slice(draws, 0, i, i + 1), {2, 3}));
  CHECK(together.count() == 50);
  CHECK(together.noise().variance.to_vector() == single.noise().variance.to_vector());
  CHECK(together.noise().snr_se.to_vector() == single.noise().snr_se.to_vector());
}

TEST_CASE("moments: what never varies has an infinite ratio, or 0 if it is 0", "[vae][analysis]") {
  vae::Moments moments({2});
  for (int i = 0; i < 3; ++i) moments.add(tensor({0.0, -2.0}));
  const vae::Noise noise = moments.noise();
  CHECK(noise.variance.to_vector() == std::vector<double>{0, 0});
  CHECK(noise.snr.at({0}) == 0);
  CHECK(std::isinf(noise.snr.at({1})));
  CHECK(noise.snr_se.to_vector() == std::vector<double>{0, 0});
}

TEST_CASE("moments: too few draws, other shapes and NaN are refused by name", "[vae][errors]") {
  using test::throws_with;
  vae::Moments moments({2});
  moments.add(tensor({1.0, 2.0}));
  CHECK(throws_with<ConfigError>([&] { moments.noise(); }, "at least 2 draws, not 1"));
  CHECK(throws_with<ShapeError>([&] { moments.add(tensor({1.0, 2.0, 3.0})); }, "[3]"));
  CHECK(throws_with<DomainError>([&] { moments.add(tensor({1.0, NAN})); }, "[0,1]"));
  CHECK(moments.count() == 1);
}
