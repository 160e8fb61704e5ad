// A million draws of every distribution against its own density, which compared.test.cpp holds against mpmath: a chi-square
// test over cells. A right sampler fails one of these tests with probability 1e-6, all of them together with 1e-4; the seed
// is fixed, so a test that passes once always does.

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "autograd/autograd.hpp"
#include "prob/cases/cases.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

constexpr std::int64_t kDraws = 1'000'000;
constexpr double kFalseAlarm = 1e-6;

struct Cell {
  double probability, count;
};

/// The probability of a chi-square statistic at least this large. Cells that expect fewer than ten draws become one, which
/// also gets what no cell has.
double p_value(const std::vector<Cell>& cells) {
  Cell rest{1, kDraws};
  std::vector<Cell> large;
  for (const Cell& c : cells) {
    if (c.probability * kDraws < 10) continue;
    large.push_back(c);
    rest.probability -= c.probability;
    rest.count -= c.count;
  }
  if (rest.probability * kDraws >= 10) {
    large.push_back(rest);
  } else {
    CHECK(rest.count < 50);  // a draw that has no probability
  }
  double statistic = 0;
  for (const Cell& c : large) {
    const double expected = c.probability * kDraws;
    statistic += (c.count - expected) * (c.count - expected) / expected;
  }
  const DTypeScope f64(DType::f64);
  REQUIRE(large.size() >= 2);
  const double freedom = static_cast<double>(large.size()) - 1;
  return 1 - gamma_cdf(tensor(freedom / 2), tensor(statistic / 2)).item();
}

/// Numbers with a density: cells between quantiles of the first draws, their probability from 32 midpoints. Both ends are
/// one cell, whose probability is what remains.
template <class D>
double p_value_of_density(const D& d, const std::vector<double>& draws) {
  constexpr std::size_t kCells = 200, kPoints = 32;
  std::vector<double> first(draws.begin(), draws.begin() + 20'000);
  std::sort(first.begin(), first.end());
  std::vector<double> edges;
  for (std::size_t k = 1; k < kCells; ++k) {
    const double edge = first[k * first.size() / kCells];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  // Where a cell spans decades, its midpoints are those of log x.
  std::vector<double> points, weights;
  for (std::size_t k = 1; k < edges.size(); ++k) {
    const bool decades = edges[k - 1] > 0 && edges[k] > 1.2 * edges[k - 1];
    const double from = decades ? std::log(edges[k - 1]) : edges[k - 1];
    const double width = ((decades ? std::log(edges[k]) : edges[k]) - from) / kPoints;
    for (std::size_t i = 0; i < kPoints; ++i) {
      const double t = from + width * (static_cast<double>(i) + 0.5);
      points.push_back(decades ? std::exp(t) : t);
      weights.push_back(decades ? width * points.back() : width);
    }
  }
  const DTypeScope f64(DType::f64);
  const auto mass = (exp(d.log_prob(tensor(points))) * tensor(weights)).to_vector();
  std::vector<Cell> cells;
  for (auto at = mass.begin(); at != mass.end(); at += kPoints) {
    cells.push_back({std::accumulate(at, at + kPoints, 0.0), 0});
  }
  for (const double x : draws) {
    const auto above = std::upper_bound(edges.begin(), edges.end(), x);
    if (above == edges.begin() || above == edges.end()) continue;
    ++cells[static_cast<std::size_t>(above - edges.begin()) - 1].count;
  }
  return p_value(cells);
}

/// Values of which there are few, of `width` numbers each.
template <class D>
double p_value_of_values(const D& d, const Tensor& draws, std::size_t width) {
  std::map<std::vector<double>, double> counts;
  const auto all = draws.to_vector();
  for (std::size_t i = 0; i < all.size(); i += width) {
    ++counts[{all.begin() + static_cast<std::ptrdiff_t>(i),
              all.begin() + static_cast<std::ptrdiff_t>(i + width)}];
  }
  REQUIRE(counts.size() < 2000);
  const DTypeScope f64(DType::f64);
  std::vector<Cell> cells;
  for (const auto& [value, count] : counts) {
    const Tensor x = tensor(value, width == 1 ? Shape{} : Shape{static_cast<std::int64_t>(width)});
    const Tensor log_prob = d.log_prob(draws.dtype() == DType::i32 ? x.to(DType::i32) : x);
    cells.push_back({std::exp(log_prob.item()), count});
  }
  return p_value(cells);
}

constexpr DType kBoth[] = {DType::f32, DType::f64};

/// Draws in f32 and f64, of `make` in that dtype; the density is that of f64.
template <class Make>
void check_density(Make make, std::initializer_list<DType> dtypes = {DType::f32, DType::f64}) {
  const auto exact = [&] {
    const DTypeScope f64(DType::f64);
    return make();
  }();
  for (const DType dtype : dtypes) {
    const DTypeScope scope(dtype);
    Rng rng(19);
    const auto draws = make().sample(rng, {kDraws}).to_vector();
    CAPTURE(exact.kName, name(dtype));
    CHECK(p_value_of_density(exact, draws) > kFalseAlarm);
  }
}

template <class Make>
void check_values(Make make) {
  const auto exact = [&] {
    const DTypeScope f64(DType::f64);
    return make();
  }();
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    Rng rng(19);
    const Tensor draws = make().sample(rng, {kDraws});
    CAPTURE(exact.kName, name(dtype));
    const auto width = static_cast<std::size_t>(draws.size() / kDraws);
    CHECK(p_value_of_values(exact, draws, width) > kFalseAlarm);
  }
}

std::vector<double> column(const Tensor& x, std::int64_t k) {
  return slice(x, -1, k, k + 1).to_vector();
}

}  // namespace

