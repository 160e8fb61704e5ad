#include "vae/bounds/total_correlation.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

/// An encoder of N data whose q(z) is about N(0, C): means from N(0, C - sigma^2 I).
prob::Normal encoder(const Tensor& covariance, std::int64_t data, double sigma, Rng& rng) {
  const std::int64_t k = covariance.dim(0);
  const Tensor of_means = covariance - sigma * sigma * eye(k);
  const auto means = prob::MultivariateNormal::from_covariance(zeros({k}), of_means);
  return {means.sample(rng, {data}), full({data, k}, sigma), 1};
}

/// N = 9 data with the means -d, 0 and d in both latents: every pair, or equal ones only (thrice).
prob::Normal nine(double d, bool every_pair) {
  const Tensor a = tensor({-d, -d, -d, 0.0, 0.0, 0.0, d, d, d});
  const Tensor b = tensor({-d, 0.0, d, -d, 0.0, d, -d, 0.0, d});
  return {stack({a, every_pair ? b : a}, 1), full({9, 2}, 0.5), 1};
}

}  // namespace

TEST_CASE("total correlation: the exact parts sum to the mean KL", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const prob::Normal q(rng.normal({20, 2}), exp(0.3 * rng.normal({20, 2}) - 0.7), 1);
  const vae::KlSplit split = vae::exact_kl_split(q);
  const Tensor kl = mean(prob::kl(q, prob::StandardNormal({20, 2}, 1)));
  CHECK(split.sum().item() == Approx(kl.item()).epsilon(1e-10));
  CHECK(split.mutual_information.item() > 0.1);
  CHECK(split.total_correlation.item() > 0.01);
  CHECK(split.dimension_wise.item() > 0.01);
}

TEST_CASE("total correlation: latents that take every pair of values have none",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const vae::KlSplit split = vae::exact_kl_split(nine(1.0, true));
  CHECK(split.total_correlation.item() == Approx(0).margin(1e-12));
  // Then the latents inform separately: twice the information of one.
  const prob::Normal one(reshape(tensor({-1.0, 0.0, 1.0}), {3, 1}), full({3, 1}, 0.5), 1);
  const vae::KlSplit alone = vae::exact_kl_split(one);
  CHECK(split.mutual_information.item() == Approx(2 * alone.mutual_information.item()));
  CHECK(split.dimension_wise.item() == Approx(2 * alone.dimension_wise.item()));
}

TEST_CASE("total correlation: data far apart tell log N, equal latents repeat it",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const vae::KlSplit pairs = vae::exact_kl_split(nine(20.0, true));
  CHECK(pairs.mutual_information.item() == Approx(std::log(9)).epsilon(1e-9));
  const vae::KlSplit equal = vae::exact_kl_split(nine(20.0, false));
  CHECK(equal.mutual_information.item() == Approx(std::log(3)).epsilon(1e-9));
  CHECK(equal.total_correlation.item() == Approx(std::log(3)).epsilon(1e-9));
}

TEST_CASE("total correlation: draws average to the quadrature", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const prob::Normal q = encoder(tensor({{1, 0.6}, {0.6, 1}}), 30, 0.5, rng);
  const vae::KlSplit exact = vae::exact_kl_split(q);
  const vae::KlSplit drawn = vae::split_kl(q, q.sample(rng, {2000}), vae::all_rows(30));
  const auto check_part = [](const Tensor& draws, const Tensor& expected) {
    const prob::Estimate e = prob::estimate(mean(draws, 1));
    CAPTURE(e.mean.item(), expected.item(), e.standard_error.item());
    CHECK(std::fabs(e.mean.item() - expected.item()) <= 5 * e.standard_error.item());
    CHECK(e.standard_error.item() < 0.01);
  };
  check_part(drawn.mutual_information, exact.mutual_information);
  check_part(drawn.total_correlation, exact.total_correlation);
  check_part(drawn.dimension_wise, exact.dimension_wise);
}

