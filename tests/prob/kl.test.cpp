// Every pair with a closed form: against Monte Carlo, against itself, and its gradients.

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/cases/cases.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

/// 100,000 samples; within 5 standard errors (about 60 comparisons, false alarm under 1e-4).
template <class Q, class P>
void check_pair(const Q& q, const P& p) {
  CAPTURE(Q::kName, P::kName);
  Rng rng(17);
  const Tensor exact = kl(q, p);
  const Estimate estimated = kl_monte_carlo(q, p, 100000, rng);
  CHECK(exact.shape() == batch_shape(q));
  REQUIRE(estimated.mean.shape() == exact.shape());
  const auto value = exact.to_vector(), average = estimated.mean.to_vector(),
             error = estimated.standard_error.to_vector();
  for (std::size_t i = 0; i < value.size(); ++i) {
    CAPTURE(i, value[i], average[i], error[i]);
    CHECK(value[i] > 0);
    CHECK(std::abs(value[i] - average[i]) <= 5 * error[i] + 1e-9);
  }
}

/// The same two, and q against itself.
template <class D>
void check_alike(const D& q, const D& p) {
  check_pair(q, p);
  for (const double v : kl(q, q).to_vector()) CHECK(std::abs(v) <= 1e-12);
}

/// Arguments of q, then of p, through a function to check gradients of.
template <class Q, class P>
void check_gradients(const std::vector<Tensor>& q, const std::vector<Tensor>& p) {
  CAPTURE(Q::kName, P::kName);
  std::vector<Tensor> all = q;
  all.insert(all.end(), p.begin(), p.end());
  const auto divergence = [&](std::span<const Tensor> a) {
    return kl(from<Q>(a.first(q.size())), from<P>(a.subspan(q.size())));
  };
  const GradReport report = gradcheck(divergence, all);
  INFO(report.text);
  CHECK(report.ok);
}

}  // namespace

TEST_CASE("kl: each pair agrees with Monte Carlo, is positive, and 0 for equal arguments",
          "[prob][kl][statistical]") {
  const DTypeScope f64(DType::f64);
  const Tensor m = tensor({0.3, -1.0}), s = tensor({0.7, 1.8});
  const Tensor m2 = tensor({0.0, 0.5}), s2 = tensor({1.5, 1.1});
  check_alike(Normal(m, s), Normal(m2, s2));
  check_alike(Normal(m, s, 1), Normal(m2, s2, 1));
  check_pair(Normal(m, s, 1), StandardNormal({2}, 1));
  const MultivariateNormal mvn(m, tensor({{0.7, 0.0}, {-0.4, 1.2}}));
  check_alike(mvn, MultivariateNormal(m2, tensor({{1.1, 0.0}, {0.6, 0.9}})));
  check_pair(mvn, StandardNormal({2}, 1));
  check_alike(LogNormal(m, s), LogNormal(m2, s2));
  check_alike(Laplace(m, s), Laplace(m2, s2));
  check_pair(Laplace(m, s), Normal(m2, s2));
  check_alike(Gumbel(m, s), Gumbel(m2, s2));
  check_alike(Bernoulli(m), Bernoulli(s));
  check_alike(ContinuousBernoulli(tensor({0.0, -6.0})), ContinuousBernoulli(s));
  check_alike(Categorical(tensor({{0.3, -1.0, 2.0}})), Categorical(tensor({{0.0, 0.5, 0.4}})));
  check_alike(OneHotCategorical(tensor({0.3, -1.0, 2.0})),
              OneHotCategorical(tensor({0.0, 0.5, 0.4})));
  check_alike(Poisson(s), Poisson(s2));
  check_alike(Exponential(s), Exponential(s2));
  check_alike(Gamma(s, s2), Gamma(tensor({2.0, 0.9}), s));
  check_pair(Gamma(s, s2), Exponential(s));
  check_pair(Exponential(s), Gamma(tensor({2.0, 0.9}), s2));
  check_alike(Beta(s, s2), Beta(s2, tensor({2.0, 0.9})));
  check_alike(Dirichlet(tensor({0.7, 1.8, 1.0})), Dirichlet(tensor({1.5, 1.1, 3.0})));
  check_alike(Uniform(tensor({0.1, -0.4}), tensor({0.5, 0.9})), Uniform(tensor(-1.0), tensor(1.0)));
  check_pair(Uniform(m, m + s), Normal(m2, s2));
}

