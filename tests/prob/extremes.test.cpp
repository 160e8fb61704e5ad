// Quantiles at the ends of (0, 1), and distributions of vectors and classes at the ends of what a float can
// hold. The values are mpmath's, at numbers that f32 has exactly.

#include <cmath>
#include <numbers>

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

constexpr DType kBoth[] = {DType::f32, DType::f64};
const double kLogTwoPi = std::log(2 * std::numbers::pi), kLogTwo = std::numbers::ln2;

// Relative to the value, and to its distance from 1 in a table of numbers that are close to 1.
void check_close(double value, double expected, DType dtype, double scale = 0) {
  const double unit = dtype == DType::f32 ? 2e-6 : 1e-13;
  CAPTURE(value, expected, name(dtype));
  CHECK(std::abs(value - expected) <= unit * std::max(scale, std::abs(expected)));
}
void check_close(const Tensor& value, double expected, double scale = 0) {
  check_close(value.item(), expected, value.dtype(), scale);
}

Tensor class_number(std::int32_t k) { return index_tensor(std::vector<std::int32_t>{k}, {}); }

Tensor floor_of(const Tensor& x) {
  std::vector<double> values = x.to_vector();
  for (double& v : values) v = std::floor(v);
  return tensor(values, x.shape(), x.dtype());
}

bool all_finite(const Tensor& x) {
  for (const double v : x.to_vector())
    if (!std::isfinite(v)) return false;
  return true;
}

// 2^-100, 2^-20, 1/4, 3/4, 1 - 2^-20
const std::vector<double> kLevels{0x1p-100, 0x1p-20, 0.25, 0.75, 1 - 0x1p-20};

template <class Make>
void check_quantiles(Make make, const std::vector<double>& expected, double scale = 0) {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    const auto d = make();
    CAPTURE(d.kName);
    const std::vector<double> got = d.icdf(tensor(kLevels)).to_vector();
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      CAPTURE(kLevels[i]);
      check_close(got[i], expected[i], dtype, scale);
    }
  }
}

}  // namespace

TEST_CASE("icdf: far into both tails", "[prob][large]") {
  check_quantiles([] { return Exponential(4.0); },
                  {1.9721522630525295e-31, 2.384186927884725e-7, 0.071920518112945232,
                   0.34657359027997265, 3.4657359027997265});
  check_quantiles([] { return Gumbel(0.5, 2.0); },
                  {-7.9773145308128541, -4.7584387059446533, -0.15326851995656196,
                   2.9917986474144764, 28.225886268723117},
                  1);
  check_quantiles([] { return Laplace(0.5, 2.0); },
                  {-136.74314175086917, -25.839592861277922, -0.88629436111989062,
                   1.8862943611198906, 26.839592861277922},
                  1);
  check_quantiles([] { return Normal(0.5, 2.0); },
                  {-22.469080869946076, -9.0260020685356279, -0.84897950039216349,
                   1.8489795003921635, 10.026002068535628},
                  1);
  check_quantiles([] { return LogNormal(0.5, 0.25); },
                  {0.093374675689196261, 0.50119989845351737, 1.3928855943393291,
                   1.9515470900884545, 5.4235482426202965});
  check_quantiles([] { return Uniform(-1.0, 3.0); },
                  {-1.0, -0.99999618530273438, 0.0, 2.0, 2.9999961853027344}, 1);
  check_quantiles([] { return RelaxedBernoulli(2.0, 1.0); },
                  {1.4643586527364201e-15, 0.001607491942822149, 0.48767596055877644,
                   0.74064163759165664, 0.99940803525001206});
}

TEST_CASE("icdf: of continuous Bernoullis that are flat, and that are all at one end",
          "[prob][large]") {
  const auto of = [](double logit) { return [=] { return ContinuousBernoulli(tensor(logit)); }; };
  check_quantiles(of(0x1p-20), {7.8886128137932365e-31, 9.5367477115331177e-7, 0.25000008940698137,
                                0.75000008940695295, 0.99999904632613834});
  check_quantiles(of(5), {2.3257695626229523e-29, 2.8114852542353308e-5, 0.72674357844794728,
                          0.94291227828662982, 0.99999981055020839});
  check_quantiles(of(-5), {1.5670912045039641e-31, 1.8944979160961365e-7, 0.057087721713370179,
                           0.27325642155205272, 0.99997188514745765});
  check_quantiles(of(1000), {0.93068528194400547, 0.98613705638880109, 0.99861370563888011,
                             0.99971231792754822, 0.99999999904632523});
  check_quantiles(of(-1000), {7.8886090522101181e-34, 9.5367477115389001e-10,
                              0.00028768207245178093, 0.0013862943611198906, 0.013862943611198906});
}

