// Bad input: an error that names the distribution, the argument, the value and its place.

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"
#include "support/stderr_text.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

template <class E>
std::string refusal(const auto& fn) {  // its first line: what is wrong
  try {
    fn();
  } catch (const E& e) {
    const std::string text = e.what();
    return text.substr(0, text.find('\n'));
  }
  return "accepted";
}

template <class E>
E caught(const auto& fn) {
  try {
    fn();
  } catch (const E& e) {
    return e;
  }
  FAIL("nothing was thrown");
  throw 0;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a refused parameter is named with its constraint, index and value", "[prob][errors]") {
  const Tensor scale = tensor({{1.0, 2.0}, {0.5, 1.0}, {3.0, -0.3}});
  CHECK(refusal<DomainError>([&] {
          Normal(zeros({3, 2}), scale);
        }) == "tapestry: Normal: scale must be positive, but scale[2,1] = -0.3");
  CHECK(refusal<DomainError>([&] { Gamma(tensor(std::nan("")), tensor(1.0)); }) ==
        "tapestry: Gamma: concentration must be positive, but concentration = nan");
  CHECK(refusal<DomainError>([&] {
          Uniform(tensor({0.0, 2.0}), tensor({1.0, 1.0}));
        }) == "tapestry: Uniform: high - low must be positive, but high - low[1] = -1");
  CHECK(refusal<DomainError>([&] {
          MultivariateNormal(zeros({2}), tensor({{1.0, 0.5}, {0.0, 1.0}}));
        }) ==
        "tapestry: MultivariateNormal: scale_tril must be lower triangular with a positive "
        "diagonal and finite, but scale_tril[0,1] = 0.5");
}

TEST_CASE("a refused parameter is told with its line, its module and the node that made it",
          "[prob][errors]") {
  Parameter w("w", tensor({-1.0, -200.0}));
  const auto line = static_cast<std::uint32_t>(__LINE__);
  const auto build = [&] {
    Tape tape;
    const Scope scope("encoder");
    const Tensor scale = exp(w);
    Normal(0.0, scale);
  };
  const auto error = caught<DomainError>(build);
  CHECK(error.at.line == line + 5);
  CHECK(error.scope == "encoder");
  CHECK(error.from.line == line + 3);
  REQUIRE(error.operands.size() == 1);
  CHECK(error.operands[0] ==
        fmt::format("scale = f32 [2]  from 1 exp at {}:{}", __FILE__, line + 4));
  CHECK(has(error.hint, "learning rate"));

  const auto value = caught<DomainError>([] { Bernoulli(0.0).log_prob(std::nan("")); });
  CHECK(value.at.line == static_cast<std::uint32_t>(__LINE__) - 1);
  CHECK(has(value.hint, "where before log_prob"));
}

TEST_CASE("a distribution takes parameters, which go on learning, and numbers", "[prob]") {
  Parameter loc("loc", tensor({0.5}));
  Tape tape;
  tape.backward(-sum(Normal(loc, 2.0).log_prob(tensor({3.0}))));
  CHECK(loc.grad().item() == Approx((0.5 - 3.0) / 4));
  Parameter fine("fine", full({1}, 0.5, DType::f64));
  CHECK(Normal(fine, 2.0).log_prob(full({1}, 3.0, DType::f64)).dtype() == DType::f64);
}

TEST_CASE("subnormal scales are positive, in both dtypes", "[prob][errors]") {
  CHECK_NOTHROW(Normal(tensor(0.0), full({}, 1e-40, DType::f32)));
  CHECK_NOTHROW(Normal(zeros({}, DType::f64), full({}, 1e-310, DType::f64)));
  CHECK_THROWS_AS(Normal(tensor(0.0), full({}, -0.0)), DomainError);
}

TEST_CASE("options that are plain numbers are checked", "[prob][errors]") {
  const Tensor logits = zeros({3});
  for (const double bad : {0.0, -1.0, std::nan(""), kInfinity}) {
    CAPTURE(bad);
    CHECK(has(refusal<DomainError>([&] { RelaxedBernoulli(bad, logits); }),
              "RelaxedBernoulli: temperature must be positive, but temperature = "));
    CHECK(has(refusal<DomainError>([&] { RelaxedOneHotCategorical(bad, logits); }),
              "RelaxedOneHotCategorical: temperature must be positive"));
  }
  CHECK(refusal<DomainError>([&] { Multinomial(-1, logits); }) ==
        "tapestry: Multinomial: count must be a whole number >= 0, but count = -1");
}