TEST_CASE("kl: gradients of the pairs without goldens agree with differences", "[prob][kl]") {
  const DTypeScope f64(DType::f64);
  const Tensor m = tensor({0.3, -1.0}), s = tensor({0.7, 1.8});
  const Tensor m2 = tensor({0.0, 0.5}), s2 = tensor({1.5, 1.1});
  check_gradients<LogNormal, LogNormal>({m, s}, {m2, s2});
  check_gradients<Laplace, Normal>({m, s}, {m2, s2});
  check_gradients<ContinuousBernoulli, ContinuousBernoulli>({m}, {s});
  check_gradients<OneHotCategorical, OneHotCategorical>({m}, {s});
  check_gradients<Gamma, Exponential>({s, s2}, {s});
  check_gradients<Exponential, Gamma>({s}, {s2, s});
  check_gradients<Uniform, Uniform>({m, m + s}, {m - s, m + s + s2});
  check_gradients<Uniform, Normal>({m, m + s}, {m2, s2});
  const auto standard = [](std::span<const Tensor> a) {
    const Tensor lower = a[1] * tensor({{1.0, 0.0}, {1.0, 1.0}});
    return kl(MultivariateNormal(a[0], lower), StandardNormal({2}, 1));
  };
  const std::array arguments{m, tensor({{0.7, 0.0}, {-0.4, 1.2}})};
  const GradReport report = gradcheck(standard, arguments);
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("kl: events are summed", "[prob][kl]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Shape shape{3, 4, 5};
  const auto scale = [&] { return exp(rng.normal(shape)); };
  const Tensor m = rng.normal(shape), s = scale(), m2 = rng.normal(shape), s2 = scale();
  const Tensor each = kl(Normal(m, s), Normal(m2, s2));
  for (int dims = 0; dims <= 3; ++dims) {
    const Tensor summed = kl(Normal(m, s, dims), Normal(m2, s2, dims));
    CHECK(summed.rank() == 3 - dims);
    CHECK(test::difference(summed, sum_last(each, dims), 1e-12) == "");
    const Tensor standard = kl(Normal(m, s, dims), StandardNormal(shape, dims));
    CHECK(test::difference(standard, kl(Normal(m, s, dims), StandardNormal(shape, dims).normal()),
                           1e-12) == "");
  }
}

TEST_CASE("kl: a uniform outside the other's interval is infinitely far", "[prob][kl]") {
  CHECK(
      std::isinf(kl(Uniform(tensor(0.0), tensor(2.0)), Uniform(tensor(0.0), tensor(1.0))).item()));
  CHECK(
      std::isinf(kl(Uniform(tensor(-1.0), tensor(1.0)), Uniform(tensor(0.0), tensor(1.0))).item()));
}

TEST_CASE("kl: different events are refused with both shapes", "[prob][kl]") {
  const Tensor m = zeros({3, 4}), s = ones({3, 4});
  try {
    kl(Normal(m, s, 1), Normal(m, s, 2));
    FAIL("accepted");
  } catch (const ShapeError& e) {
    CHECK(std::string(e.what()) ==
          "tapestry: kl(Normal, Normal): q has shape [3,4] with event_dims = 1, but p has shape "
          "[3,4] with event_dims = 2");
  }
  CHECK_THROWS_AS(kl(Normal(m, s, 1), StandardNormal({5}, 1)), ShapeError);
  CHECK_THROWS_AS(kl(Categorical(m), Categorical(zeros({3, 5}))), ShapeError);
}

TEST_CASE("kl: f32 next to equality keeps its digits", "[prob][kl]") {
  // 1 + 1e-3 against 1: KL is about 1e-6, and 1 - 1 + log 1 must not eat it.
  const Tensor s = tensor(1.001);
  const double exact = std::log(1 / 1.001) + (1.001 * 1.001 - 1) / 2;
  CHECK(kl(Normal(tensor(0.0), s), Normal(tensor(0.0), tensor(1.0))).item() ==
        Approx(exact).margin(1.5e-7));
}

namespace {

struct Scales {
  double mq, sq, mp, sp;
};

// In double, from the f32 numbers; what f32 cannot hold is infinite.
double in_f32(double v) { return static_cast<double>(static_cast<float>(v)); }

void check_against_f64(const Tensor& got, double exact) {
  CAPTURE(got.item(), exact);
  const double rounded = in_f32(exact);
  CHECK((got.item() == rounded ||
         std::abs(got.item() - exact) <= 2e-6 * std::max(1.0, std::abs(exact))));
}

}  // namespace

TEST_CASE("kl of normals in f32: value and gradients hold at every scale", "[prob][kl]") {
  std::vector<Scales> cases{{0.64, 1e-20, -105.8, 441.7}, {0.5, 1e20, 0, 1}, {0.5, 3, 0.5, 3}};
  for (const double sq : {1e-20, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e20})
    for (const double sp : {1e-20, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e20})
      cases.push_back({0.3 * sp, sq, -0.4 * sp, sp});
  for (const Scales& c : cases) {
    CAPTURE(c.mq, c.sq, c.mp, c.sp);
    Tape tape;
    const auto watched = [&](double v) { return tape.watch(full({}, v, DType::f32)); };
    const Tensor mq = watched(c.mq), sq = watched(c.sq), mp = watched(c.mp), sp = watched(c.sp);
    const double a = mq.item(), s = sq.item(), b = mp.item(), t = sp.item();
    const double d = (a - b) / t, r = s / t;
    const Tensor divergence = kl(Normal(mq, sq), Normal(mp, sp));
    check_against_f64(divergence, (d * d + (r - 1) * (r + 1)) / 2 - std::log(r));
    if (!std::isfinite(divergence.item())) {
      CHECK(divergence.item() > 0);
      continue;
    }
    tape.backward(divergence);
    const auto check_slope = [&](const char* what, const Tensor& x, double exact, double unit) {
      CAPTURE(what, exact);
      const double got = tape.grad(x).item();
      CHECK((got == in_f32(exact) || std::abs(got - exact) <= 1e-6 * unit));
    };
    const double parts = 1 + r * r + d * d;  // what cancels where q and p are close
    check_slope("mq", mq, d / t, std::abs(d / t));
    check_slope("sq", sq, (r * r - 1) / s, parts / s);
    check_slope("sp", sp, (1 - r * r - d * d) / t, parts / t);
  }
  CHECK(kl(LogNormal(tensor(0.0), tensor(1e-20)), LogNormal(tensor(0.0), tensor(400.0))).item() ==
        Approx(std::log(400e20) - 0.5));
}

TEST_CASE("kl in f32: scales far from 1 on both sides give no NaN", "[prob][kl]") {
  const auto at = [](double v) { return tensor(v); };
  CHECK(kl(Laplace(at(-1.3), at(1e20)), Normal(at(-111), at(1e20))).item() ==
        Approx(0.225791352644727).epsilon(1e-5));
  CHECK(kl(Laplace(at(0), at(1e20)), Laplace(at(0), at(1e-20))).item() == kInfinity);
  CHECK(kl(Laplace(at(0), at(1e-20)), Laplace(at(0), at(1e20))).item() ==
        Approx(40 * std::log(10) - 1));
  CHECK(kl(Exponential(at(1e20)), Exponential(at(1e-20))).item() == Approx(40 * std::log(10) - 1));
  CHECK(kl(Exponential(at(1e-20)), Exponential(at(1e20))).item() == kInfinity);
  CHECK(kl(Uniform(at(0), at(1e20)), Normal(at(0), at(1e20))).item() ==
        Approx(1.0 / 6 + 0.5 * std::log(2 * std::acos(-1.0))));
  CHECK(kl(Gamma(at(2), at(1e20)), Gamma(at(2), at(1e-20))).item() ==
        Approx(2 * 40 * std::log(10) - 2));
}

TEST_CASE("kl of Bernoullis with extreme logits does not cancel", "[prob][kl]") {
  const auto at = [](double q, double p) {
    return kl(Bernoulli(tensor(q)), Bernoulli(tensor(p))).item();
  };
  CHECK(at(1e4, 48) == Approx(std::exp(-48.0)));
  CHECK(at(-1e4, -48) == Approx(std::exp(-48.0)));
  CHECK(at(1e4, -50) == Approx(50));
  const DTypeScope f64(DType::f64);
  CHECK(at(1e4, 33) == Approx(std::log1p(std::exp(-33.0))));
  CHECK(at(0.3, 0.3) == 0);
}

TEST_CASE("kl(Gumbel, Gumbel): a gradient that overflows is infinite, not NaN", "[prob][kl]") {
  Tape tape;
  const Tensor scale = tape.watch(tensor(1e-9));
  const Tensor divergence =
      kl(Gumbel(5e-9, 3e-8), Gumbel(0.0, scale));  // exp(-5) Gamma(31) = 1.8e30
  CHECK(divergence.item() == Approx(std::tgamma(31.0) * std::exp(-5.0)).epsilon(1e-4));
  tape.backward(divergence);
  CHECK(tape.grad(scale).item() == -kInfinity);
}

TEST_CASE("kl_monte_carlo: estimates a pair without a closed form", "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  const Mixture mixture(tensor({0.0, 0.0}), Normal(tensor({-6.0, 6.0}), tensor({1.0, 1.0})));
  Rng rng(2);
  // The components hardly overlap: KL(one of them || both) = log 2 up to 1e-8 (100,000 samples).
  const Estimate e = kl_monte_carlo(Normal(tensor(6.0), tensor(1.0)), mixture, 100000, rng);
  CHECK(std::abs(e.mean.item() - std::log(2.0)) <= 5 * e.standard_error.item() + 1e-8);
  CHECK(e.samples == 100000);
}

TEST_CASE("estimate: average and standard error of known numbers", "[prob]") {
  const DTypeScope f64(DType::f64);
  const Estimate e = estimate(tensor({{1.0, 5.0}, {2.0, 5.0}, {6.0, 5.0}}));
  CHECK(e.mean.to_vector() == std::vector<double>{3, 5});
  CHECK(e.standard_error.at({0}) == Approx(std::sqrt(14.0 / 2 / 3)));
  CHECK(e.standard_error.at({1}) == 0);
  CHECK_THROWS_AS(estimate(tensor({{1.0, 5.0}})), ShapeError);
}

TEST_CASE("log_mean_exp: is log of the mean of exp, without overflow, with its gradient",
          "[prob]") {
  const DTypeScope f64(DType::f64);
  CHECK(log_mean_exp(tensor({0.0, std::log(3.0)})).item() == Approx(std::log(2.0)));
  CHECK(log_mean_exp(tensor({1000.0, 1000.0})).item() == Approx(1000.0));
  const Tensor x = tensor({{0.1, 0.7}, {2.0, -1.0}});
  CHECK(test::difference(log_mean_exp(x, 1), log(mean(exp(x), 1)), 1e-12) == "");
  const GradReport report =
      gradcheck([](std::span<const Tensor> a) { return log_mean_exp(a[0]); }, std::array{x});
  INFO(report.text);
  CHECK(report.ok);
}