TEST_CASE("icdf: 0, 1 and what lies outside are refused; a NaN, too", "[prob][large]") {
  for (const double p : {0.0, 1.0, -0x1p-100, 1.5, std::nan("")}) {
    CAPTURE(p);
    CHECK_THROWS_AS(Exponential(4.0).icdf(tensor(p)), DomainError);
    CHECK_THROWS_AS(Gumbel(0.5, 2.0).icdf(tensor(p)), DomainError);
    CHECK_THROWS_AS(Laplace(0.5, 2.0).icdf(tensor(p)), DomainError);
    CHECK_THROWS_AS(LogNormal(0.5, 0.25).icdf(tensor(p)), DomainError);
    CHECK_THROWS_AS(Uniform(-1.0, 3.0).icdf(tensor(p)), DomainError);
    CHECK_THROWS_AS(RelaxedBernoulli(2.0, 1.0).icdf(tensor(p)), DomainError);
    CHECK_THROWS_AS(SpikeAndExponential(2.0, 1.0).icdf(tensor(p)), DomainError);
  }
}

TEST_CASE("MultivariateNormal: scales from 2^-60 to 2^60, nearly singular, and of many dimensions",
          "[prob][large]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    const MultivariateNormal wide(zeros({2}), tensor({{0x1p-60, 0.0}, {0.0, 0x1p60}}));
    check_close(wide.log_prob(tensor({0x1p-60, -0x1p61})), -2.5 - kLogTwoPi);
    check_close(wide.entropy(), 1 + kLogTwoPi);
    Rng rng(1);
    CHECK(all_finite(wide.rsample(rng, {1000})));

    const MultivariateNormal thin(zeros({2}), tensor({{1.0, 0.0}, {1.0, 0x1p-20}}));
    check_close(thin.log_prob(tensor({1.0, 1 + 0x1p-20})), -1 + 20 * kLogTwo - kLogTwoPi);
    check_close(thin.entropy(), 1 + kLogTwoPi - 20 * kLogTwo);

    const MultivariateNormal many(zeros({50}), 0x1p-40 * eye(50));
    check_close(many.log_prob(zeros({50})), 50 * 40 * kLogTwo - 25 * kLogTwoPi);

    Tape tape;
    const Tensor l = tape.watch(tensor({{0x1p-60, 0.0}, {0.0, 0x1p60}}));
    const Tensor log_p = MultivariateNormal(zeros({2}), l).log_prob(tensor({0x1p-60, -0x1p61}));
    tape.backward(log_p);
    // d log p / d L_ii = (z_i^2 - 1) / L_ii: 0 of the first, 3 2^-60 of the second
    CHECK(tape.grad(l).at({0, 0}) == 0);
    check_close(tape.grad(l).at({1, 1}), 3 * 0x1p-60, dtype);
  }
}

TEST_CASE("Dirichlet: concentrations from 2^-60 to 2^20", "[prob][large]") {
  struct Row {
    std::vector<double> concentration, x;
    double log_density, entropy;
  };
  const Row rows[] = {
      {{0x1p-10, 0x1p-10, 0x1p-10}, {0.25, 0.5, 0.25}, -11.499199807527623, -2031.04805026284},
      {{0x1p-60, 1, 0x1p-60}, {0x1p-40, 1, 0x1p-40}, -27.725887222397812, -2.3058430092136939e+18},
      {{0x1p-4, 0x1p20, 0.5},
       {0x1p-100, 1 - 0x1p-22, 0x1p-22},
       76.843076471352391,
       -40.28207120489933}};
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const Row& r : rows) {
      CAPTURE(r.concentration);
      const Dirichlet d(tensor(r.concentration));
      check_close(d.log_prob(tensor(r.x)), r.log_density, 10);
      check_close(d.entropy(), r.entropy, 10);
    }
  }
}