TEST_CASE("probabilities instead of logits are checked and turned into them", "[prob][errors]") {
  const DTypeScope f64(DType::f64);
  CHECK(Bernoulli::from_probs(tensor(0.3)).mean().item() == Approx(0.3).epsilon(1e-14));
  CHECK(ContinuousBernoulli::from_probs(tensor(0.3)).probs().item() == Approx(0.3).epsilon(1e-14));
  const Tensor p = tensor({0.2, 0.3, 0.5});
  CHECK(Categorical::from_probs(p).probs().at({2}) == Approx(0.5).epsilon(1e-14));
  CHECK(OneHotCategorical::from_probs(p).mean().at({0}) == Approx(0.2).epsilon(1e-14));
  for (const double bad : {0.0, 1.0, -0.1, 1.1, std::nan("")}) {
    CAPTURE(bad);
    CHECK(has(refusal<DomainError>([&] { Bernoulli::from_probs(tensor(bad)); }),
              "Bernoulli: probs must be strictly between 0 and 1, but probs = "));
    CHECK_THROWS_AS(ContinuousBernoulli::from_probs(tensor(bad)), DomainError);
  }
  CHECK(refusal<DomainError>([&] {
          Categorical::from_probs(tensor({{0.5, 0.5}, {0.5, 0.4}}));
        }) ==
        "tapestry: Categorical: probs must sum to 1 over its last axis, but probs[1] sums to 0.9");
  CHECK(has(refusal<DomainError>([&] {
              OneHotCategorical::from_probs(tensor({1.5, -0.5}));
            }),
            "probs must be positive, but probs[1] = -0.5"));
}

TEST_CASE("a value outside the support is named", "[prob][errors]") {
  const Tensor one = tensor(1.0);
  const auto value = [](const auto& d, const Tensor& x) {
    return refusal<DomainError>([&] { d.log_prob(x); });
  };
  CHECK(value(Bernoulli(zeros({2})), tensor({0.5, 1.5})) ==
        "tapestry: Bernoulli: value must be in [0, 1], but value[1] = 1.5");
  CHECK(has(value(Bernoulli(zeros({})), tensor(std::nan(""))), "value = nan"));
  CHECK(has(value(ContinuousBernoulli(zeros({})), tensor(-0.1)), "value = -0.1"));
  CHECK(has(value(RelaxedBernoulli(1, zeros({})), one), "strictly between 0 and 1"));
  CHECK(has(value(Exponential(one), tensor(-1.0)), "Exponential: value must be non-negative"));
  CHECK(has(value(Gamma(one, one), tensor(0.0)), "Gamma: value must be positive"));
  CHECK(has(value(LogNormal(one, one), tensor(0.0)), "LogNormal: value must be positive"));
  CHECK(has(value(Beta(one, one), one), "Beta: value must be strictly between 0 and 1"));
  CHECK(has(value(Poisson(one), tensor(1.5)), "Poisson: value must be a whole number >= 0"));
  CHECK(has(value(Poisson(one), tensor(-1.0)), "Poisson: value must be a whole number >= 0"));
  CHECK(has(value(ZeroInflatedNegativeBinomial(one, one, one), tensor(0.5)),
            "ZeroInflatedNegativeBinomial: value must be a whole number >= 0"));
  CHECK(has(value(Dirichlet(ones({2})), tensor({0.5, 0.6})), "value must sum to 1"));
  CHECK(has(value(RelaxedOneHotCategorical(1, ones({2})), tensor({0.5, 0.6})), "must sum to 1"));
  CHECK(has(value(OneHotCategorical(ones({2})), tensor({0.5, 0.5})), "value must be 0 or 1"));
  CHECK(has(value(OneHotCategorical(ones({2})), tensor({1.0, 1.0})), "value must sum to 1"));
  CHECK(has(value(Multinomial(3, ones({2})), tensor({1.0, 1.0})), "value must sum to 3"));
  CHECK(has(value(Uniform(tensor(0.0), one), tensor(std::nan(""))), "value must be finite"));
  const std::array<std::int32_t, 2> classes{0, 3};
  CHECK(value(Categorical(zeros({2, 3})), index_tensor(classes, {2})) ==
        "tapestry: Categorical: value must be in [0, 3), but value[1] = 3");
  CHECK(has(refusal<DTypeError>([&] { Categorical(zeros({3})).log_prob(one); }),
            "value holds class numbers and must be i32, but is f32"));
  CHECK(has(refusal<DomainError>([&] { Normal(one, one).icdf(tensor(0.0)); }),
            "p must be strictly between 0 and 1"));
}

