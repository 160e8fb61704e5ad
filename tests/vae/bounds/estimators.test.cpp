#include <cmath>

#include "support/catch.hpp"
#include "support/line.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/bounds/iwae.hpp"
#include "vae/bounds/log_weights.hpp"
#include "vae/bounds/means.hpp"

using namespace tapestry;

namespace {

using test::LineImages;
constexpr double kLogPx = LineImages::kLogPx, kElboOfPrior = LineImages::kElboOfPrior;
constexpr double kPosteriorMean = LineImages::kPosteriorMean,
                 kPosteriorScale = LineImages::kPosteriorScale;

struct Estimate {
  double mean, se;
};
Estimate estimate(const Tensor& values) {
  const auto v = values.to_vector();
  double sum = 0, squares = 0;
  for (const double e : v) sum += e, squares += e * e;
  const double n = static_cast<double>(v.size()), mean = sum / n;
  return {mean, std::sqrt((squares / n - mean * mean) / n)};
}

}  // namespace

TEST_CASE("elbo: parts of different shapes are refused, with event_dims as the hint", "[vae]") {
  // As without event_dims in q and the prior: the KL of each latent, not of each image.
  for (const std::int64_t images : {5, 50}) {
    const vae::ElboTerms terms{.log_lik = zeros({images}), .kl = zeros({images, 5})};
    const std::string wanted =
        fmt::format("elbo: log_lik has shape [{}], but kl has shape [{},5]", images, images);
    CHECK(test::throws_with<ShapeError>([&] { terms.loss(); }, wanted));
    CHECK(test::throws_with<ShapeError>([&] { terms.elbo(); }, "event_dims"));
    CHECK(test::throws_with<ShapeError>([&] { vae::Means().add(terms); }, wanted));
  }
}

// Bounds of 5 standard errors: a false alarm in 1.7 million runs, and the seed is fixed anyway.
TEST_CASE("estimators A and B are unbiased for the known ELBO of the line", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const LineImages line(100000);
  Rng rng(3);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  for (const int samples : {1, 4}) {
    const auto a = estimate(
        vae::sgvb_generic(line.x, line.q(0, 1), line.prior, likelihood, rng, {.samples = samples})
            .elbo());
    const auto b = estimate(vae::sgvb_analytic_kl(line.x, line.q(0, 1), line.prior, likelihood, rng,
                                                  {.samples = samples})
                                .elbo());
    CHECK(std::fabs(a.mean - kElboOfPrior) <= 5 * a.se);
    CHECK(std::fabs(b.mean - kElboOfPrior) <= 5 * b.se);
    // The spread is known too: 8.76 for one sample (q = prior, where A and B agree), a quarter for four.
    CHECK(a.se * a.se * 1e5 == Approx(8.76 / samples).epsilon(0.05));
    CHECK(b.se * b.se * 1e5 == Approx(8.76 / samples).epsilon(0.05));
  }
}

TEST_CASE("estimator A has no noise at the exact posterior, and B has 0.4726", "[vae]") {
  const DTypeScope f64(DType::f64);
  const LineImages line(100000);
  Rng rng(4);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  const prob::Normal q = line.q(kPosteriorMean, kPosteriorScale);
  for (const double v :
       vae::sgvb_generic(line.x, q, line.prior, likelihood, rng).elbo().to_vector())
    REQUIRE(std::fabs(v - kLogPx) < 1e-8);
  const auto b = estimate(vae::sgvb_analytic_kl(line.x, q, line.prior, likelihood, rng).elbo());
  CHECK(b.se * b.se * 1e5 == Approx(0.4726).epsilon(0.05));
  CHECK(std::fabs(b.mean - kLogPx) <= 5 * b.se);
}

TEST_CASE("beta weighs the objective and leaves the bound alone", "[vae]") {
  const LineImages line(7);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  const auto terms = [&](double beta) {
    Rng rng(5);
    return vae::sgvb_analytic_kl(line.x, line.q(0.3, 0.7), line.prior, likelihood, rng,
                                 {.beta = beta});
  };
  const vae::ElboTerms one = terms(1), four = terms(4);
  CHECK(one.elbo().to_vector() == four.elbo().to_vector());
  const double log_lik = mean(four.log_lik).item(), kl = mean(four.kl.total()).item();
  CHECK(four.loss().item() == Approx(-(log_lik - 4 * kl)));
  CHECK(one.loss().item() == Approx(-(log_lik - kl)));
  CHECK(terms(0).loss().item() == Approx(-log_lik));
}

TEST_CASE("minibatches scaled by N/M average to the whole data set's bound", "[vae]") {
  const DTypeScope f64(DType::f64);
  const Tensor log_lik = tensor({-3, -1, -4, -1, -5, -9, -2, -6}),
               kl = tensor({0.5, 0.25, 1, 2, 0.125, 3, 0.75, 1.5});
  const vae::ElboTerms all{.log_lik = log_lik, .kl = kl};
  const double whole = sum(all.elbo()).item();
  CHECK(all.data_set_elbo(8).item() == Approx(whole));
  double total = 0;
  int batches = 0;
  for (int i = 0; i < 8; ++i) {
    for (int j = i + 1; j < 8; ++j) {
      for (int k = j + 1; k < 8; ++k) {
        const std::int32_t index[] = {i, j, k};
        const Tensor pick = index_tensor(index, {3});
        total += vae::ElboTerms{.log_lik = take_rows(log_lik, pick), .kl = take_rows(kl, pick)}
                     .data_set_elbo(8)
                     .item();
        ++batches;
      }
    }
  }
  CHECK(batches == 56);
  CHECK(total / batches == Approx(whole).epsilon(1e-12));
}

TEST_CASE("IWAE bounds rise with k towards log p(x) and start at the ELBO", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const LineImages line(20000);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  double before = -1e9;
  for (const int k : {1, 5, 50}) {
    Rng rng(6);
    const auto bound = estimate(
        vae::iwae_bound(vae::log_weights(line.x, line.q(0, 1), line.prior, likelihood, rng, k)));
    CHECK(bound.mean > before + 5 * bound.se);
    CHECK(bound.mean < kLogPx + 5 * bound.se);
    if (k == 1) CHECK(std::fabs(bound.mean - kElboOfPrior) <= 5 * bound.se);
    if (k == 50) CHECK(bound.mean > kLogPx - 0.05);
    before = bound.mean;
  }
}

TEST_CASE("importance sampling is exact at the posterior, with every sample effective", "[vae]") {
  const DTypeScope f64(DType::f64);
  const LineImages line(3);
  Rng rng(7);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  const auto exact = vae::log_px(vae::log_weights(line.x, line.q(kPosteriorMean, kPosteriorScale),
                                                  line.prior, likelihood, rng, 20));
  for (const double v : exact.log_px.to_vector()) CHECK(v == Approx(kLogPx).epsilon(1e-9));
  for (const double v : exact.ess.to_vector()) CHECK(v == Approx(20).epsilon(1e-9));
  const auto poor =
      vae::log_px(vae::log_weights(line.x, line.q(-2, 0.3), line.prior, likelihood, rng, 20));
  for (const double v : poor.ess.to_vector()) CHECK((v >= 1 && v < 10));
  CHECK_THROWS_AS(vae::log_weights(line.x, line.q(0, 1), line.prior, likelihood, rng, 0),
                  ConfigError);
}