TEST_CASE("Dirichlet: with tiny concentrations a sample is one corner, each as often",
          "[prob][large]") {
  constexpr std::int64_t n = 30'000;
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const double a : {1e-3, 1e-20}) {
      CAPTURE(a, name(dtype));
      Rng rng(4);
      const Dirichlet d(tensor({a, 2 * a, a}));
      const Tensor x = d.sample(rng, {n});
      CHECK(all_finite(d.log_prob(x)));
      const std::vector<double> share = mean(x, 0).to_vector();
      // one of three: five standard errors of a share of 1/4 or 1/2
      for (const auto& [i, p] : {std::pair{0u, 0.25}, {1u, 0.5}, {2u, 0.25}})
        CHECK(std::abs(share[i] - p) < 5 * std::sqrt(p * (1 - p) / n));
      CHECK(mean(max(x, -1)).item() > 0.99);
    }
  }
}

TEST_CASE("Categorical: logits up to 1e30 apart, and a hundred thousand classes", "[prob][large]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const double far : {1e4, 1e30}) {
      const Tensor logits = tensor({far, -far, 0.0});
      const Categorical d(logits);
      CHECK(d.log_prob(class_number(0)).item() == 0);
      check_close(d.log_prob(class_number(1)), -2 * far);
      CHECK(d.entropy().item() == 0);
      CHECK(kl(d, d).item() == 0);
      Rng rng(2);
      for (const double k : d.sample(rng, {100}).to_vector()) CHECK(k == 0);
      Tape tape;
      const Tensor watched = tape.watch(logits);
      tape.backward(Categorical(watched).log_prob(class_number(1)) +
                    Categorical(watched).entropy());
      CHECK(tape.grad(watched).to_vector() == std::vector<double>{-1, 1, 0});
    }
    const Categorical flat(zeros({100'000}));
    check_close(flat.log_prob(class_number(99'999)), -std::log(1e5));
    check_close(flat.entropy(), std::log(1e5));
    const Categorical rare = Categorical::from_probs(tensor({1.0, 0x1p-120}));
    check_close(rare.log_prob(class_number(1)), -120 * kLogTwo);
  }
}

TEST_CASE("SpikeAndExponential: so steep that exp(beta) is beyond all numbers", "[prob][large]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const double beta : {25.0, 60.0, 200.0, 1000.0}) {
      CAPTURE(beta);
      const SpikeAndExponential d(beta, 0.0);
      // half of the mass above the spike: x = log(1/2 (exp(beta) - 1) + 1) / beta
      check_close(d.icdf(tensor(0.75)), 1 - kLogTwo / beta + std::log1p(std::exp(-beta)) / beta);
      CHECK(d.icdf(tensor(0.25)).item() == 0);
      check_close(d.log_prob(1.0), std::log(beta / 2) - std::log1p(-std::exp(-beta)), 1);
      Tape tape;
      const Tensor logits = tape.watch(tensor({0.0, 200.0, -200.0}));
      tape.backward(sum(SpikeAndExponential(beta, logits).icdf(tensor({0.25, 0.5, 0.75}))));
      CHECK(all_finite(tape.grad(logits)));
    }
  }
}

TEST_CASE("cdf: 0 below what a distribution can give, with slope 0", "[prob][large]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    Parameter one("one", tensor(1.5));
    const auto check = [&](const char* which, auto cdf) {
      CAPTURE(which, name(dtype));
      one.zero_grad();
      Tape tape;
      const Tensor x = tape.watch(tensor({-1e30, -2.0, -1e-30, 0.0}));
      const Tensor below = cdf(x);
      CHECK(below.to_vector() == std::vector<double>(4, 0.0));
      tape.backward(sum(slice(below, 0, 0, 3)));
      CHECK(tape.grad(x).to_vector() == std::vector<double>(4, 0.0));
      CHECK(one.grad().item() == 0);
      CHECK(cdf(tensor(std::nan(""))).item() != cdf(tensor(std::nan(""))).item());
    };
    check("Exponential", [&](const Tensor& x) { return Exponential(one).cdf(x); });
    check("LogNormal", [&](const Tensor& x) { return LogNormal(0.5, one).cdf(x); });
    check("Gamma", [&](const Tensor& x) { return Gamma(one, 2.0).cdf(x); });
    check("Gamma", [&](const Tensor& x) { return Gamma(0.5, one).cdf(x); });
  }
}

TEST_CASE("Poisson: samples at rates far beyond what can be counted one by one",
          "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(5);
  for (const double rate : {0.9e8, 1.1e8, 1e12, 1e18, 1e28}) {
    CAPTURE(rate);
    const Tensor x = Poisson(rate).sample(rng, {4000});
    CHECK(max(abs(x - floor_of(x))).item() == 0);
    const Tensor z = (x - rate) / std::sqrt(rate);
    CHECK(std::abs(mean(z).item()) < 0.1);  // 6 standard errors
    CHECK(std::abs(mean(square(z)).item() - 1) < 0.15);
  }
}

TEST_CASE("Bernoulli: the entropy keeps its digits where a bit is nearly certain",
          "[prob][large]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const double sign : {-1.0, 1.0}) {  // mpmath
      check_close(Bernoulli(sign * 0.5).entropy(), 0.66284731857917940);
      check_close(Bernoulli(sign * 12.0).entropy(), 7.9874288704309419e-5);
      check_close(Bernoulli(sign * 40.0).entropy(), 1.7418252446695512e-16);
      CHECK(Bernoulli(sign * 1e30).entropy().item() == 0);
    }
  }
}