TEST_CASE("parameters that do not go together are refused with their shapes", "[prob][errors]") {
  CHECK(refusal<ShapeError>([] {
          Normal(zeros({4, 3}), ones({4, 2}), 1);
        }) ==
        "tapestry: Normal: parameters do not broadcast: loc [4,3], scale [4,2] (event_dims = 1)");
  CHECK(refusal<ShapeError>([] { Normal(zeros({4}), ones({4}), 2); }) ==
        "tapestry: Normal: event_dims = 2 must be in [0, 1] for shape [4]");
  CHECK_THROWS_AS(Normal(zeros({4}), ones({4}), -1), ShapeError);
  CHECK_THROWS_AS(Dirichlet(ones({4}), 0), ShapeError);
  CHECK_THROWS_AS(Dirichlet(tensor(1.0)), ShapeError);
  CHECK_THROWS_AS(Categorical(tensor(1.0)), ShapeError);
  CHECK_THROWS_AS(StandardNormal({3}, 2), ShapeError);
  CHECK_THROWS_AS(Normal(Tensor(), ones({4})), ShapeError);
  CHECK(refusal<DTypeError>([] { Normal(zeros({4}, DType::f64), ones({4})); }) ==
        "tapestry: Normal: loc is f64, but scale is f32");
  CHECK(has(refusal<ShapeError>([] { MultivariateNormal(zeros({3}), eye(2)); }),
            "loc is [3] and scale_tril is [2,2] (event_dims = 1)"));
  CHECK(has(refusal<ShapeError>([] { Mixture(zeros({3}), Normal(zeros({2}), ones({2}))); }),
            "Mixture: logits [3] must have one number for each of the components, which have shape "
            "[2] with event_dims = 0"));
}

TEST_CASE("shapes that differ by an axis of size 1 and would grow are refused", "[prob][errors]") {
  const Tensor column = zeros({4, 1}), row = zeros({4});
  const std::string refused =
      caught<ShapeError>([&] { Normal(column, tensor(1.0)).log_prob(row); }).what();
  CHECK(has(refused,
            "Normal: a value of shape [4] against parameters of shape [4,1] would give densities "
            "of shape [4,4]"));
  CHECK(has(refused,
            "hint: an axis of size 1 too many or too few? if each is to meet each, reshape [4] "
            "to [1,4]"));
  CHECK(has(refusal<ShapeError>([&] { Normal(column, ones({4})); }),
            "parameters would grow to [4,4]: loc [4,1], scale [4]"));
  CHECK(has(refusal<ShapeError>([&] { Normal(row, ones({4, 1})); }), "would grow to [4,4]"));
  CHECK(has(refusal<ShapeError>([&] { kl(Normal(column, tensor(1.0)), Normal(row, tensor(1.0))); }),
            "q of shape [4,1] against p of shape [4] would grow to [4,4]"));
  // Shapes that differ otherwise are meant to meet.
  CHECK(Normal(zeros({2, 1}), tensor(1.0)).log_prob(row).shape() == Shape{2, 4});
  CHECK(Bernoulli(zeros({5, 1, 3}), 1).log_prob(zeros({4, 3})).shape() == Shape{5, 4});
  // Said in full, each meets each; a value of more axes is a sample for each of the parameters.
  CHECK(Normal(column, tensor(1.0)).log_prob(reshape(row, {1, 4})).shape() == Shape{4, 4});
  CHECK(Normal(row, tensor(1.0)).log_prob(zeros({7, 1})).shape() == Shape{7, 4});
  const std::string column_refused =
      caught<ShapeError>([&] { Normal(row, tensor(1.0)).log_prob(column); }).what();
  CHECK(has(column_refused,
            "Normal: a value of shape [4,1] against parameters of shape [4] would give densities "
            "of shape [4,4]"));
  CHECK(has(column_refused, "if each is to meet each, reshape [4] to [1,4]"));
  CHECK_THROWS_AS(Bernoulli(row).log_prob(column), ShapeError);
  // Samples of a batch, and a mixture of as many components as there are numbers.
  CHECK(Normal(zeros({4, 2}), 1.0, 1).log_prob(zeros({4, 1, 2})).shape() == Shape{4, 4});
  CHECK(Normal(row, 1.0).log_prob(zeros({5, 1, 1})).shape() == Shape{5, 1, 4});
  CHECK(Normal(zeros({1, 4}), 1.0).log_prob(column).shape() == Shape{4, 4});
  const Mixture four(row, Normal(row, 1.0));
  CHECK(four.log_prob(row).shape() == Shape{4});
  CHECK(four.log_prob(row).at({2}) == four.log_prob(zeros({5})).at({2}));
  CHECK(Normal(zeros({5, 4, 1}), ones({1})).log_prob(tensor(0.0)).shape() == Shape{5, 4, 1});
}

