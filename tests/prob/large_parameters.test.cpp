// Densities and entropies that are differences of large terms: no digits are lost at large parameters.
// The values are mpmath's, at the nearest floats.

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

constexpr DType kBoth[] = {DType::f32, DType::f64};

void check_close(const Tensor& actual, double expected) {
  const double value = actual.item(), unit = actual.dtype() == DType::f32 ? 1e-6 : 1e-13;
  CAPTURE(value, expected, name(actual.dtype()));
  CHECK(std::abs(value - expected) <= unit * std::max(1.0, std::abs(expected)));
}

}  // namespace

TEST_CASE("StudentT: density and entropy keep their digits up to df = 1e7", "[prob][large]") {
  const double rows[][4] = {// df, x, log density, entropy
                            {10000.0, 0.0, -0.91896353320463108, 1.4190385357045061},
                            {10000.0, 3.0, -5.4173895450065142, 1.4190385357045061},
                            {10000000.0, 0.0, -0.91893855820467274, 1.4189386332046752},
                            {10000000.0, -2.5, -4.043937894142482, 1.4189386332046752},
                            {30.0, 1.5, -2.0482405798630505, 1.4525433297872075}};
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const auto& r : rows) {
      CAPTURE(r[0], r[1]);
      const StudentT d(tensor(r[0]), 0.0, 1.0);
      check_close(d.log_prob(r[1]), r[2]);
      check_close(d.entropy(), r[3]);
    }
  }
}

TEST_CASE("Gamma: density and entropy keep their digits at large concentrations", "[prob][large]") {
  const double rows[][5] = {
      // concentration, rate, x, log density, entropy
      {10000.0, 2.0, 5000.0, -4.8309698719661494, 5.330928204466141},
      {10000.0, 2.0, 5100.0, -6.8244995374651988, 5.330928204466141},
      {10000000.0, 0.5, 20000000.0, -9.6711335475771113, 10.171133505910444},
      {50.0, 1.0, 45.0, -3.0392819475992179, 3.3682499483781684},
      {1000000.0, 1.0, 300000.0, -503979.42704702719, 8.3266934788533931},
      {12.0, 3.0, 9.9999996826552254e-21, -510.88768118962588, 1.534417077471844}};
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const auto& r : rows) {
      CAPTURE(r[0], r[2]);
      const Gamma d(tensor(r[0]), tensor(r[1]));
      check_close(d.log_prob(r[2]), r[3]);
      check_close(d.entropy(), r[4]);
    }
  }
  CHECK(std::isfinite(Gamma(0.3f, 1e-3f).log_prob(tensor(2e-38)).item()));  // rate x is subnormal
}

TEST_CASE("Beta: density and entropy keep their digits at large parameters", "[prob][large]") {
  const double rows[][5] = {
      // a, b, x, log density, entropy
      {10000.0, 10000.0, 0.5, 4.7259399236233418, -4.2259774248733574},
      {10000.0, 30000.0, 0.25, 5.2163580223514248, -4.7163906620620814},
      {1000000.0, 2000000.0, 0.33329999446868896, 7.2827087663776613, -6.7901618107219641},
      {0.5, 10000000.0, 9.9999999392252903e-9, 16.597023255177125, -16.027485746044333},
      {20.0, 15.0, 0.60000002384185791, 1.5159649949946098, -1.0777185451627504},
      {100000.0, 100000.0, 0.89999997615814209, -102158.2046656827, -5.3772474701328595}};
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const auto& r : rows) {
      CAPTURE(r[0], r[1], r[2]);
      const Beta d(tensor(r[0]), tensor(r[1]));
      check_close(d.log_prob(r[2]), r[3]);
      check_close(d.entropy(), r[4]);
    }
  }
}

TEST_CASE("Dirichlet: density and entropy keep their digits at large concentrations",
          "[prob][large]") {
  const double rows[][8] = {
      // concentration, x, log density, entropy
      {1e6, 2e6, 1e6, 0.25, 0.5, 0.25, 15.096795616574683, -14.096796304074854},
      {1e4, 2.5, 3e4, 0.25, 0x1p-13, 0.75 - 0x1p-13, 13.023891704161552, -13.583221232801631},
      {1e7, 1e7, 2e7, 0.25, 0.25, 0.5, 17.399380878318728, -16.39938094706873},
      {20, 15, 5, 0.5, 0.375, 0.125, 3.7034289208348661, -2.803768010647288}};
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const auto& r : rows) {
      CAPTURE(r[0], r[1]);
      const Dirichlet d(tensor({r[0], r[1], r[2]}));
      check_close(d.log_prob(tensor({r[3], r[4], r[5]})), r[6]);
      check_close(d.entropy(), r[7]);
    }
  }
}

