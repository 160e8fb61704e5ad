// What every distribution promises, checked through its cases.

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/cases/cases.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

#define ALL_DISTRIBUTIONS                                                                     \
  Normal, MultivariateNormal, Bernoulli, ContinuousBernoulli, Categorical, OneHotCategorical, \
      RelaxedBernoulli, RelaxedOneHotCategorical, Laplace, Uniform, Exponential, Gamma, Beta, \
      Dirichlet, StudentT, Poisson, LogNormal, Gumbel, Mixture<Normal>, Multinomial,          \
      SparsePrecisionNormal, DiscretizedNormal, Rbm, SpikeAndExponential, VonMisesFisher,     \
      WrappedNormal, ZeroInflatedNegativeBinomial

namespace {

/// Values that may move in every direction without leaving the support.
template <class D>
constexpr bool kOpenSupport =
    std::same_as<D, Normal> || std::same_as<D, MultivariateNormal> || std::same_as<D, Laplace> ||
    std::same_as<D, RelaxedBernoulli> || std::same_as<D, ContinuousBernoulli> ||
    std::same_as<D, Gamma> || std::same_as<D, Beta> || std::same_as<D, StudentT> ||
    std::same_as<D, LogNormal> || std::same_as<D, Gumbel> || std::same_as<D, Mixture<Normal>> ||
    std::same_as<D, SparsePrecisionNormal>;

/// Arguments as the gradient check may move them: the zeros of a Cholesky factor stay.
template <class D>
D make(std::span<const Tensor> arguments) {
  std::vector<Tensor> a(arguments.begin(), arguments.end());
  if constexpr (std::same_as<D, MultivariateNormal>) a[1] = a[1] * tensor({{1.0, 0.0}, {1.0, 1.0}});
  return from<D>(a);
}

template <class D>
std::vector<Case> valid_cases() {
  std::vector<Case> all = cases<D>();
  std::erase_if(all, [](const Case& c) { return c.refused != nullptr; });
  return all;
}

/// Within 5 standard errors, as the spread of the values themselves gives them.
void check_average(const Tensor& values, const Tensor& expected) {
  const Estimate e = estimate(values);
  const auto average = e.mean.to_vector(), error = e.standard_error.to_vector(),
             exact = expected.to_vector();
  REQUIRE(average.size() == exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(i, average[i], exact[i], error[i]);
    CHECK(std::abs(average[i] - exact[i]) <= 5 * error[i] + 1e-9);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("every distribution: the density has the value of the textbook formula",
                   "[prob][contract]", ALL_DISTRIBUTIONS) {
  const DTypeScope f64(DType::f64);
  const auto cases = valid_cases<TestType>();
  REQUIRE(!cases.empty());
  for (const Case& c : cases) {
    const TestType d = from<TestType>(c.arguments);
    CHECK(test::difference(d.log_prob(c.value), c.log_prob, 1e-12) == "");
  }
}

TEMPLATE_TEST_CASE("every distribution: the density of f32 agrees with that of f64",
                   "[prob][contract]", ALL_DISTRIBUTIONS) {
  for (const Case& c : valid_cases<TestType>()) {
    std::vector<Tensor> arguments;
    for (const Tensor& a : c.arguments) arguments.push_back(a.to(DType::f32));
    const TestType d = from<TestType>(arguments);
    const Tensor value = c.value.dtype() == DType::i32 ? c.value : c.value.to(DType::f32);
    const Tensor log_prob = d.log_prob(value);
    CHECK(log_prob.dtype() == DType::f32);
    CHECK(test::difference(log_prob.to(DType::f64), c.log_prob, 1e-5) == "");
  }
}

TEMPLATE_TEST_CASE("every distribution: a bad argument is refused by its name", "[prob][contract]",
                   ALL_DISTRIBUTIONS) {
  const DTypeScope f64(DType::f64);
  std::vector<std::string> refused;
  for (const Case& c : cases<TestType>()) {
    if (!c.refused) continue;
    refused.push_back(c.refused);
    CHECK_THROWS_AS(from<TestType>(c.arguments), DomainError);
    const std::string text = test::message([&] { from<TestType>(c.arguments); });
    INFO(text);
    CHECK(text.find(std::string(c.refused) + " must be") != std::string::npos);
  }
  for (const char* argument : TestType::kArguments) {
    CAPTURE(argument);
    CHECK(std::count(refused.begin(), refused.end(), argument) > 0);
  }
}

TEMPLATE_TEST_CASE("every distribution: gradients of the density agree with differences",
                   "[prob][contract]", ALL_DISTRIBUTIONS) {
  const DTypeScope f64(DType::f64);
  for (const Case& c : valid_cases<TestType>()) {
    const auto in_arguments = [&](std::span<const Tensor> a) {
      return make<TestType>(a).log_prob(c.value);
    };
    if (std::isinf(c.log_prob.to_vector()[0])) continue;
    const GradReport report = gradcheck(in_arguments, c.arguments);
    INFO(report.text);
    CHECK(report.ok);
    if constexpr (kOpenSupport<TestType>) {
      const auto in_value = [&](std::span<const Tensor> x) {
        return make<TestType>(c.arguments).log_prob(x[0]);
      };
      const GradReport value_report = gradcheck(in_value, std::array{c.value});
      INFO(value_report.text);
      CHECK(value_report.ok);
    }
  }
}

TEMPLATE_TEST_CASE("every distribution: mean, variance and entropy have right gradients",
                   "[prob][contract]", ALL_DISTRIBUTIONS) {
  const DTypeScope f64(DType::f64);
  const auto check = [](const auto& fn, const Case& c) {
    const GradReport report = gradcheck(fn, c.arguments);
    INFO(report.text);
    CHECK(report.ok);
  };
  for (Case c : valid_cases<TestType>()) {
    if constexpr (std::same_as<TestType, StudentT>) c.arguments[0] = tensor({3.0, 4.5});
    if constexpr (requires(TestType d) { d.mean(); })
      check([](std::span<const Tensor> a) { return make<TestType>(a).mean(); }, c);
    if constexpr (requires(TestType d) { d.variance(); })
      check([](std::span<const Tensor> a) { return make<TestType>(a).variance(); }, c);
    if constexpr (requires(TestType d) { d.entropy(); })
      check([](std::span<const Tensor> a) { return make<TestType>(a).entropy(); }, c);
  }
}

TEMPLATE_TEST_CASE("every distribution: samples have the stated shape, moments and entropy",
                   "[prob][contract][statistical]", ALL_DISTRIBUTIONS) {
  // 40,000 draws; each of some 100 comparisons allows 5 standard errors: a false alarm in 1 of
  // 15,000 seeds, and the seed is fixed.
  const DTypeScope f64(DType::f64);
  constexpr std::int64_t kDraws = 40000;
  for (Case c : valid_cases<TestType>()) {
    if constexpr (std::same_as<TestType, StudentT>) c.arguments[0] = tensor({9.0, 12.0});
    const TestType d = from<TestType>(c.arguments);
    Rng rng(7);
    const Tensor x = d.sample(rng, {kDraws});
    CHECK(x.shape() == join({kDraws}, d.shape()));
    CHECK(!x.tracked());
    if constexpr (requires { d.mean(); }) {
      check_average(x, d.mean());
      if constexpr (requires { d.variance(); }) check_average(square(x - d.mean()), d.variance());
    }
    const Tensor log_prob = d.log_prob(x);  // also: every sample lies in the support
    CHECK(log_prob.shape() == join({kDraws}, batch_shape(d)));
    if constexpr (requires { d.entropy(); }) check_average(-log_prob, d.entropy());
  }
}

TEMPLATE_TEST_CASE("every distribution: f32 samples lie in the support and can be drawn again",
                   "[prob][contract]", ALL_DISTRIBUTIONS) {
  for (const Case& c : valid_cases<TestType>()) {
    std::vector<Tensor> arguments;
    for (const Tensor& a : c.arguments) arguments.push_back(a.to(DType::f32));
    const TestType d = from<TestType>(arguments);
    Rng rng(3);
    rng.uniform();
    const Rng::State state = rng.state();
    const Tensor x = d.sample(rng, {50, 20});
    for (const double v : d.log_prob(x).to_vector()) REQUIRE(std::isfinite(v));
    CHECK(!(rng.state() == state));
    rng.set_state(state);
    CHECK(d.sample(rng, {50, 20}).to_vector() == x.to_vector());
    // The f64 twin sees the same noise.
    rng.set_state(state);
    const Tensor twin = from<TestType>(c.arguments).sample(rng, {50, 20});
    if constexpr (Reparameterized<TestType>)
      CHECK(test::difference(x.to(DType::f64), twin, 1e-3) == "");
  }
}

TEMPLATE_TEST_CASE("every distribution: event axes are summed, and a value must have them",
                   "[prob][contract]", ALL_DISTRIBUTIONS) {
  const DTypeScope f64(DType::f64);
  const Case c = valid_cases<TestType>().front();
  TestType d = from<TestType>(c.arguments);
  if (batch_shape(d).rank() == 0) return;
  const Tensor each = d.log_prob(c.value);
  ++d.event_dims;
  if constexpr (!std::same_as<TestType, Mixture<Normal>>) {
    CHECK(test::difference(d.log_prob(c.value), sum(each, -1), 1e-12) == "");
    if constexpr (requires { d.entropy(); })
      CHECK(test::difference(d.entropy(), sum(from<TestType>(c.arguments).entropy(), -1), 1e-12) ==
            "");
  }
  const Tensor wrong = zeros({7, 7, 7}, c.value.dtype());
  CHECK_THROWS_AS(d.log_prob(wrong), ShapeError);
  const std::string text = test::message([&] { d.log_prob(wrong); });
  INFO(text);
  CHECK(text.find(TestType::kName) != std::string::npos);
  CHECK(text.find(fmt::format("event_dims = {}", d.event_dims)) != std::string::npos);
}

TEMPLATE_TEST_CASE("every distribution: sample is never recorded", "[prob][contract]",
                   ALL_DISTRIBUTIONS) {
  const DTypeScope f64(DType::f64);
  const Case c = valid_cases<TestType>().front();
  Tape tape;
  std::vector<Tensor> watched;
  for (const Tensor& a : c.arguments) watched.push_back(tape.watch(a));
  const TestType d = from<TestType>(watched);
  Rng rng(5);
  CHECK(d.sample(rng, {3}).node() == NodeId{});
}

TEMPLATE_TEST_CASE("every distribution: rsample is recorded where it exists", "[prob][contract]",
                   ALL_DISTRIBUTIONS) {
  if constexpr (Reparameterized<TestType>) {
    const DTypeScope f64(DType::f64);
    const Case c = valid_cases<TestType>().front();
    // For fixed noise, a sample is a smooth function of the arguments: its derivative is checked.
    const auto draw = [&](std::span<const Tensor> a) {
      Rng rng(11);
      return make<TestType>(a).rsample(rng, {3});
    };
    const GradReport report = gradcheck(draw, c.arguments);
    INFO(report.text);
    CHECK(report.ok);
  }
}