TEST_CASE("a value must have the event's axes", "[prob][errors]") {
  const Normal d(zeros({4, 3}), ones({4, 3}), 1);
  CHECK(refusal<ShapeError>([&] {
          d.log_prob(zeros({4, 1}));
        }) ==
        "tapestry: Normal: a value of shape [4,1] does not fit parameters of shape [4,3] with "
        "event_dims = 1");
  CHECK_THROWS_AS(d.log_prob(zeros({5, 3})), ShapeError);
  CHECK_THROWS_AS(d.log_prob(tensor(0.0)), ShapeError);
  CHECK(d.log_prob(zeros({3})).shape() == Shape{4});
  CHECK(d.log_prob(zeros({7, 1, 3})).shape() == Shape{7, 4});
}

TEST_CASE("moments that do not exist are errors, not NaN", "[prob][errors]") {
  const StudentT d(tensor({3.0, 1.0}), tensor(0.0), tensor(1.0));
  CHECK(refusal<DomainError>([&] { d.mean(); }) ==
        "tapestry: StudentT: df must be above 1 for a mean to exist, but df[1] = 1");
  CHECK(has(refusal<DomainError>([&] { d.variance(); }), "above 2 for a variance to exist"));
}

TEST_CASE("extreme logits give finite densities and gradients", "[prob]") {
  for (const double l : {-1e4, -100.0, 100.0, 1e4}) {
    CAPTURE(l);
    Tape tape;
    const Tensor logits = tape.watch(full({2}, l));
    const Tensor x = tensor({0.0, 1.0});
    const Tensor total = sum(Bernoulli(logits).log_prob(x)) + sum(Bernoulli(logits).entropy()) +
                         sum(ContinuousBernoulli(logits).log_prob(x)) +
                         sum(ContinuousBernoulli(logits).entropy()) +
                         sum(kl(Bernoulli(logits), Bernoulli(tensor({0.0, 1.0}))));
    CHECK(std::isfinite(total.item()));
    tape.backward(total);
    for (const double g : tape.grad(logits).to_vector()) CHECK(std::isfinite(g));
  }
}

TEST_CASE("StandardNormal: is Normal(0, 1) in every respect", "[prob]") {
  const StandardNormal p({2, 3}, 1);
  const Normal twin = p.normal();
  Rng a(4), b(4);
  const Tensor x = p.sample(a, {5});
  CHECK(x.shape() == Shape{5, 2, 3});
  CHECK(x.to_vector() == twin.sample(b, {5}).to_vector());
  CHECK(p.log_prob(x).shape() == Shape{5, 2});
  CHECK(p.log_prob(x).to_vector() == twin.log_prob(x).to_vector());
  CHECK(p.entropy().to_vector() == twin.entropy().to_vector());
}

