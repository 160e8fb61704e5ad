// Densities integrate to 1, probabilities sum to 1; and rsample's gradients move the moments.

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/cases/cases.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

/// Integral of exp(log_prob) by the midpoint rule in t over (low, high), where x = fn(t) stretches
/// out steep ends and slope = dx/dt.
template <class D>
double integral(const D& d, double low, double high, double (*fn)(double),
                double (*slope)(double)) {
  constexpr std::int64_t n = 40000;
  const double h = (high - low) / static_cast<double>(n);
  std::vector<double> x(n), weight(n);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = low + h * (static_cast<double>(i) + 0.5);
    x[i] = fn(t);
    weight[i] = h * slope(t);
  }
  const Tensor density = exp(d.log_prob(tensor(x, {n})));
  return sum(density * tensor(weight, {n})).item();
}

double same(double t) { return t; }
double one(double) { return 1; }
double positive(double t) { return std::exp(t); }
double logistic(double t) { return 1 / (1 + std::exp(-t)); }
double logistic_slope(double t) { return logistic(t) * logistic(-t); }

template <class D>
double over_line(const D& d) {
  return integral(d, -60, 60, same, one);
}
template <class D>
double over_positive(const D& d) {
  return integral(d, -120, 8, positive, positive);
}
template <class D>
double over_unit(const D& d) {
  return integral(d, -36, 36, logistic, logistic_slope);
}

}  // namespace

TEST_CASE("densities on a line integrate to 1", "[prob][density]") {
  const DTypeScope f64(DType::f64);
  const Tensor m = tensor(0.4), s = tensor(1.3);
  const auto is_one = Approx(1).epsilon(1e-7);
  CHECK(over_line(Normal(m, s)) == is_one);
  CHECK(over_line(Laplace(m, s)) == Approx(1).epsilon(1e-5));  // a corner
  CHECK(over_line(Gumbel(m, s)) == is_one);
  CHECK(over_line(Mixture(tensor({0.1, -1.0}), Normal(tensor({-2.0, 5.0}), tensor({0.7, 3.0})))) ==
        is_one);
  CHECK(integral(
            StudentT(tensor(4.0), m, s), -20, 20, [](double t) { return std::sinh(t); },
            [](double t) { return std::cosh(t); }) == is_one);
  CHECK(integral(Uniform(m, s), 0, 2, same, one) == Approx(1).epsilon(1e-4));  // two jumps
}

TEST_CASE("densities of positive numbers integrate to 1", "[prob][density]") {
  const DTypeScope f64(DType::f64);
  const auto is_one = Approx(1).epsilon(1e-7);
  CHECK(over_positive(Exponential(tensor(0.8))) == is_one);
  CHECK(over_positive(Gamma(tensor(0.3), tensor(2.0))) == is_one);
  CHECK(over_positive(Gamma(tensor(7.0), tensor(0.5))) == is_one);
  CHECK(over_positive(LogNormal(tensor(0.4), tensor(0.9))) == is_one);
}

TEST_CASE("densities on the unit interval integrate to 1", "[prob][density]") {
  const DTypeScope f64(DType::f64);
  const auto is_one = Approx(1).epsilon(1e-7);
  CHECK(over_unit(Beta(tensor(0.6), tensor(0.8))) == is_one);
  CHECK(over_unit(Beta(tensor(5.0), tensor(2.0))) == is_one);
  CHECK(over_unit(RelaxedBernoulli(0.5, tensor(1.0))) == is_one);
  for (const double l : {-30.0, -1.0, 0.0, 1e-7, 3.0})
    CHECK(over_unit(ContinuousBernoulli(tensor(l))) == is_one);
}

TEST_CASE("densities on the simplex and in the plane integrate to 1", "[prob][density]") {
  const DTypeScope f64(DType::f64);
  // Midpoints of small squares; on the triangle x + y < 1 the third coordinate follows.
  constexpr int n = 800;
  std::vector<double> triangle, plane;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      const double x = (i + 0.5) / n, y = (j + 0.5) / n;
      plane.insert(plane.end(), {16 * x - 8, 16 * y - 8});
      if (i + j < n - 1) triangle.insert(triangle.end(), {x, y, 1 - x - y});
    }
  const auto total = [](const auto& d, const std::vector<double>& points, std::int64_t width,
                        double cell) {
    const auto count = static_cast<std::int64_t>(points.size()) / width;
    return sum(exp(d.log_prob(tensor(points, {count, width})))).item() * cell;
  };
  const double cell = 1.0 / (n * n);
  CHECK(total(Dirichlet(tensor({2.0, 3.0, 2.5})), triangle, 3, cell) == Approx(1).epsilon(1e-4));
  CHECK(total(RelaxedOneHotCategorical(2.0, tensor({0.1, -0.4, 0.3})), triangle, 3, cell) ==
        Approx(1).epsilon(1e-2));
  const MultivariateNormal normal(tensor({0.3, -0.2}), tensor({{0.8, 0.0}, {0.5, 1.1}}));
  CHECK(total(normal, plane, 2, 256 * cell) == Approx(1).epsilon(1e-8));
}

