#include "vae/exact/clicks.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using vae::exact::ClickModel;

namespace {

/// A model of four items with the same preferences, 0.1 to 0.4, for everybody.
ClickModel alike() {
  return {.popularity = log(tensor({0.1, 0.2, 0.3, 0.4})), .factors = zeros({4, 2})};
}

double binomial_error(double p, double n) { return std::sqrt(p * (1 - p) / n); }

}  // namespace

TEST_CASE("clicks: preferences are popularity times what the user's taste adds", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const ClickModel model{.popularity = tensor({0.0, 1.0}),
                         .factors = tensor({{1.0, 0.0}, {-1.0, 0.0}})};
  const Tensor pi = exp(model.log_preferences(tensor({{0.0, 7.0}, {0.5, 7.0}})));
  const double e = std::exp(1.0);
  CHECK(test::difference(pi, tensor({{1 / (1 + e), e / (1 + e)}, {0.5, 0.5}}), 1e-14) == "");
}

TEST_CASE("clicks: the first click is drawn from the preferences", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  constexpr double kUsers = 20000;
  const auto draw = alike().sample(rng, 20000, {.least = 1, .most = 1});
  const std::vector<double> share = mean(draw.x, 0).to_vector();
  for (std::size_t i = 0; i < 4; ++i) {
    const double p = 0.1 * static_cast<double>(i + 1);
    CHECK(std::fabs(share[i] - p) < 4.5 * binomial_error(p, kUsers));
  }
}

TEST_CASE("clicks: the second click is drawn from what the first has left", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  constexpr double kUsers = 20000;
  const Tensor x = alike().sample(rng, 20000, {.least = 2, .most = 2}).x;
  const Tensor pairs = matmul(x, x, {.transpose_left = true}) / kUsers;
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < i; ++j) {
      const double a = 0.1 * (i + 1), b = 0.1 * (j + 1), p = a * b / (1 - a) + a * b / (1 - b);
      CHECK(std::fabs(pairs.at({i, j}) - p) < 4.5 * binomial_error(p, kUsers));
    }
  }
}

TEST_CASE("clicks: each user clicks on as many different items as asked", "[vae][exact]") {
  Rng rng(3);
  const ClickModel model = ClickModel::example(50, 3, rng);
  const auto [tastes, clicks] = model.sample(rng, 400, {.least = 5, .most = 8});
  CHECK(tastes.shape() == Shape{400, 3});
  CHECK(clicks.shape() == Shape{400, 50});
  for (const double x : clicks.to_vector()) CHECK((x == 0 || x == 1));
  std::vector<int> users_with(9);
  for (const double n : sum(clicks, -1).to_vector()) {
    REQUIRE((n >= 5 && n <= 8));
    ++users_with[static_cast<std::size_t>(n)];
  }
  for (std::size_t n = 5; n <= 8; ++n)
    CHECK(std::abs(users_with[n] - 100) < 4.5 * 400 * binomial_error(0.25, 400));
}

TEST_CASE("clicks: popularity falls with the number, tastes have the stated spread",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  const ClickModel model = ClickModel::example(2000, 5, rng);
  CHECK(model.popularity.at({9}) == Approx(-std::log(10.0)));
  // F t has the variance 4 |t|^2 / 5 over the items: 4 for the average t.
  CHECK(mean(square(model.factors)).item() == Approx(0.8).epsilon(4.5 * std::sqrt(2.0 / 10000)));
}

TEST_CASE("clicks: sizes that make no sense are refused", "[vae][errors]") {
  using test::throws_with;
  Rng rng(5);
  CHECK(throws_with<ConfigError>([&] { ClickModel::example(0, 3, rng); }, "not 0 and 3"));
  CHECK(throws_with<ConfigError>([&] { alike().sample(rng, 2, {.least = 1, .most = 5}); },
                                 "1 to 4 of the items, not on 1 to 5"));
  CHECK(
      throws_with<ConfigError>([&] { alike().sample(rng, 2, {.least = 0, .most = 2}); }, "0 to 2"));
}