TEST_CASE("KL: gammas, betas and Dirichlets keep their digits at large parameters",
          "[prob][large]") {
  const double gammas[][5] = {// concentration and rate of q and of p
                              {1e6, 2, 1.01e6, 2, 49.834186534345343},
                              {1e7, 1, 1.001e7, 1.0010000467300415, 2.6074104253742228e-7},
                              {1e4, 3, 1e4, 3.03125, 0.53879631120083031},
                              {50, 1, 40, 0.75, 0.093195946648732184},
                              {5, 1, 1e5, 2e4, 10326.539411375854},
                              {1e7, 1, 1e7, 1, 0}};
  const double betas[][5] = {{1e6, 2e6, 1.01e6, 2e6, 33.186004811970574},
                             {0.5, 1e7, 0.75, 1e7, 0.12179351188695118},
                             {1e5, 1e5, 2e5, 2e5, 0.15342703472002733},
                             {20, 15, 18, 17, 0.23818284744209685},
                             {1e4, 1e4, 1e4, 1.1e4, 23.82027034752089}};
  const double dirichlets[][7] = {{1e6, 2e6, 1e6, 1.01e6, 2e6, 1e6, 37.344588639776596},
                                  {1e4, 3, 1e4, 1.02e4, 3, 1e4, 0.9903380342625868},
                                  {1e7, 1e7, 2e7, 5e6, 5e6, 1e7, 0.19314718993494531},
                                  {20, 15, 5, 18, 17, 4, 0.34524042684881001}};
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const auto& r : gammas) {
      CAPTURE(r[0], r[2]);
      check_close(kl(Gamma(r[0], r[1]), Gamma(r[2], r[3])), r[4]);
    }
    for (const auto& r : betas) {
      CAPTURE(r[0], r[1]);
      check_close(kl(Beta(r[0], r[1]), Beta(r[2], r[3])), r[4]);
    }
    for (const auto& r : dirichlets) {
      CAPTURE(r[0], r[1]);
      const Dirichlet q(tensor({r[0], r[1], r[2]})), p(tensor({r[3], r[4], r[5]}));
      check_close(kl(q, p), r[6]);
      check_close(kl(q, q), 0);
    }
  }
}

TEST_CASE("Poisson: the probability keeps its digits at large rates", "[prob][large]") {
  const double rows[][3] = {{10000.0, 10000.0, -5.5241170525260947},
                            {1000000.0, 1001000.0, -8.3270270622201348},
                            {40.0, 35.0, -3.0253947096993219}};  // rate, count, log probability
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    for (const auto& r : rows) check_close(Poisson(tensor(r[0])).log_prob(r[1]), r[2]);
  }
}

TEST_CASE(
    "Gamma and Beta: samples too small for f32 are its smallest number, as often as they should",
    "[prob][large]") {
  constexpr std::int64_t n = 200'000;
  constexpr double floor = 0x1p-126, a = 0.05;
  Rng rng(3);
  const Gamma gamma(tensor(a), 1.0);
  const Beta beta(tensor(a), 3.0);
  // P(x <= floor) = floor^a / Gamma(a + 1), and floor^a / (a B(a, 3)); 5 standard errors of the count
  const double of_gamma = std::pow(floor, a) / std::tgamma(a + 1),
               of_beta = std::pow(floor, a) * std::tgamma(a + 3) / (2 * std::tgamma(a + 1));
  const auto check_floor = [&](const auto& d, double p) {
    const Tensor x = d.sample(rng, {n});
    double at_floor = 0;
    for (const double v : x.to_vector()) {
      REQUIRE(v >= floor);
      at_floor += v == floor;
    }
    CHECK(std::abs(at_floor - n * p) < 5 * std::sqrt(n * p * (1 - p)));
    CHECK(std::isfinite(sum(d.log_prob(x)).item()));
  };
  check_floor(gamma, of_gamma);
  check_floor(beta, of_beta);
}