TEST_CASE("Mixture: of vectors with a batch draws and scores whole vectors", "[prob]") {
  // Two mixtures of three far-apart diagonal normals: a sample lies near one centre in all axes.
  const Tensor loc = tensor({{-50.0, -50.0}, {0.0, 0.0}, {50.0, 50.0}});
  const Mixture d(zeros({3}), Normal(broadcast_to(loc, {2, 3, 2}), ones({2, 3, 2}), 1));
  CHECK(d.shape() == Shape{2, 2});
  Rng rng(1);
  const Tensor x = d.sample(rng, {500});
  CHECK(x.shape() == Shape{500, 2, 2});
  CHECK(d.log_prob(x).shape() == Shape{500, 2});
  const auto v = x.to_vector();
  std::array<int, 3> counts{};
  for (std::size_t i = 0; i < v.size(); i += 2) {
    CHECK(std::abs(v[i] - v[i + 1]) < 15);
    ++counts[static_cast<std::size_t>(std::lround(v[i] / 50) + 1)];
  }
  for (const int n : counts) CHECK(std::abs(n - 1000 / 3.0) < 5 * std::sqrt(1000 * 2 / 9.0));
}

TEST_CASE("Poisson: large rates are sampled with their mean and variance", "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const Poisson d(tensor({1e-3, 0.7, 30.0, 5000.0}));
  const Tensor x = d.sample(rng, {20000});  // 8 comparisons at 5 standard errors
  for (const auto& [values, exact] :
       {std::pair{x, d.mean()}, {square(x - d.mean()), d.variance()}}) {
    const Estimate e = estimate(values);
    for (std::int64_t i = 0; i < 4; ++i)
      CHECK(std::abs(e.mean.at({i}) - exact.at({i})) <= 5 * e.standard_error.at({i}));
  }
}

TEST_CASE("a training step of latents allocates nothing new", "[prob]") {
  const Tensor loc = zeros({128, 20}), scale = ones({128, 20}), x = zeros({128, 50});
  Rng rng(1);
  const auto step = [&] {
    Tape tape;
    const Normal q(tape.watch(loc), tape.watch(scale), 1);
    const StandardNormal prior({20}, 1);
    const Tensor z = q.rsample(rng);
    const Tensor logits = concat({z, z, slice(z, 1, 0, 10)}, 1);
    const Tensor bound = Bernoulli(logits, 1).log_prob(x) - kl(q, prior) + q.log_prob(z) -
                         prior.log_prob(z) + ContinuousBernoulli(logits, 1).log_prob(x);
    tape.backward(sum(bound));
  };
  step();
  step();
  const auto before = pool_stats().fresh;
  for (int i = 0; i < 5; ++i) step();
  if (pool_stats().reused > 0) CHECK(pool_stats().fresh == before);  // the pool is off under ASan
}

TEST_CASE("a probability where Bernoulli's logits belong is said, once", "[prob][errors]") {
  const auto told = [](const auto& fn) {
    const test::StderrText text;
    fn();
    return text.text();
  };
  Parameter w("w", tensor({{0.3, -0.2}})), b("b", tensor({0.1}));
  CHECK(told([&] {
          Tape tape;
          Bernoulli(1.0 * w);
          Bernoulli::from_probs(sigmoid(w));
        }).empty());
  const auto line = static_cast<std::uint32_t>(__LINE__);
  const auto with_sigmoid = [&](bool fused) {
    Tape tape;
    const Tensor p = fused ? linear(ones({1, 2}), w, b, Activation::sigmoid) : sigmoid(w);
    Bernoulli{p};
  };
  const std::string text = told([&] { with_sigmoid(true); });
  CHECK(has(text, "tapestry: Bernoulli: a sigmoid made the logits"));
  CHECK(has(text, fmt::format("errors.test.cpp:{}", line + 4).c_str()));
  CHECK(has(text, "logits = f32 [1,1]  from 3 linear at "));
  CHECK(has(text, "hint: leave the sigmoid out, or take Bernoulli::from_probs"));
  CHECK(told([&] { with_sigmoid(false); }).empty());
}
