#include "vae/exact/chain.hpp"

#include <array>
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "prob/multivariate_normal.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using vae::exact::Chain;
using vae::exact::kalman_filter;
using vae::exact::kalman_smoother;

namespace {

constexpr std::int64_t kSteps = 5;

/// The whole chain as one normal vector (z_1 .. z_T): mean [TK] and covariance [TK, TK], from
/// cov(z_s, z_t) = A^(s-t) cov(z_t) for s >= t.
struct Whole {
  Tensor mean, covariance, emission, noise;
};
Whole whole(const Chain& chain, std::int64_t steps) {
  const std::int64_t k = chain.states();
  std::vector<std::vector<Tensor>> blocks(static_cast<std::size_t>(steps),
                                          std::vector<Tensor>(static_cast<std::size_t>(steps)));
  std::vector<Tensor> means;
  Tensor mean = reshape(chain.start_mean, {k, 1}), cov = chain.start_cov;
  for (std::size_t t = 0; t < blocks.size(); ++t) {
    means.push_back(mean);
    Tensor far = cov;
    for (std::size_t s = t; s < blocks.size(); ++s) {
      blocks[s][t] = far;
      blocks[t][s] = transpose(far);
      far = matmul(chain.transition, far);
    }
    mean = matmul(chain.transition, mean);
    cov = matmul(matmul(chain.transition, cov), transpose(chain.transition)) + chain.motion_cov;
  }
  std::vector<Tensor> rows;
  for (const auto& row : blocks) rows.push_back(concat(row, 1));
  const auto diagonal = [&](const Tensor& block) {
    std::vector<Tensor> bands;
    for (std::int64_t t = 0; t < steps; ++t) {
      std::vector<Tensor> band;
      for (std::int64_t s = 0; s < steps; ++s) band.push_back(s == t ? block : zeros_like(block));
      bands.push_back(concat(band, 1));
    }
    return concat(bands, 0);
  };
  return {reshape(concat(means, 0), {steps * k}), concat(rows, 0), diagonal(chain.emission),
          diagonal(chain.noise_cov)};
}

Tensor inverse(const Tensor& a) {
  const Tensor l = cholesky(a);
  return triangular_solve(l, triangular_solve(l, eye(a.dim(0))), {.transpose = true});
}

/// Two states, two outputs, nothing symmetric about it.
Chain crooked() {
  return {.start_mean = tensor({0.5, -1.0}),
          .start_cov = tensor({{1.0, 0.3}, {0.3, 0.8}}),
          .transition = tensor({{0.8, -0.3}, {0.5, 0.6}}),
          .motion_cov = tensor({{0.3, 0.1}, {0.1, 0.2}}),
          .emission = tensor({{1.0, 0.5}, {-0.4, 1.2}, {0.3, 0.3}}),
          .noise_cov = tensor({{0.5, 0.1, 0.0}, {0.1, 0.4, 0.0}, {0.0, 0.0, 0.9}})};
}

}  // namespace

TEST_CASE("chain: the filter's log p(x) is that of one large normal vector", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  for (const Chain& chain : {crooked(), Chain::example()}) {
    Rng rng(1);
    const Tensor x = chain.sample(rng, 4, kSteps).x;
    const Whole all = whole(chain, kSteps);
    const Tensor cov = matmul(matmul(all.emission, all.covariance), transpose(all.emission));
    const auto joint = prob::MultivariateNormal::from_covariance(
        reshape(matmul(all.emission, reshape(all.mean, {-1, 1})), {-1}), cov + all.noise);
    const Tensor log_p = joint.log_prob(reshape(x, {4, -1}));
    CHECK(max(abs(chain.log_px(x) - log_p)).item() < 1e-11);
  }
}

TEST_CASE("chain: smoothed states are those of the large vector given all of x", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = crooked();
  Rng rng(2);
  const Tensor x = chain.sample(rng, 3, kSteps).x;
  const Whole all = whole(chain, kSteps);
  const Tensor cross = matmul(all.covariance, transpose(all.emission));
  const Tensor gain = matmul(cross, inverse(matmul(all.emission, cross) + all.noise));
  const Tensor expected_x = matmul(all.emission, reshape(all.mean, {-1, 1}));
  const Tensor error = reshape(x, {3, -1}) - reshape(expected_x, {-1});
  const Tensor means = all.mean + matmul(error, transpose(gain));
  const Tensor cov = all.covariance - matmul(gain, transpose(cross));
  const auto path = kalman_smoother(chain, x);
  CHECK(max(abs(reshape(path.mean, {3, -1}) - means)).item() < 1e-11);
  for (std::int64_t t = 0; t < kSteps; ++t) {
    const Tensor block = slice(slice(cov, 0, 2 * t, 2 * t + 2), 1, 2 * t, 2 * t + 2);
    CHECK(max(abs(slice(path.covariance, 0, t, t + 1) - block)).item() < 1e-12);
  }
}

