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
    for (const Sample& sample : op->samples()) {
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