TEST_CASE("a standard normal gives one log density for each of its batch, as a Normal does",
          "[prob]") {
  const StandardNormal d({4, 5}, 1);
  for (const Shape& shape : {Shape{5}, Shape{1, 5}, Shape{4, 5}, Shape{3, 4, 5}, Shape{3, 1, 5}}) {
    CAPTURE(to_string(shape));
    const Tensor x = full(shape, 0.5), mine = d.log_prob(x), other = d.normal().log_prob(x);
    CHECK(mine.shape() == other.shape());
    CHECK(mine.to_vector() == other.to_vector());
  }
}

TEST_CASE("one_hot: a class that is not there is refused", "[prob][errors]") {
  const auto row = [](std::int32_t k) { return one_hot(class_number(k), 3, DType::f32); };
  CHECK(row(2).to_vector() == std::vector<double>{0, 0, 1});
  CHECK_THROWS_AS(row(3), DomainError);
  CHECK_THROWS_AS(row(-1), DomainError);
  CHECK_THROWS_AS(one_hot(tensor(1.0), 3, DType::f32), DTypeError);
}

TEST_CASE("relaxed one-hot draws are shares at temperatures that fill the range of a float",
          "[prob][extremes]") {
  // (20 + a Gumbel number) / temperature is near 2e38, so twice one of them is beyond f32.
  Rng rng(1);
  const RelaxedOneHotCategorical q(1.2e-37, full({3}, 20.0, DType::f32));
  const Tensor x = q.rsample(rng, {200});
  CHECK(all_finite(x));
  for (const double share : sum(x, -1).to_vector()) CHECK(share == Approx(1));
}

TEST_CASE("icdf: continuous Bernoullis give 0 at 0 and 1 at 1, and nothing outside",
          "[prob][large]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    const Tensor logits = tensor({-1000.0, -40.0, -36.0, -1.0, 1.0, 699.0, 710.0, 800.0});
    const ContinuousBernoulli d(logits);
    CHECK(d.icdf(zeros({8})).to_vector() == std::vector<double>(8, 0.0));
    CHECK(d.icdf(ones({8})).to_vector() == std::vector<double>(8, 1.0));
    for (const double p : {1e-30, 1e-7, 0.5, 1 - 0x1p-24}) {
      const Tensor x = d.icdf(full({8}, p));
      CHECK(-max(-x).item() >= 0);
      CHECK(max(x).item() <= 1);
      CHECK(all_finite(d.log_prob(x)));
    }
  }
  // log((1 - p) + p exp(l)) / l at l = -40, p = 1 - 2^-40
  const DTypeScope f64(DType::f64);
  const double p = 1 - 0x1p-40;
  check_close(ContinuousBernoulli(-40.0).icdf(tensor(p)).item(),
              std::log(0x1p-40 + p * std::exp(-40.0)) / -40, DType::f64);
}