TEST_CASE("probabilities sum to 1", "[prob][density]") {
  const DTypeScope f64(DType::f64);
  const auto total = [](const Tensor& log_probs) { return sum(exp(log_probs)).item(); };
  const auto is_one = Approx(1).epsilon(1e-12);
  CHECK(total(Bernoulli(tensor(0.7)).log_prob(tensor({0.0, 1.0}))) == is_one);
  const Tensor logits = tensor({0.3, -1.0, 2.0});
  const std::array<std::int32_t, 3> classes{0, 1, 2};
  CHECK(total(Categorical(logits).log_prob(index_tensor(classes, {3}))) == is_one);
  CHECK(total(OneHotCategorical(logits).log_prob(eye(3))) == is_one);
  CHECK(total(Poisson(tensor(6.5)).log_prob(arange(100))) == is_one);
  for (const double theta : {0.4, 2.0, 1e3, 1e6})
    for (const double logit : {-30.0, -0.5, 3.0})
      CHECK(total(ZeroInflatedNegativeBinomial(tensor(5.0), tensor(theta), tensor(logit))
                      .log_prob(arange(1200))) == Approx(1).epsilon(1e-9));
  std::vector<double> counts;  // all ways to write 5 as an ordered sum of three
  for (int i = 0; i <= 5; ++i)
    for (int j = 0; i + j <= 5; ++j)
      counts.insert(counts.end(), {double(i), double(j), double(5 - i - j)});
  CHECK(total(Multinomial(5, logits).log_prob(tensor(counts, {21, 3}))) == is_one);
}

namespace {

/// Derivative in the arguments of the average of fn(rsample) against the derivative of the exact
/// moment, within 5 standard errors estimated from 40 batches.
template <class D>
void check_pathwise(const std::vector<Tensor>& arguments, const auto& fn, const auto& exact) {
  constexpr std::int64_t kBatches = 40, kDraws = 2000;
  CAPTURE(D::kName);
  const auto gradients = [&](const auto& value) {
    Tape tape;
    std::vector<Tensor> a;
    for (const Tensor& argument : arguments) a.push_back(tape.watch(argument));
    tape.backward(sum(value(from<D>(a))));
    std::vector<Tensor> result;
    for (const Tensor& leaf : a) result.push_back(tape.grad(leaf));
    return result;
  };
  std::vector<std::vector<Tensor>> batches(arguments.size());
  for (std::int64_t b = 0; b < kBatches; ++b) {
    Rng rng(static_cast<std::uint64_t>(100 + b));
    const auto g = gradients([&](const D& d) { return mean(fn(d.rsample(rng, {kDraws})), 0); });
    for (std::size_t i = 0; i < g.size(); ++i) batches[i].push_back(g[i]);
  }
  const auto wanted = gradients(exact);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Estimate e = estimate(stack(batches[i], 0));
    const auto average = e.mean.to_vector(), error = e.standard_error.to_vector(),
               value = wanted[i].to_vector();
    for (std::size_t j = 0; j < value.size(); ++j) {
      CAPTURE(i, j, average[j], value[j], error[j]);
      CHECK(std::abs(average[j] - value[j]) <= 5 * error[j] + 1e-9);
    }
  }
}

template <class D>
void check_first_moments(const std::vector<Tensor>& arguments) {
  check_pathwise<D>(
      arguments, [](const Tensor& x) { return x; }, [](const D& d) { return d.mean(); });
  check_pathwise<D>(
      arguments, [](const Tensor& x) { return square(x); },
      [](const D& d) { return d.variance() + square(d.mean()); });
}

}  // namespace

TEST_CASE("rsample: gradients of sample moments are the gradients of the exact moments",
          "[prob][statistical]") {
  // 80,000 draws each; some 60 comparisons at 5 standard errors of 40 batches: false alarm < 1e-3.
  const DTypeScope f64(DType::f64);
  check_first_moments<Normal>({tensor({0.5, -1.0}), tensor({0.7, 2.0})});
  check_first_moments<MultivariateNormal>({tensor({0.5, -1.0}), tensor({{0.7, 0.0}, {0.3, 2.0}})});
  check_first_moments<Laplace>({tensor(0.5), tensor(0.7)});
  check_first_moments<Uniform>({tensor(-0.5), tensor(0.7)});
  check_first_moments<Exponential>({tensor({0.5, 3.0})});
  check_first_moments<Gumbel>({tensor(0.5), tensor(0.7)});
  check_first_moments<LogNormal>({tensor(0.2), tensor(0.4)});
  check_first_moments<ContinuousBernoulli>({tensor({-4.0, 0.0, 1.5})});
  check_first_moments<Gamma>({tensor({0.2, 1.0, 6.0}), tensor({0.5, 2.0, 1.5})});
  check_first_moments<Beta>({tensor({0.3, 1.0, 6.0}), tensor({0.5, 2.0, 1.5})});
  check_first_moments<Dirichlet>({tensor({0.2, 1.0, 6.0})});
  check_first_moments<StudentT>({tensor(9.0), tensor(0.5), tensor(0.7)});
}

TEST_CASE("rsample: tiny concentrations stay finite, gradients included", "[prob]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Tape tape;
    const Tensor a = tape.watch(full({4}, 1e-3, dtype));
    Rng rng(5);
    const Tensor x = Dirichlet(a).rsample(rng, {200});
    tape.backward(sum(square(x)));
    for (const double v : x.to_vector()) REQUIRE((v > 0 && v <= 1));
    for (const double g : tape.grad(a).to_vector()) CHECK(std::isfinite(g));
    CHECK(test::difference(sum(x, -1).to(DType::f64), ones({200}, DType::f64), 1e-6) == "");
  }
}
