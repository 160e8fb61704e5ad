// Special functions, distribution functions and quantiles against mpmath and scipy; the values and
// the script that made them are tests/data/prob_values.json and .py.

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

using Rows = std::vector<std::vector<double>>;

Rows rows(const char* name) { return test::read_golden("prob_values.json").at(name).get<Rows>(); }

void check_close(double actual, double expected, double relative) {
  CAPTURE(actual, expected);
  CHECK(std::abs(actual - expected) <= relative * std::abs(expected) + 1e-300);
}

double derivative(Tensor (*fn)(Arg), double x) {
  Tape tape;
  const Tensor leaf = tape.watch(tensor(x));
  tape.backward(fn(leaf));
  return tape.grad(leaf).item();
}

}  // namespace

TEST_CASE("special ops: backward agrees with differences of forward", "[prob][special]") {
  for (const OpInfo* op : special_ops()) {
    for (const TestInput& sample : op->test_inputs()) {
      const GradReport report = check_op(*op, sample, {.relative = 1e-5});
      INFO(op->name << '\n' << report.text);
      CHECK(report.ok);
    }
  }
}

TEST_CASE("gamma quantile: values and implicit derivatives agree with mpmath to 1e-10",
          "[prob][special]") {
  for (const auto& r : rows("gamma_quantile")) {
    const double a = r[0], p = r[1], log_x = r[2], slope = r[3];
    CAPTURE(a, p);
    CHECK(std::abs(log_gamma_quantile(a, p) - log_x) <= 1e-11 * std::max(1.0, std::abs(log_x)));
    check_close(incomplete_gamma(a, log_x).slope, slope, 1e-10);
    check_close(std::exp(incomplete_gamma(a, log_x).log_p), p, 1e-10);
  }
}

TEST_CASE("incomplete gamma: the derivative in the shape agrees with differences of an integral",
          "[prob][special]") {
  // P(a, x) by Simpson's rule after t = x u^m, which removes the singularity at 0.
  const auto p = [](double a, double x) {
    constexpr int n = 20000;
    const double m = std::ceil(4 / a);
    double sum = 0;
    for (int i = 0; i <= n; ++i) {
      const double u = static_cast<double>(i) / n, t = x * std::pow(u, m);
      sum += (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) * std::pow(u, m * a - 1) * std::exp(-t);
    }
    return sum / (3 * n) * m * std::exp(a * std::log(x) - std::lgamma(a));
  };
  for (const auto& [a, x] : {std::pair{0.4, 0.2}, {1.3, 3.0}, {4.0, 2.5}, {9.0, 12.0}}) {
    CAPTURE(a, x);
    const IncompleteGamma g = incomplete_gamma(a, std::log(x));
    CHECK(std::exp(g.log_p) == Approx(p(a, x)).epsilon(1e-8));
    constexpr double h = 1e-4;
    const double numeric = (p(a + h, x) - p(a - h, x)) / (2 * h);
    CHECK(-g.slope * std::exp(g.log_density) == Approx(numeric).epsilon(1e-5));
  }
}

TEST_CASE("log_sinhc: it and its derivatives agree with mpmath, also next to 0 and in far tails",
          "[prob][special]") {
  const DTypeScope f64(DType::f64);
  for (const auto& r : rows("log_sinhc")) {
    const double y = r[0];
    CAPTURE(y);
    check_close(log_sinhc(tensor(y)).item(), r[1], 1e-13);
    check_close(langevin(tensor(y)).item(), r[2], 1e-13);
    check_close(langevin_slope(tensor(y)).item(), r[3], 1e-13);
    check_close(derivative(langevin_slope, y), r[4], 1e-12);
  }
  CHECK(log_sinhc(tensor(0.0)).item() == 0);
  CHECK(langevin(tensor(0.0)).item() == 0);
  CHECK(std::isnan(log_sinhc(tensor(std::nan(""))).item()));
}

TEST_CASE("log_sinhc: f32 keeps its digits on both sides of the series", "[prob][special]") {
  for (double y = -6; y < 6; y += 0.0437) {
    const Tensor single = tensor(std::array{y}, {}, DType::f32), twin = single.to(DType::f64);
    CAPTURE(y);
    check_close(log_sinhc(single).item(), log_sinhc(twin).item(), 2e-6);
    check_close(langevin(single).item(), langevin(twin).item(), 2e-6);
    check_close(langevin_slope(single).item(), langevin_slope(twin).item(), 1e-5);
  }
}

TEST_CASE("normal quantile: agrees with mpmath into the far tails", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  for (const auto& r : rows("normal_quantile")) {
    CAPTURE(r[0]);
    CHECK(std::abs(normal_quantile(tensor(r[0])).item() - r[1]) <= 1e-14 + 1e-13 * std::abs(r[1]));
  }
}

