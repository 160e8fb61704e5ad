// The von Mises-Fisher distribution and the Bessel functions below it, against mpmath (40 digits), sums over the sphere and
// draws.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"
#include "prob/special/bessel.hpp"
#include "prob/special/sphere_angle.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

/// loc along the first axis of m.
VonMisesFisher along_first(std::int64_t m, double kappa) {
  std::vector<double> loc(static_cast<std::size_t>(m), 0.0);
  loc[0] = 1;
  return {tensor(loc, {m}), tensor(kappa)};
}

/// The integral over the sphere in m dimensions of a function of the angle to loc.
double over_sphere(std::int64_t m, const std::function<double(double)>& f) {
  constexpr int n = 20000;
  const double h = std::numbers::pi / n, rest = static_cast<double>(m) - 1;
  const double around = 2 * std::pow(std::numbers::pi, rest / 2) / std::tgamma(rest / 2);
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    const double theta = h * (i + 0.5);
    sum += f(theta) * std::pow(std::sin(theta), rest - 1);
  }
  return around * h * sum;
}

}  // namespace

TEST_CASE("Bessel: logarithm, series, ratio and slope agree with mpmath, at any order",
          "[prob][special]") {
  // order, x, log I_v(x), log of the series, I_{v+1} / I_v, its derivative
  const double rows[][6] = {
      {0.0, 0.001, 2.4999998437500175e-7, 2.4999998437500175e-7, 0.00049999993750001043,
       0.49999981250005208},
      {0.5, 0.3, -0.81282249938802433, 0.014955255419671121, 0.099405096988408252,
       0.32741798010333677},
      {2.5, 1.0, -2.8629702657767536, 0.070871287970183859, 0.14064682573322849,
       0.13633751601179594},
      {4.0, 7.5, 4.4768404054345828, 2.3678708758532506, 0.54846947486464997, 0.041017865304115141},
      {9.5, 30.0, 25.868013064616573, 14.082161373549341, 0.71706138556807538,
       0.0077820456151416734},
      {0.25, 700.0, 695.80565532364956, 694.24290019860689, 0.99892837982811142,
       1.5311600669793659e-6},
      {24.0, 1000.0, 995.33917859680436, 900.97331363278408, 0.97578812171736426,
       2.3923551147457691e-5},
      {49.5, 10000.0, 9994.353385405372, 9719.2715779209889, 0.99501225115012343,
       4.9754966245344219e-7},
      {199.0, 500.0, 456.83569940791829, 215.99864657918868, 0.67742839874243878,
       0.00050290238078923262},
      {399.0, 0.001, -5027.2693147927993, 6.2499999999951296e-10, 1.2499999999980518e-6,
       0.0012499999999941552}};
  const DTypeScope f64(DType::f64);
  for (const auto& r : rows) {
    CAPTURE(r[0], r[1]);
    const BesselSeries at = bessel_series(r[0], r[1]);
    CHECK(at.log_series == Approx(r[3]).epsilon(1e-13));
    CHECK(at.ratio == Approx(r[4]).epsilon(1e-13));
    CHECK(at.slope == Approx(r[5]).epsilon(1e-9));
    CHECK(log_bessel_i(r[0], tensor(r[1])).item() == Approx(r[2]).epsilon(1e-13).margin(1e-15));
  }
  CHECK(bessel_series(3, 0).log_series == 0);
  CHECK(bessel_series(3, 0).ratio == 0);
  CHECK(bessel_series(3, 0).slope == Approx(0.125));
}

