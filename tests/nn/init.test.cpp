#include "nn/init.hpp"

#include <cmath>

#include "nn/nn.hpp"
#include "support/catch.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

struct Stats {
  double mean, variance, min, max;
};

Stats stats(const Parameter& p) {
  const std::vector<double> x = p.value().to_vector();
  const auto n = static_cast<double>(x.size());
  double total = 0, squares = 0;
  for (const double v : x) total += v;
  for (const double v : x) squares += (v - total / n) * (v - total / n);
  return {total / n, squares / n, *std::min_element(x.begin(), x.end()),
          *std::max_element(x.begin(), x.end())};
}

// 40000 draws at 5 standard errors: a false alarm in fewer than 1e-5 of the seeds, and the seed is fixed.
constexpr std::int64_t kIn = 100, kOut = 400;
constexpr double kDraws = 40000;

void check_uniform(const Parameter& p, double bound) {
  const Stats s = stats(p);
  const double variance = bound * bound / 3;
  CHECK(std::abs(s.mean) < 5 * std::sqrt(variance / kDraws));
  // Var(x^2) of U(-b, b) is 4 b^4 / 45
  CHECK(std::abs(s.variance - variance) < 5 * bound * bound * std::sqrt(4.0 / 45 / kDraws));
  CHECK(s.min > -bound);
  CHECK(s.max < bound);
  CHECK(s.max > 0.99 * bound);
}

void check_normal(const Parameter& p, double mean, double std) {
  const Stats s = stats(p);
  CHECK(std::abs(s.mean - mean) < 5 * std / std::sqrt(kDraws));
  CHECK(std::abs(s.variance - std * std) < 5 * std * std * std::sqrt(2 / kDraws));
  CHECK(s.max > mean + 3 * std);
}

bool all_zero(const Parameter& p) {
  const Stats s = stats(p);
  return s.min == 0 && s.max == 0;
}

}  // namespace

TEST_CASE("init: torch_default is uniform within 1/sqrt(fan_in), biases too", "[statistical]") {
  Linear fc(kIn, kOut);
  init::torch_default(fc, Rng(1));
  check_uniform(fc.weight, 0.1);
  CHECK(stats(fc.bias).min > -0.1);
  CHECK(stats(fc.bias).max < 0.1);
  CHECK_FALSE(all_zero(fc.bias));

  Conv2d conv(4, 8, 5);  // fan in 4 * 25
  init::torch_default(conv, Rng(1));
  CHECK(stats(conv.weight).max < 0.1);
  CHECK(stats(conv.weight).max > 0.095);
  ConvTranspose2d up(8, 4, 5);  // PyTorch counts the outputs: 4 * 25
  init::torch_default(up, Rng(1));
  CHECK(stats(up.weight).max < 0.1);
  CHECK(stats(up.weight).max > 0.095);

  Embedding table(400, 100);
  init::torch_default(table, Rng(1));
  check_normal(table.weight, 0, 1);
}

TEST_CASE("init: Xavier, He and AEVB have their variances", "[statistical]") {
  Linear fc(kIn, kOut);
  init::xavier_uniform(fc, Rng(1));
  check_uniform(fc.weight, std::sqrt(6.0 / 500));
  CHECK(all_zero(fc.bias));
  init::xavier_normal(fc, Rng(1));
  check_normal(fc.weight, 0, std::sqrt(2.0 / 500));
  CHECK(all_zero(fc.bias));
  init::he_uniform(fc, Rng(1));
  check_uniform(fc.weight, std::sqrt(6.0 / 100));
  init::he_normal(fc, Rng(1));
  check_normal(fc.weight, 0, std::sqrt(2.0 / 100));
  CHECK(all_zero(fc.bias));
  init::aevb(fc, Rng(1));
  check_normal(fc.weight, 0, 0.01);
  CHECK_FALSE(all_zero(fc.bias));
}

TEST_CASE("init: constants get their value back from every rule") {
  BatchNorm norm(3);
  init::constant(norm.weight, 7);
  init::zeros(norm.bias);
  init::he_normal(norm, Rng(1));
  CHECK(norm.weight.value().to_vector() == std::vector<double>{1, 1, 1});
  CHECK(norm.bias.value().to_vector() == std::vector<double>{0, 0, 0});
}

TEST_CASE("init: another layer leaves the numbers of the others alone") {
  struct Small : Module {
    Child<Linear> fc{*this, "fc", 3, 2};
  };
  struct Large : Module {
    Child<Linear> first{*this, "first", 5, 3};
    Child<Linear> fc{*this, "fc", 3, 2};
    Child<Dropout> drop{*this, "drop", 0.5};
  };
  Small small;
  Large large;
  init::torch_default(small, Rng(9));
  init::torch_default(large, Rng(9));
  CHECK(small.fc.weight.value().to_vector() == large.fc.weight.value().to_vector());
  CHECK(small.fc.weight.value().to_vector() != large.first.weight.value().to_vector());
  CHECK_NOTHROW(large.drop(ones({3})));  // its stream is seeded too
  init::torch_default(small, Rng(10));
  CHECK(small.fc.weight.value().to_vector() != large.fc.weight.value().to_vector());
}

TEST_CASE("init: an f64 module starts at the f32 module's noise") {
  Linear single(kIn, kOut);
  init::aevb(single, Rng(4));
  const DTypeScope f64(DType::f64);
  Linear twin(kIn, kOut);
  init::aevb(twin, Rng(4));
  CHECK(twin.weight.value().dtype() == DType::f64);
  CHECK(twin.weight.value().at({3, 7}) == Approx(single.weight.value().at({3, 7})).epsilon(1e-6));
}