TEST_CASE("total correlation: minibatches, stratified nearly right, weighted off by (K - 1) log N",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const std::int64_t data = 1000, batch = 50, latents = 3;
  const prob::Normal q = encoder(eye(latents), data, 0.5, rng);
  const double exact =
      mean(vae::split_kl(q, q.sample(rng), vae::all_rows(data)).total_correlation).item();
  double weighted = 0, stratified = 0;
  for (std::int64_t first = 0; first < data; first += batch) {  // rows are in no order
    const prob::Normal part(slice(q.loc, 0, first, first + batch),
                            slice(q.scale, 0, first, first + batch), 1);
    const Tensor z = part.sample(rng);
    const auto total = [&](const Tensor& weights) {
      return sum(vae::split_kl(part, z, weights).total_correlation).item() / data;
    };
    weighted += total(vae::weighted_rows(batch, data));
    stratified += total(vae::stratified_rows(batch, data));
  }
  CAPTURE(exact, weighted, stratified);
  CHECK(weighted - exact == Approx(2 * std::log(1000)).epsilon(0.1));
  CHECK(std::fabs(stratified - exact) < 0.5);
}

TEST_CASE("total correlation: the weights of a minibatch have the documented sums",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor stratified = exp(vae::stratified_rows(4, 10));
  CHECK(test::difference(sum(stratified, 1), ones({4}), 1e-12) == "");
  for (int i = 0; i < 4; ++i) CHECK(stratified.at({i, i}) == Approx(0.1));
  CHECK(sum(exp(vae::weighted_rows(4, 10))).item() == Approx(0.1));
  // A batch of all data is the data: the estimate becomes exact.
  CHECK(test::difference(exp(vae::stratified_rows(10, 10)), full({10, 10}, 0.1), 1e-12) == "");
}

TEST_CASE("total correlation: of a normal vector, -log det R / 2", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor covariance = tensor({{4, 1.8}, {1.8, 1}});  // correlation 0.9
  CHECK(vae::gaussian_total_correlation(covariance).item() == Approx(0.8303656).epsilon(1e-7));
  // It is the KL to the product of the marginals.
  const Tensor c = tensor({{2, 0.3, -0.4}, {0.3, 1, 0.2}, {-0.4, 0.2, 0.5}});
  const auto joint = prob::MultivariateNormal::from_covariance(zeros({3}), c);
  const auto product = prob::MultivariateNormal::from_covariance(zeros({3}), c * eye(3));
  CHECK(vae::gaussian_total_correlation(c).item() == Approx(prob::kl(joint, product).item()));
}

TEST_CASE("total correlation: arguments that make no sense say so", "[vae][errors]") {
  using test::throws_with;
  const prob::Normal q(zeros({5, 2}), ones({5, 2}), 1), flat(zeros({5, 2}), ones({5, 2}));
  const Tensor z = zeros({5, 2}), all = vae::all_rows(5);
  CHECK(throws_with<ShapeError>([&] { vae::split_kl(flat, z, all); }, "event_dims = 0"));
  CHECK(throws_with<ShapeError>([&] { vae::split_kl(q, zeros({4, 2}), all); }, "[..., 5, 2]"));
  CHECK(throws_with<ShapeError>([&] { vae::split_kl(q, z, zeros({4})); }, "[5] or [5, 5]"));
  CHECK(throws_with<ConfigError>([&] { vae::weighted_rows(1, 10); }, "2 to 10"));
  CHECK(throws_with<ConfigError>([&] { vae::stratified_rows(11, 10); }, "not 11"));
  const prob::Normal wide(zeros({2, 4}), ones({2, 4}), 1);
  CHECK(throws_with<ConfigError>([&] { vae::exact_kl_split(wide); }, "4 latents are too many"));
}

TEST_CASE("total correlation: numbers in f64 need no default of f64", "[vae]") {
  const Tensor c = tensor(std::vector<double>{2, 0.5, 0.5, 1}, {2, 2}, DType::f64);
  CHECK(vae::gaussian_total_correlation(c).item() == Approx(-0.5 * std::log(1 - 0.125)));
  const prob::Normal one(zeros({1, 2}, DType::f64), full({1, 2}, 0.5, DType::f64), 1);
  CHECK(std::abs(vae::exact_kl_split(one).mutual_information.item()) < 1e-9);
}