TEST_CASE("samples of every density on a line fit it", "[prob][goodness]") {
  check_density([] { return Normal(tensor(0.4), tensor(1.3)); });
  check_density([] { return Laplace(tensor(-2.0), tensor(0.7)); });
  check_density([] { return Gumbel(tensor(0.4), tensor(1.3)); });
  check_density([] { return LogNormal(tensor(0.4), tensor(0.9)); });
  check_density([] { return StudentT(tensor(2.5), tensor(1.0), tensor(0.5)); });
  check_density([] { return Uniform(tensor(-1.5), tensor(4.0)); });
  check_density([] { return Exponential(tensor(0.8)); });
  for (const double a : {0.3, 1.0, 7.0, 300.0}) {
    check_density([a] { return Gamma(tensor(a), tensor(2.0)); });
  }
  // In f32 a draw of a hundred would be below the smallest normal number, which it becomes.
  check_density([] { return Gamma(tensor(0.05), tensor(2.0)); }, {DType::f64});
  for (const auto& [a, b] : {std::pair{0.6, 0.8}, std::pair{5.0, 2.0}, std::pair{0.3, 40.0}}) {
    check_density([a = a, b = b] { return Beta(tensor(a), tensor(b)); });
  }
  for (const double l : {-30.0, -1.0, 0.0, 1e-5, 3.0}) {
    check_density([l] { return ContinuousBernoulli(tensor(l)); });
  }
  check_density([] { return RelaxedBernoulli(0.5, tensor(1.0)); });
  check_density([] {
    return Mixture(tensor({0.1, -1.0}), Normal(tensor({-2.0, 5.0}), tensor({0.7, 3.0})));
  });
}

TEST_CASE("samples of every distribution of few values fit it", "[prob][goodness]") {
  check_values([] { return Bernoulli(tensor(0.7)); });
  check_values([] { return Categorical(tensor({0.3, -1.0, 2.0, -7.0})); });
  check_values([] { return OneHotCategorical(tensor({0.3, -1.0, 2.0})); });
  check_values([] { return Multinomial(5, tensor({0.3, -1.0, 2.0})); });
  for (const double rate : {0.01, 3.0, 9.9, 10.1, 200.0}) {
    check_values([rate] { return Poisson(tensor(rate)); });
  }
  for (const double theta : {0.3, 4.0, 1e4}) {
    check_values(
        [theta] { return ZeroInflatedNegativeBinomial(tensor(3.0), tensor(theta), tensor(-1.0)); });
  }
  check_values([] { return DiscretizedNormal(tensor(0.3), tensor(0.5)); });
  check_values([] {
    return Rbm(tensor({0.3, -0.4}), tensor({0.1, 0.9}), tensor({{1.5, -1.0}, {0.2, 0.6}}));
  });
}

