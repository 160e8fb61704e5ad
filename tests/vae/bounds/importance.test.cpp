#include "vae/bounds/importance.hpp"

#include <cmath>

#include "prob/normal.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/analysis/moments.hpp"

using namespace tapestry;

namespace {

vae::Noise spread(const Tensor& values) {
  vae::Moments moments{Shape{}};
  moments.add_all(values);
  return moments.noise();
}

}  // namespace

TEST_CASE("importance sampling: a proposal where f is large has a known, far lower variance",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const prob::Normal p(tensor(0.0), tensor(1.0)), near_peak(tensor(3.0), tensor(1.0));
  const auto f = [](const Tensor& y) { return 20.446 * exp(-pow(y - 3.0, 4.0)); };
  const auto check = [&](const prob::Normal& q, double variance) {
    const vae::Noise noise = spread(vae::importance_terms(f, p, q, 400000, rng));
    CHECK(std::fabs(noise.mean.item() - 0.4316417233) <= 5 * noise.mean_se.item());
    CHECK(std::fabs(noise.variance.item() - variance) <= 5 * noise.variance_se.item());
    CHECK(noise.variance_se.item() < 0.02 * variance);
  };
  check(p, 5.743008);
  check(near_peak, 0.311704);
}

TEST_CASE("effective sample size: all for equal weights, one for a single heavy one",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  CHECK(vae::effective_sample_size(full({50}, -1e4)).item() == Approx(50));
  CHECK(vae::effective_sample_size(tensor({-1000.0, 3.0, -2000.0})).item() == Approx(1));
  // w = 1, 2, 3: 6^2 / (1 + 4 + 9)
  const Tensor log_w = log(tensor({1.0, 2.0, 3.0}));
  CHECK(vae::effective_sample_size(log_w).item() == Approx(36.0 / 14));
  CHECK(vae::normalized_weights(log_w).at({2}) == Approx(0.5));
  CHECK(vae::log_px(log_w).log_px.item() == Approx(std::log(2.0)));
  CHECK(vae::log_px(zeros({1, 2})).se.to_vector() == std::vector<double>(2, INFINITY));
}

TEST_CASE("importance sampling: the standard errors are the spread over many runs",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  constexpr std::int64_t kSamples = 500, kRuns = 2000;
  // p is N(1, 1/2) times an unknown 3, q is N(0.5, 1).
  const prob::Normal p(tensor(1.0), tensor(0.5)), q(tensor(0.5), tensor(1.0));
  const Tensor z = q.sample(rng, {kSamples, kRuns});
  const Tensor log_w = std::log(3.0) + p.log_prob(z) - q.log_prob(z);

  const vae::LogPx evidence = vae::log_px(log_w);
  const vae::Noise log_px = spread(evidence.log_px);
  // The log of an average falls short by half its relative variance.
  const double shortfall = 0.5 * log_px.variance.item();
  CHECK(std::fabs(log_px.mean.item() + shortfall - std::log(3.0)) <= 5 * log_px.mean_se.item());
  CHECK(mean(evidence.se).item() == Approx(std::sqrt(log_px.variance.item())).epsilon(0.08));

  const prob::Estimate moment = vae::self_normalized(log_w, square(z));
  const vae::Noise estimates = spread(moment.mean);
  CHECK(std::fabs(estimates.mean.item() - 1.25) <= 5 * estimates.mean_se.item() + 2e-3);
  CHECK(mean(moment.standard_error).item() ==
        Approx(std::sqrt(estimates.variance.item())).epsilon(0.08));
}

TEST_CASE("importance sampling: from p itself the evidence has no error", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const vae::LogPx exact = vae::log_px(full({20, 2}, -700.25));
  CHECK(exact.log_px.at({1}) == Approx(-700.25).epsilon(1e-14));
  CHECK(exact.ess.at({1}) == Approx(20));
  CHECK(exact.se.at({1}) < 1e-6);
  CHECK(vae::log_px(full({2}, 2.0)).se.item() < 1e-6);  // one sample knows no better
}

TEST_CASE("importance sampling: shapes that do not fit are named", "[vae][errors]") {
  using test::throws_with;
  CHECK(throws_with<ShapeError>([] { vae::log_px(tensor(1.0)); }, "axis 0"));
  CHECK(throws_with<ShapeError>([] { vae::self_normalized(zeros({3}), zeros({4})); }, "[4]"));
  CHECK(throws_with<ConfigError>([] { vae::self_normalized(zeros({1}), zeros({1})); }, "not 1"));
}

TEST_CASE("importance sampling: the effective sample size keeps its digits at large log weights",
          "[vae][inference]") {
  for (const double at : {0.0, -1e4, 1e6, -1e6, -1e30}) {
    CAPTURE(at);
    CHECK(vae::effective_sample_size(full({7, 1}, at)).item() == Approx(7).epsilon(1e-6));
  }
  const Tensor log_w = tensor({-1e6, -1e6 + 1, -1e6 - 2});  // whole numbers are exact in f32
  CHECK(vae::effective_sample_size(log_w).item() ==
        Approx(vae::effective_sample_size(tensor({0.0, 1.0, -2.0})).item()).epsilon(1e-6));
}