TEST_CASE("StudentT: the density of numbers whose square no f32 can hold", "[prob][large]") {
  const auto density = [](double x, DType dtype) {
    const DTypeScope scope(dtype);
    return StudentT(0.5, 0.0, 1.0).log_prob(tensor(x)).item();
  };
  for (const double x : {1e15, 1e20, 1e30, -1e37}) {
    check_close(density(x, DType::f32), density(x, DType::f64), DType::f32);
    const DTypeScope f32(DType::f32);
    Tape tape;
    const Tensor at = tape.watch(tensor(x));
    tape.backward(StudentT(0.5, 0.0, 1.0).log_prob(at));
    CHECK(tape.grad(at).item() == Approx(-1.5 / x));
  }
}

TEST_CASE("KL: Poissons whose rates are far apart", "[prob][large]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    check_close(kl(Poisson(1e-30), Poisson(1e10)), 1e10);
    check_close(kl(Poisson(1e10), Poisson(1e-30)), 1e10 * (std::log(1e40) - 1));
    check_close(kl(Poisson(3.0), Poisson(2.0)), 3 * std::log(1.5) - 1);
  }
}

TEST_CASE("KL: one number for each of the prior's batch", "[prob]") {
  const Normal q(zeros({3}), ones({3}), 1);
  CHECK(kl(q, StandardNormal({5, 3}, 1)).shape() == Shape{5});
  CHECK(kl(q, StandardNormal({3}, 1)).shape() == Shape{});
  const MultivariateNormal wide(zeros({3}), eye(3));
  CHECK(kl(wide, StandardNormal({5, 3}, 1)).shape() == Shape{5});
  const VonMisesFisher round(tensor({1.0, 0.0, 0.0}), tensor(2.0));
  CHECK(kl(round, SphereUniform({5, 3})).shape() == Shape{5});
}

TEST_CASE("Multinomial: counts that are short by one are refused", "[prob][errors]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    const Multinomial d(1000, zeros({2}));
    CHECK(test::throws_with<DomainError>(
        [&] {
          d.log_prob(tensor({499.0, 500.0}));
        },
        "sum to 1000"));
    CHECK(test::throws_with<DomainError>(
        [&] {
          d.log_prob(tensor({500.0, 501.0}));
        },
        "sum to 1000"));
    CHECK(std::isfinite(d.log_prob(tensor({499.0, 501.0})).item()));
  }
  const DTypeScope f32(DType::f32);
  Rng rng(1);
  const Multinomial many(100000001, tensor({0.3, 0.0, -0.4}));  // beyond what f32 can count
  CHECK(std::isfinite(many.log_prob(tensor({4e7f, 3e7f, 3e7f})).item()));
}

TEST_CASE("Gamma: a concentration whose sums would be cut short is refused", "[prob][errors]") {
  const DTypeScope f64(DType::f64);
  CHECK(Gamma(1e8, 1.0).cdf(tensor(1e8)).item() == Approx(0.5).epsilon(1e-4));
  CHECK(test::throws_with<DomainError>([] { Gamma(1e10, 1.0).cdf(tensor(1e10)); }, "at most 1e8"));
  Rng rng(1);
  CHECK(test::throws_with<DomainError>([&] { Gamma(1e10, 1.0).sample(rng); }, "at most 1e8"));
}

TEST_CASE("flows: where a length is 0", "[prob]") {
  const DTypeScope f64(DType::f64);
  Tape tape;
  const Tensor z = tape.watch(zeros({2, 3}));
  const RadialFlow radial(zeros({3}), ones({1}), ones({1}));
  tape.backward(sum(radial.forward(z).z));
  CHECK(all_finite(tape.grad(z)));
  CHECK(test::throws_with<DomainError>([] { PlanarFlow(zeros({3}), ones({3}), zeros({1})); },
                                       "|w|^2"));
}