TEST_CASE("Bessel: log I of half an order is a sine of imaginary angles", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  // I_{1/2}(x) = sqrt(2 / (pi x)) sinh x
  for (const double x : {1e-3, 0.7, 12.0, 300.0}) {
    const double exact =
        0.5 * std::log(2 / (std::numbers::pi * x)) + x + std::log(-std::expm1(-2 * x) / 2);
    CHECK(log_bessel_i(0.5, tensor(x)).item() == Approx(exact).epsilon(1e-13));
  }
  const auto log_i = [](std::span<const Tensor> a) { return log_bessel_i(2.7, a[0]); };
  const GradReport report = gradcheck(log_i, std::array{tensor({1e-3, 0.5, 4.0, 90.0, 5000.0})});
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("von Mises-Fisher: length of the mean, KL and entropy agree with mpmath",
          "[prob][sphere]") {
  const DTypeScope f64(DType::f64);
  struct Row {
    std::int64_t m;
    double kappa, length, kl, entropy;
  };
  for (const Row& r :
       {Row{3, 2, 0.5373147207275481, 0.47940924940087337, 2.0516149975684174},
        Row{3, 0.001, 0.00033333331111111323, 1.6666665000000177e-7, 2.5310240803026408},
        Row{11, 30, 0.84476452710600826, 6.529288704941768, -3.497941119828838},
        Row{11, 10000, 0.9995001000099965, 34.895664262900428, -31.864316677787498},
        Row{2, 5, 0.89338313704408522, 1.1622339093978927, 0.67564315701145281},
        Row{51, 100, 0.77985003362211767, 23.661893400241761, -50.167301774242058}}) {
    CAPTURE(r.m, r.kappa);
    const VonMisesFisher d = along_first(r.m, r.kappa);
    CHECK(d.mean_length().item() == Approx(r.length).epsilon(1e-12));
    CHECK(kl(d, SphereUniform({r.m})).item() == Approx(r.kl).epsilon(1e-9));
    CHECK(d.entropy().item() == Approx(r.entropy).epsilon(1e-10));
    CHECK(SphereUniform({r.m}).entropy().item() - r.kl == Approx(r.entropy).epsilon(1e-10));
  }
}

TEST_CASE("von Mises-Fisher: the density integrates to 1 over the sphere", "[prob][sphere]") {
  const DTypeScope f64(DType::f64);
  for (const std::int64_t m : {2, 3, 5, 11}) {
    for (const double kappa : {0.001, 1.0, 25.0, 400.0}) {
      CAPTURE(m, kappa);
      const VonMisesFisher d = along_first(m, kappa);
      const double at_loc = d.log_prob(d.loc).item();
      const auto density = [&](double theta) {
        return std::exp(at_loc - 2 * kappa * std::pow(std::sin(theta / 2), 2));
      };
      CHECK(over_sphere(m, density) == Approx(1).epsilon(1e-6));
      // And log_prob is what was integrated, at an angle of 60 degrees.
      std::vector<double> x(static_cast<std::size_t>(m), 0.0);
      x[0] = 0.5, x[1] = -std::sqrt(0.75);
      CHECK(d.log_prob(tensor(x, {m})).item() ==
            Approx(std::log(density(std::numbers::pi / 3))).epsilon(1e-12));
    }
  }
}

TEST_CASE("von Mises-Fisher: angles of draws have the distribution of the density",
          "[prob][sphere][statistical]") {
  // Kolmogorov's statistic of 5,000 draws: above 2.6 in one of 400,000 samples of a right sampler, and the seed is fixed.
  const DTypeScope f64(DType::f64);
  constexpr std::int64_t kDraws = 5000;
  for (const std::int64_t m : {2, 3, 11, 40}) {
    for (const double kappa : {0.01, 3.0, 200.0, 10000.0}) {
      CAPTURE(m, kappa);
      const VonMisesFisher d = along_first(m, kappa);
      Rng rng(5);
      const Tensor x = d.sample(rng, {kDraws});
      CHECK(max(abs(sum(square(x), -1) - 1.0)).item() < 1e-12);
      // theta = 2 asin(|x - loc| / 2), which keeps its digits near 0
      std::vector<double> theta = (0.5 * sqrt(sum(square(x - d.loc), -1))).to_vector();
      for (double& t : theta) t = 2 * std::asin(std::min(1.0, t));
      std::sort(theta.begin(), theta.end());
      // The distribution function by the midpoint rule, from one draw to the next.
      const double at_loc = d.log_prob(d.loc).item(), rest = static_cast<double>(m) - 1;
      const double around = 2 * std::pow(std::numbers::pi, rest / 2) / std::tgamma(rest / 2);
      double below = 0, before = 0, apart = 0;
      for (std::size_t i = 0; i < theta.size(); ++i) {
        const int points = 4;
        for (int j = 0; j < points; ++j) {
          const double t = before + (theta[i] - before) * (j + 0.5) / points;
          below += around * (theta[i] - before) / points * std::pow(std::sin(t), rest - 1) *
                   std::exp(at_loc - 2 * kappa * std::pow(std::sin(t / 2), 2));
        }
        before = theta[i];
        apart = std::max(apart, std::abs(below - (static_cast<double>(i) + 0.5) / kDraws));
      }
      CHECK(apart * std::sqrt(static_cast<double>(kDraws)) < 2.6);
    }
  }
}

TEST_CASE("von Mises-Fisher: the slope of a mean through draws is that of the mean",
          "[prob][sphere][statistical]") {
  // E[x_1] = A(kappa), whose derivative is known; 5 standard errors.
  const DTypeScope f64(DType::f64);
  for (const auto& [m, kappa] : {std::pair{3, 2.0}, {11, 30.0}, {2, 0.3}}) {
    CAPTURE(m, kappa);
    constexpr std::int64_t kDraws = 5000;
    Tape tape;
    const Tensor each = tape.watch(full({kDraws}, kappa));
    std::vector<double> loc(static_cast<std::size_t>(m), 0.0);
    loc[0] = 1;
    const VonMisesFisher d(broadcast_to(tensor(loc, {m}), {kDraws, m}), each);
    Rng rng(9);
    tape.backward(sum(slice(d.rsample(rng), -1, 0, 1)));
    const Estimate slope = estimate(tape.grad(each));
    const double exact = bessel_series(0.5 * m - 1, kappa).slope;
    CHECK(std::abs(slope.mean.item() - exact) <= 5 * slope.standard_error.item());
    CHECK(slope.standard_error.item() < 0.04 * exact);
  }
}

TEST_CASE("von Mises-Fisher: the KL's gradient, and what does not fit", "[prob][sphere]") {
  const DTypeScope f64(DType::f64);
  const Tensor loc = tensor({{0.6, 0.8, 0.0}, {0.0, 0.0, 1.0}, {1.0, 0.0, 0.0}});
  const auto divergence = [&](std::span<const Tensor> a) {
    return kl(VonMisesFisher(loc, a[0]), SphereUniform({3}));
  };
  const GradReport report = gradcheck(divergence, std::array{tensor({0.05, 2.0, 900.0})});
  INFO(report.text);
  CHECK(report.ok);
  CHECK(test::throws_with<ShapeError>([&] { VonMisesFisher(loc, ones({2})); }, "concentration"));
  CHECK(test::throws_with<ShapeError>([&] { VonMisesFisher(ones({1}), tensor(1.0)); }, "m >= 2"));
  CHECK(test::throws_with<DomainError>([&] { VonMisesFisher(loc, ones({3})).log_prob(2.0 * loc); },
                                       "length 1"));
  CHECK(test::throws_with<ShapeError>([&] { SphereUniform({1}); }, "2 numbers"));
  CHECK_THROWS_AS(kl(VonMisesFisher(loc, ones({3})), SphereUniform({4})), ShapeError);
}

TEST_CASE("von Mises-Fisher: a batch of none", "[prob]") {
  const VonMisesFisher d(zeros({0, 3}), zeros({0}));
  Rng rng(1);
  CHECK(d.sample(rng).shape() == Shape{0, 3});
  CHECK(d.log_prob(zeros({0, 3})).shape() == Shape{0});
  CHECK(d.entropy().shape() == Shape{0});
}

TEST_CASE("von Mises-Fisher: the variance keeps its digits at large concentrations",
          "[prob][sphere]") {
  // m = 3: 1/kappa^2 - 1/sinh(kappa)^2 along loc, (coth(kappa) - 1/kappa)/kappa across
  for (const DType dtype : {DType::f32, DType::f64}) {
    const DTypeScope scope(dtype);
    for (const double kappa : {0.5, 20.0, 1e4, 1.7e5}) {
      CAPTURE(kappa);
      const Tensor v = VonMisesFisher(tensor({1.0, 0.0, 0.0}), tensor(kappa)).variance();
      const double along = 1 / (kappa * kappa) - (kappa < 300 ? std::pow(std::sinh(kappa), -2) : 0);
      CHECK(v.at({0}) == Approx(along).epsilon(dtype == DType::f32 ? 1e-6 : 1e-9));
      CHECK(v.at({1}) == Approx((1 / std::tanh(kappa) - 1 / kappa) / kappa).epsilon(1e-6));
    }
  }
}

TEST_CASE("von Mises-Fisher: what is too concentrated or not on the sphere is refused",
          "[prob][sphere][errors]") {
  const Tensor loc = tensor({1.0, 0.0, 0.0});
  CHECK(test::throws_with<DomainError>([&] { VonMisesFisher(loc, tensor(1e17)); }, "at most 1e8"));
  CHECK(
      test::throws_with<DomainError>([&] { SphereUniform({3}).log_prob(10.0 * loc); }, "length 1"));
  CHECK(test::throws_with<DomainError>([&] { SphereUniform({3}).log_prob(std::nan("") * loc); },
                                       "length 1"));
}