TEST_CASE("normal quantile: infinite at 0 and 1, NaN outside", "[prob][special]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const DTypeScope scope(dtype);
    const std::vector<double> x =
        normal_quantile(tensor({0.0, 1.0, -0.1, 1.1, std::nan("")})).to_vector();
    CHECK(x[0] == -kInfinity);
    CHECK(x[1] == kInfinity);
    for (const std::size_t i : {2u, 3u, 4u}) CHECK(std::isnan(x[i]));
    CHECK_THROWS_AS(Normal(0.0, 1.0).icdf(tensor(0.0)), DomainError);
  }
}

TEST_CASE("continuous Bernoulli: stable for every logit, agrees with mpmath", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  for (const auto& r : rows("continuous_bernoulli")) {
    const ContinuousBernoulli d(tensor(r[0]));
    const Tensor x = tensor(r[1]);
    CAPTURE(r[0], r[1]);
    check_close(d.cdf(x).item(), r[2], 1e-12);
    CHECK(d.log_prob(x).item() == Approx(r[3]).epsilon(1e-13).margin(1e-15));
    check_close(d.mean().item(), r[4], 1e-13);
    check_close(d.variance().item(), r[5], 1e-12);
    CHECK(d.entropy().item() == Approx(r[6]).epsilon(1e-12).margin(1e-14));
  }
}

TEST_CASE("continuous Bernoulli: the slope of the quantile in the logit agrees with mpmath",
          "[prob][special]") {
  const DTypeScope f64(DType::f64);
  const double rows[][3] = {
      {0.0009, 0.2, 0.08002880064585329666},   {0.0009, 0.9, 0.044978404191889660671},
      {-0.0009, 0.2, 0.079971200650145648578}, {-0.0009, 0.9, 0.045021604191609724514},
      {0.0003, 0.2, 0.080009600071920508778},  {1e-05, 0.9, 0.04499976000051749131},
      {0.002, 0.2, 0.080064003176435063369}};
  for (const auto& r : rows) {
    CAPTURE(r[0], r[1]);
    Tape tape;
    const Tensor logit = tape.watch(tensor(r[0]));
    tape.backward(continuous_bernoulli_quantile(logit, tensor(r[1])));
    check_close(tape.grad(logit).item(), r[2], 3e-11);
  }
}

TEST_CASE("continuous Bernoulli: the cdf stays in [0, 1] and rises, for any logit and dtype",
          "[prob][special]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const DTypeScope scope(dtype);
    const double tolerance = dtype == DType::f32 ? 1e-6 : 1e-13;
    for (const double l : {-1e30, -1e6, -1e4, -300.0, -20.0, -1.0, -1e-4, 0.0, 1e-4, 1.0, 20.0,
                           300.0, 1e4, 1e6, 1e30}) {
      CAPTURE(name(dtype), l);
      const ContinuousBernoulli d(tensor(l));
      double before = 0;
      for (const double x : {0.0, 1e-5, 0.1, 0.647, 0.9, 0.999, 1.0}) {
        CAPTURE(x);
        const double f = d.cdf(tensor(x)).item(), at = tensor(x).item();
        CHECK((f >= before && f <= 1));
        const double exact = l < 0   ? std::expm1(l * at) / std::expm1(l)
                             : l > 0 ? std::exp(l * (at - 1)) * std::expm1(-l * at) / std::expm1(-l)
                                     : at;
        CHECK(std::abs(f - exact) <= tolerance);
        before = f;
      }
      CHECK(before == 1);
      CHECK(d.cdf(tensor(-0.5)).item() == 0);
      CHECK(d.cdf(tensor(1.5)).item() == 1);
    }
  }
}