TEST_CASE("chain: the filtered state is the smoothed one of the sequence that ends there",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = crooked();
  Rng rng(3);
  const Tensor x = chain.sample(rng, 3, kSteps).x;
  const auto filtered = kalman_filter(chain, x);
  for (std::int64_t t = 0; t < kSteps; ++t) {
    const auto so_far = kalman_smoother(chain, slice(x, 1, 0, t + 1));
    const Tensor now = slice(filtered.path.mean, 1, t, t + 1);
    CHECK(max(abs(now - slice(so_far.mean, 1, t, t + 1))).item() < 1e-13);
    const Tensor cov = slice(filtered.path.covariance, 0, t, t + 1);
    CHECK(max(abs(cov - slice(so_far.covariance, 0, t, t + 1))).item() < 1e-13);
  }
}

TEST_CASE("chain: the smoothed means are where the joint is highest", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = crooked();
  Rng rng(4);
  const Tensor x = chain.sample(rng, 2, kSteps).x;
  Tape tape;
  const Tensor z = tape.watch(kalman_smoother(chain, x).mean);
  tape.backward(sum(chain.log_joint(x, z)));
  CHECK(max(abs(tape.grad(z))).item() < 1e-11);
}

TEST_CASE("chain: one step is a linear Gaussian model", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = crooked();
  Rng rng(5);
  const auto [z, x] = chain.sample(rng, 6, 1);
  const auto path = kalman_smoother(chain, x);
  const auto posterior = prob::MultivariateNormal::from_covariance(
      reshape(path.mean, {6, 2}), reshape(path.covariance, {2, 2}));
  const Tensor bayes = chain.log_joint(x, z) - posterior.log_prob(reshape(z, {6, 2}));
  CHECK(max(abs(bayes - chain.log_px(x))).item() < 1e-12);
}

TEST_CASE("chain: log p(x) has gradients in all matrices", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Chain c = crooked();
  Rng rng(6);
  const Tensor x = c.sample(rng, 2, 3).x;
  const std::array inputs{c.start_mean, c.start_cov, c.transition,
                          c.motion_cov, c.emission,  c.noise_cov};
  test::expect_grad(
      [&](auto in) { return Chain{in[0], in[1], in[2], in[3], in[4], in[5]}.log_px(x); }, inputs);
}

TEST_CASE("chain: samples have the moments of the large vector", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = crooked();
  Rng rng(7);
  const std::int64_t n = 50000;
  const auto [z, x] = chain.sample(rng, n, 3);
  REQUIRE(z.shape() == Shape{n, 3, 2});
  REQUIRE(x.shape() == Shape{n, 3, 3});
  const Whole all = whole(chain, 3);
  const Tensor away = reshape(z, {n, 6}) - all.mean;
  const auto mean_of = prob::estimate(away);
  const auto cov = prob::estimate(reshape(away, {n, 6, 1}) * reshape(away, {n, 1, 6}));
  CHECK(max(abs(mean_of.mean) / mean_of.standard_error).item() < 5);
  CHECK(max(abs(cov.mean - all.covariance) / cov.standard_error).item() < 5);
  const Tensor noise = x - matmul(z, chain.emission, {.transpose_right = true});
  const auto spread = prob::estimate(reshape(square(noise), {n, 9}));
  const Tensor variances = tensor({0.5, 0.4, 0.9, 0.5, 0.4, 0.9, 0.5, 0.4, 0.9});
  CHECK(max(abs(spread.mean - variances) / spread.standard_error).item() < 5);
}

TEST_CASE("chain: covariances of the observations are those of the large vector", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = crooked();
  const Whole all = whole(chain, kSteps);
  const Tensor of_x =
      matmul(matmul(all.emission, all.covariance), transpose(all.emission)) + all.noise;
  for (const auto& [s, t] : {std::pair{1, 1}, {3, 3}, {1, 2}, {2, 5}}) {
    const Tensor rows = slice(of_x, 0, 3 * (s - 1), 3 * s);
    const Tensor expected = slice(rows, 1, 3 * (t - 1), 3 * t);
    INFO("steps " << s << ", " << t);
    CHECK(max(abs(chain.covariance(s, t) - expected)).item() < 1e-12);
  }
  CHECK_THROWS_AS(chain.covariance(0, 1), ConfigError);
  CHECK_THROWS_AS(chain.covariance(3, 2), ConfigError);
}

TEST_CASE("chain: sequences of another shape are refused", "[vae][exact]") {
  const Chain chain = Chain::example();
  CHECK(test::throws_with<ShapeError>([&] { chain.log_px(zeros({4, 3})); }, "[B, T, 1]"));
  CHECK(test::throws_with<ShapeError>([&] { chain.log_px(zeros({4, 3, 2})); }, "[4,3,2]"));
  Rng rng(8);
  CHECK(test::throws_with<ConfigError>([&] { chain.sample(rng, 2, 0); }, "at least 1 step"));
}

TEST_CASE("chain: a sequence may be one observation long, not shorter", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = Chain::example();
  // One observation: x_1 = z_1[0] + noise with z_1 ~ N(0, I).
  const Tensor x = full({1, 1, 1}, 0.7);
  CHECK(kalman_filter(chain, x).log_px.item() ==
        Approx(-0.5 * (0.7 * 0.7 / 1.2 + std::log(2 * std::acos(-1.0) * 1.2))));
  for (const Shape& shape : {Shape{1, 0, 1}, Shape{1, 3, 2}, Shape{3, 1}})
    CHECK(test::throws_with<ShapeError>([&] { kalman_filter(chain, zeros(shape)); },
                                        "must be [B, T, 1] with T >= 1, not " + to_string(shape)));
}