TEST_CASE("samples of vectors fit what is known of their parts", "[prob][goodness]") {
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    CAPTURE(name(dtype));
    Rng rng(19);
    const Tensor shares = Dirichlet(tensor({0.6, 3.0, 1.4})).sample(rng, {kDraws});
    const Tensor normal = MultivariateNormal(tensor({0.3, -0.2}), tensor({{0.8, 0.0}, {0.5, 1.1}}))
                              .sample(rng, {kDraws});
    const Tensor relaxed = RelaxedOneHotCategorical(0.7, tensor({0.4, -0.5})).sample(rng, {kDraws});
    const Tensor most =
        argmax(RelaxedOneHotCategorical(2.0, tensor({0.3, -1.0, 2.0})).sample(rng, {kDraws}), -1);
    const Tensor smooth = SpikeAndExponential(3.0, tensor(0.4)).sample(rng, {kDraws});

    const DTypeScope f64(DType::f64);
    for (const std::int64_t k : {0, 1, 2}) {  // a share of a Dirichlet is Beta(a, rest)
      const double a[] = {0.6, 3.0, 1.4};
      CAPTURE(k);
      CHECK(p_value_of_density(Beta(tensor(a[k]), tensor(5.0 - a[k])), column(shares, k)) >
            kFalseAlarm);
    }
    // (x - loc) solved by the factor is standard, and so is the sum of both parts over sqrt(2).
    const auto x = column(normal, 0), y = column(normal, 1);
    std::vector<double> first, second, both;
    for (std::size_t i = 0; i < x.size(); ++i) {
      first.push_back((x[i] - 0.3) / 0.8);
      second.push_back((y[i] + 0.2 - 0.5 * first[i]) / 1.1);
      both.push_back((first[i] + second[i]) / std::sqrt(2));
    }
    for (const auto* z : {&first, &second, &both}) {
      CHECK(p_value_of_density(Normal(tensor(0.0), tensor(1.0)), *z) > kFalseAlarm);
    }
    // Of two classes the first is a relaxed bit; of several the largest has the probabilities of the logits.
    CHECK(p_value_of_density(RelaxedBernoulli(0.7, tensor(0.9)), column(relaxed, 0)) > kFalseAlarm);
    CHECK(p_value_of_values(Categorical(tensor({0.3, -1.0, 2.0})), most, 1) > kFalseAlarm);
    // How often the bit is 0, and the density of what it becomes otherwise.
    const SpikeAndExponential spike(3.0, tensor(0.4));
    std::vector<double> positive;
    for (const double v : smooth.to_vector()) {
      if (v > 0) positive.push_back(v);
    }
    const double q = 1 / (1 + std::exp(-0.4)), n = static_cast<double>(positive.size());
    CHECK(p_value({{q, n}, {1 - q, kDraws - n}}) > kFalseAlarm);
    CHECK(std::abs(exp(spike.log_prob(tensor(0.0))).item() - (1 - q)) < 1e-12);
  }
}

#define ALL_DISTRIBUTIONS                                                                     \
  Normal, MultivariateNormal, Bernoulli, ContinuousBernoulli, Categorical, OneHotCategorical, \
      RelaxedBernoulli, RelaxedOneHotCategorical, Laplace, Uniform, Exponential, Gamma, Beta, \
      Dirichlet, StudentT, Poisson, LogNormal, Gumbel, Mixture<Normal>, Multinomial,          \
      SparsePrecisionNormal, DiscretizedNormal, Rbm, SpikeAndExponential,                     \
      ZeroInflatedNegativeBinomial

TEMPLATE_TEST_CASE("every distribution: the same draws on 1, 2, 3 and 8 threads", "[prob][threads]",
                   ALL_DISTRIBUTIONS) {
  const test::KeepThreads keep;
  const auto all = cases<TestType>();
  const auto valid = std::find_if(all.begin(), all.end(), [](const Case& c) { return !c.refused; });
  for (const DType dtype : kBoth) {
    const DTypeScope scope(dtype);
    std::vector<Tensor> arguments;
    for (const Tensor& a : valid->arguments) arguments.push_back(a.to(dtype));
    const TestType d = from<TestType>(arguments);
    const auto draws = [&](int count) {
      set_threads(count);
      Rng rng(5);
      return d.sample(rng, {60'000}).to_vector();
    };
    const auto alone = draws(1);
    for (const int count : {2, 3, 8}) {
      CAPTURE(count, name(dtype));
      CHECK(draws(count) == alone);
    }
  }
}