TEST_CASE("continuous Bernoulli: the cdf's gradient in the logit agrees with differences",
          "[prob][special]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({0.3, 0.9, 0.5, 0.2, 0.7, 0.4});
  const auto cdf = [&](std::span<const Tensor> a) { return ContinuousBernoulli(a[0]).cdf(x); };
  const GradReport report = gradcheck(cdf, std::array{tensor({-40.0, -3.0, 0.0, 1e-3, 2.0, 30.0})});
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("inside_unit_interval: the ends are the neighbours of 0 and 1", "[prob][special]") {
  const auto ends = [](DType dtype) {
    return inside_unit_interval(tensor(std::array{-1.0, 0.0, 0.5, 1.0, 2.0}, {5}, dtype))
        .to_vector();
  };
  CHECK(ends(DType::f32) == std::vector<double>{0x1p-126, 0x1p-126, 0.5, 1 - 0x1p-24, 1 - 0x1p-24});
  CHECK(ends(DType::f64) ==
        std::vector<double>{0x1p-1022, 0x1p-1022, 0.5, 1 - 0x1p-53, 1 - 0x1p-53});
}

TEST_CASE("Multinomial: counts above 2^24 are right in f32", "[prob][special]") {
  constexpr std::int64_t n = 50'000'000;
  Rng rng(1);
  const Multinomial d(n, tensor({0.0, 1.0}));
  const Tensor x = d.sample(rng);
  CHECK(std::abs(x.at({0}) + x.at({1}) - n) <= 4);  // each rounded to f32
  const double p = 1 / (1 + std::exp(-1.0));
  CHECK(std::abs(x.at({1}) - n * p) <= 5 * std::sqrt(n * p * (1 - p)));
  CHECK(std::isfinite(d.log_prob(x).item()));
}

TEST_CASE("cdf: agrees with scipy", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  const auto cdf = [](const std::string& name, const std::vector<double>& a, double at) {
    const Tensor x = tensor(at), first = tensor(a[0]), second = tensor(a.back());
    if (name == "Normal") return Normal(first, second).cdf(x);
    if (name == "Laplace") return Laplace(first, second).cdf(x);
    if (name == "Uniform") return Uniform(first, second).cdf(x);
    if (name == "Exponential") return Exponential(first).cdf(x);
    if (name == "Gamma") return Gamma(first, second).cdf(x);
    if (name == "LogNormal") return LogNormal(first, second).cdf(x);
    if (name == "Gumbel") return Gumbel(first, second).cdf(x);
    FAIL("no distribution " << name);
    return x;
  };
  const auto golden = test::read_golden("prob_values.json");
  for (const auto& row : golden.at("cdfs")) {
    const auto name = row[0].get<std::string>();
    const double x = row[2].get<double>();
    CAPTURE(name, x);
    check_close(cdf(name, row[1].get<std::vector<double>>(), x).item(), row[3].get<double>(),
                1e-12);
  }
}

namespace {

/// icdf undoes cdf, and the slope of cdf is the density.
template <class D>
void check_cdf(const D& d, double low, double high) {
  CAPTURE(D::kName);
  for (int i = 0; i < 9; ++i) {
    const double at = low + (high - low) * (i + 0.37) / 9;
    CAPTURE(at);
    Tape tape;
    const Tensor x = tape.watch(tensor(at));
    const Tensor p = d.cdf(x);
    tape.backward(p);
    CHECK(tape.grad(x).item() == Approx(std::exp(d.log_prob(x.detach()).item())).epsilon(1e-9));
    if constexpr (requires { d.icdf(p); })
      CHECK(d.icdf(p.detach()).item() == Approx(at).epsilon(1e-9));
  }
}

}  // namespace

TEST_CASE("cdf: its slope is the density, and icdf undoes it", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  const Tensor m = tensor(0.4), s = tensor(1.3);
  check_cdf(Normal(m, s), -3, 4);
  check_cdf(Laplace(m, s), -3, 4);
  check_cdf(Gumbel(m, s), -2, 5);
  check_cdf(Uniform(m, s), 0.4, 1.3);
  check_cdf(LogNormal(m, s), 0.1, 6);
  check_cdf(Exponential(s), 0, 4);
  check_cdf(Gamma(m, s), 0.01, 3);
  for (const double l : {-9.0, -0.3, 1e-5, 0.0, 2.0, 30.0})
    check_cdf(ContinuousBernoulli(tensor(l)), 0.3, 0.99);
}

TEST_CASE("Multinomial: agrees with scipy", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  const auto golden = test::read_golden("prob_values.json");
  for (const auto& row : golden.at("multinomial")) {
    const auto logits = row[1].get<std::vector<double>>(), x = row[2].get<std::vector<double>>();
    const Shape shape{static_cast<std::int64_t>(x.size())};
    const Multinomial d(row[0].get<std::int64_t>(), tensor(logits, shape));
    CHECK(d.log_prob(tensor(x, shape)).item() == Approx(row[3].get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("kl(Beta, Beta): gradients agree with mpmath", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  for (const auto& r : rows("trigamma")) {
    Tape tape;
    const Tensor a = tape.watch(tensor(r[0])), b = tape.watch(tensor(r[1]));
    tape.backward(kl(Beta(a, b), Beta(tensor(r[2]), tensor(r[3]))));
    check_close(tape.grad(a).item(), r[4], 1e-12);
    check_close(tape.grad(b).item(), r[5], 1e-12);
  }
}

TEST_CASE("continuous Bernoulli: the cdf has no slope outside [0, 1]", "[prob][special]") {
  const DTypeScope f64(DType::f64);
  Tape tape;
  const Tensor logit = tape.watch(tensor({2.0, 2.0, -3.0, -3.0}));
  const Tensor x = tape.watch(tensor({-0.5, 1.5, -0.1, 7.0}));
  tape.backward(sum(continuous_bernoulli_cdf(logit, x)));
  for (const double slope : tape.grad(x).to_vector()) CHECK(slope == 0);
  for (const double slope : tape.grad(logit).to_vector()) CHECK(slope == 0);
}

TEST_CASE("incomplete gamma: log(1 - P) keeps its digits where P, or 1 - P, is small",
          "[prob][special]") {
  for (const double x : {1e-20, 1e-9, 0.1}) {  // a = 1: 1 - P = exp(-x)
    check_close(incomplete_gamma(1, std::log(x)).log_q, -x, 1e-12);
  }
  for (const double x : {3.0, 20.0, 50.0}) {
    check_close(incomplete_gamma(1, std::log(x)).log_p, std::log1p(-std::exp(-x)), 1e-12);
  }
}
