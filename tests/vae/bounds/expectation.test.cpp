#include "vae/bounds/expectation.hpp"

#include <cmath>
#include <numbers>

#include "autograd/tape.hpp"
#include "prob/bernoulli.hpp"
#include "prob/laplace.hpp"
#include "prob/normal.hpp"
#include "support/catch.hpp"
#include "support/line.hpp"
#include "support/thrown.hpp"
#include "vae/analysis/gradient_noise.hpp"
#include "vae/bounds/estimators.hpp"

using namespace tapestry;
using vae::Baseline;

namespace {

// Problem 17.5 of the book: x ~ N(phi^3, exp(phi)^2), f(x) = x^2 + sin x.
Tensor f(const Tensor& x) { return square(x) + sin(x); }
prob::Normal q(const Tensor& phi) { return {pow(phi, 3.0), exp(phi)}; }

/// Mean and variance of g(e), e ~ N(0, 1), by the trapezoidal rule: exact to rounding here.
template <class G>
std::pair<double, double> moments(G&& g) {
  constexpr double kStep = 1e-3;
  double first = 0, second = 0;
  for (double e = -12; e <= 12; e += kStep) {
    const double weight = kStep * std::exp(-e * e / 2) / std::sqrt(2 * std::numbers::pi);
    first += weight * g(e), second += weight * g(e) * g(e);
  }
  return {first, second - first * first};
}

struct Known {
  double mean, pathwise, score;  ///< dE/dphi and the variances of one sample
};
Known known(double phi) {
  const double loc = phi * phi * phi, scale = std::exp(phi);
  const auto [mean, pathwise] = moments([&](double e) {
    const double x = loc + scale * e;
    return (2 * x + std::cos(x)) * (3 * phi * phi + scale * e);
  });
  const auto [same, score] = moments([&](double e) {
    const double x = loc + scale * e;
    return (x * x + std::sin(x)) * (3 * phi * phi * e / scale + e * e - 1);
  });
  CHECK(same == Approx(mean).epsilon(1e-10));
  return {mean, pathwise, score};
}

void check_noise(const vae::Noise& noise, double mean, double variance) {
  CAPTURE(noise.mean.item(), noise.variance.item(), variance);
  CHECK(std::fabs(noise.mean.item() - mean) <= 5 * noise.mean_se.item());
  CHECK(std::fabs(noise.variance.item() - variance) <= 5 * noise.variance_se.item());
  CHECK(noise.variance_se.item() <= 0.03 * variance);
}

// Three coins z and a number for each of their eight outcomes.
const std::vector<double> kTable = {5, 7, 4, 9, 6, 3, 8, 10};
Tensor table_value(const Tensor& z) {
  const NoGrad no_grad;
  const std::vector<double> bits = z.to_vector();
  std::vector<double> values;
  for (std::size_t i = 0; i < bits.size(); i += 3)
    values.push_back(kTable[static_cast<std::size_t>(4 * bits[i] + 2 * bits[i + 1] + bits[i + 2])]);
  return tensor(values, z.shape().without(-1), z.dtype());
}
/// The gradient of sum over z of q(z) f(z), by enumeration.
std::vector<double> enumerated_gradient(const Tensor& logits) {
  Tape tape;
  const Tensor at = tape.watch(logits);
  const Tensor z = tensor(
      {{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {1, 0, 0}, {1, 0, 1}, {1, 1, 0}, {1, 1, 1}});
  tape.backward(sum(exp(prob::Bernoulli(at, 1).log_prob(z)) * table_value(z)));
  return tape.grad(at).to_vector();
}

vae::GradientNoise coin_noise(std::int64_t samples, Baseline baseline, std::int64_t repeats) {
  Rng rng(8);
  Parameter logits("logits", tensor({0.5, -1.0, 0.2}));
  return vae::gradient_noise(
      [&](Rng& r) {
        return mean(
            vae::score_function(prob::Bernoulli(logits, 1), table_value, samples, r, baseline));
      },
      {&logits}, repeats, rng);
}

}  // namespace

TEST_CASE("score function: the variances of the book's example are the published ones",
          "[vae][inference]") {
  CHECK(known(0.3).mean == Approx(3.7475647988).epsilon(1e-10));
  CHECK(known(0.5).mean == Approx(5.7281641079).epsilon(1e-10));
  CHECK(known(0.3).score == Approx(247.408).margin(5e-4));
  CHECK(known(0.3).pathwise == Approx(25.805).margin(5e-4));
  CHECK(known(0.5).score == Approx(581.111).margin(5e-4));
  CHECK(known(0.5).pathwise == Approx(59.642).margin(5e-4));
}

TEST_CASE("score function and pathwise have the same mean and their own known variance",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(5);
  for (const double phi : {0.3, 0.5}) {
    const Known want = known(phi);
    const auto noise = [&](auto&& estimate) {
      return vae::gradient_noise(
          [&](std::span<const Tensor> at, Rng& r) { return mean(estimate(q(at[0]), r), 0); },
          {tensor(phi)}, 400000, rng);
    };
    const auto path =
        noise([](const prob::Normal& p, Rng& r) { return vae::pathwise(p, f, 1, r); });
    const auto score =
        noise([](const prob::Normal& p, Rng& r) { return vae::score_function(p, f, 1, r); });
    check_noise(path.gradients[0], want.mean, want.pathwise);
    check_noise(score.gradients[0], want.mean, want.score);
    // The value is the plain average of f either way.
    CHECK(std::fabs(path.value.mean.item() - score.value.mean.item()) <=
          5 * std::hypot(path.value.mean_se.item(), score.value.mean_se.item()));
  }
}

TEST_CASE("score function: every baseline keeps the enumerated mean, and each lowers the noise",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const std::vector<double> exact = enumerated_gradient(tensor({0.5, -1.0, 0.2}));
  const vae::GradientNoise none = coin_noise(4, Baseline::none(), 10000);
  const auto check_mean = [&](const vae::Noise& noise) {
    for (int i = 0; i < 3; ++i)
      CHECK(std::fabs(noise.mean.at({i}) - exact[static_cast<std::size_t>(i)]) <=
            5 * noise.mean_se.at({i}));
  };
  check_mean(none.gradients[0]);
  for (const Baseline& baseline :
       {Baseline::constant(6.5), Baseline::running_mean(0.9), Baseline::leave_one_out()}) {
    const vae::GradientNoise with = coin_noise(4, baseline, 10000);
    check_mean(with.gradients[0]);
    for (int i = 0; i < 3; ++i)
      CHECK(with.gradients[0].variance.at({i}) < 0.3 * none.gradients[0].variance.at({i}));
    CHECK(with.value.variance.item() == none.value.variance.item());  // same draws, same values
  }
}

TEST_CASE("baseline: each kind subtracts what it says", "[vae][inference]") {
  const Tensor f3 = tensor({1.0, 2.0, 6.0});
  CHECK(Baseline::none().centre(f3).to_vector() == std::vector<double>{1, 2, 6});
  CHECK(Baseline::constant(2).centre(f3).to_vector() == std::vector<double>{-1, 0, 4});
  // The others of 1 average to 4, of 2 to 3.5, of 6 to 1.5.
  const auto left_out = Baseline::leave_one_out().centre(f3).to_vector();
  CHECK(left_out[0] == Approx(-3));
  CHECK(left_out[1] == Approx(-1.5));
  CHECK(left_out[2] == Approx(4.5));
  Baseline running = Baseline::running_mean(0.5);
  CHECK(running.centre(f3).to_vector() == std::vector<double>{1, 2, 6});  // no past yet
  CHECK(running.centre(tensor({9.0, 9.0})).to_vector() == std::vector<double>{6, 6});  // 3
  CHECK(running.centre(tensor({7.0})).item() == Approx(0));  // (0.5 * 3 + 9) / 1.5 = 7
}

TEST_CASE("baseline: bad numbers and lone samples are refused", "[vae][errors]") {
  using test::throws_with;
  CHECK(throws_with<ConfigError>([] { Baseline::constant(NAN); }, "finite"));
  CHECK(throws_with<ConfigError>([] { Baseline::running_mean(1); }, "[0, 1)"));
  CHECK(throws_with<ConfigError>([] { Baseline::leave_one_out().centre(tensor({1.0})); },
                                 "at least 2 samples along axis 0, not 1"));
  CHECK(throws_with<DomainError>([] { Baseline::none().centre(tensor({1.0, INFINITY})); }, "f[1]"));
}

TEST_CASE("path_log_prob has the value of log_prob and only the gradient through z",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  Tape tape;
  const Tensor loc = tape.watch(tensor({0.3})), scale = tape.watch(tensor({0.7}));
  const Tensor z = tape.watch(tensor({1.1}));
  const prob::Normal normal(loc, scale, 1);
  const Tensor path = vae::path_log_prob(normal, z);
  CHECK(path.item() == normal.log_prob(z).item());
  tape.backward(path);
  CHECK(tape.grad(loc).item() == 0);
  CHECK(tape.grad(scale).item() == 0);
  CHECK(tape.grad(z).item() == Approx(-(1.1 - 0.3) / 0.49).epsilon(1e-12));
}

TEST_CASE("the score function bound is unbiased for q and for the decoder", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  using test::LineImages;
  const double mu = 0.4, sigma = 0.8;
  Rng rng(9);
  for (const int samples : {1, 4}) {
    Baseline left_out = Baseline::leave_one_out();
    const auto elbo = [&](std::span<const Tensor> at, Rng& r) {
      const LineImages line(at[0].dim(0));
      return vae::sgvb(line.x, prob::Normal(at[0], exp(at[1]), 1), line.prior,
                       [&](const Tensor& z) { return line.likelihood(at[2] * z); }, r,
                       {.estimator = vae::Estimator::score_function,
                        .samples = samples,
                        .baseline = samples > 1 ? &left_out : nullptr})
          .elbo();
    };
    const vae::GradientNoise noise = vae::gradient_noise(
        elbo, {tensor({mu}), tensor({std::log(sigma)}), tensor({1.0})}, 100000, rng);
    // The decoder's mean is w z with w = 1: d/dw E log p(x|z) = (x mu - w E z^2) / s^2.
    const double exact[] = {2 * LineImages::kX - 3 * mu, 1 - 3 * sigma * sigma,
                            (LineImages::kX * mu - sigma * sigma - mu * mu) / LineImages::kNoise};
    for (std::size_t i = 0; i < 3; ++i) {
      const vae::Noise& n = noise.gradients[i];
      CAPTURE(i, n.mean.item(), exact[i]);
      CHECK(std::fabs(n.mean.item() - exact[i]) <= 5 * n.mean_se.item());
      CHECK(n.mean_se.item() < 0.05);
    }
  }
}

TEST_CASE("leave-one-out compares draws, never images", "[vae][errors]") {
  // One draw for each of five images.
  const test::LineImages line(5);
  Rng rng(1);
  Baseline left_out = Baseline::leave_one_out();
  CHECK(test::throws_with<ConfigError>(
      [&] {
        vae::sgvb(line.x, prob::Normal(zeros({5, 1}), 1.0, 1), line.prior,
                  [&](const Tensor& z) { return line.likelihood(z); }, rng,
                  {.estimator = vae::Estimator::score_function, .baseline = &left_out});
      },
      "at least 2 samples along axis 0, not 1"));
}

TEST_CASE("sgvb: an estimator that q cannot serve is refused with the way out", "[vae][errors]") {
  using test::throws_with;
  const test::LineImages line(1);
  Rng rng(1);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  const prob::Bernoulli coin(zeros({1, 1}), 1);
  for (const auto e : {vae::Estimator::generic, vae::Estimator::sticking_the_landing}) {
    CHECK(throws_with<ConfigError>(
        [&] { vae::sgvb(line.x, coin, line.prior, likelihood, rng, {.estimator = e}); },
        "score_function"));
  }
  const prob::Laplace laplace(zeros({1, 1}), ones({1, 1}), 1);
  CHECK(throws_with<ConfigError>(
      [&] {
        vae::sgvb(line.x, laplace, line.prior, likelihood, rng,
                  {.estimator = vae::Estimator::analytic});
      },
      "kl(Laplace, StandardNormal)"));
  CHECK_NOTHROW(vae::sgvb(line.x, laplace, line.prior, likelihood, rng));
}
