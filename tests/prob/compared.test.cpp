#include <map>

#include "prob/cases/cases.hpp"
#include "prob/prob.hpp"
#include "support/answers.hpp"
#include "support/catch.hpp"

// Distributions against mpmath at 60 digits, at ordinary and at extreme parameters: log_prob, cdf, icdf, entropy and the
// closed KL divergences, in f32 and f64. tests/answers/distributions.py makes the cases and says why an answer may be off
// by how much.

using namespace tapestry;
using namespace tapestry::prob;

namespace {

using Tensors = std::vector<Tensor>;

struct Asked {
  std::string what;  ///< "log_prob", "cdf", "icdf" or "entropy"
  Tensor at;         ///< of log_prob and cdf a value, of icdf a probability
};

template <class D>
Tensor answer(const Tensors& arguments, const Asked& asked) {
  const D d = from<D>(arguments);
  if (asked.what == "log_prob") return d.log_prob(asked.at);
  if constexpr (requires { d.entropy(); }) {
    if (asked.what == "entropy") return d.entropy();
  }
  if constexpr (requires { d.cdf(asked.at); }) {
    if (asked.what == "cdf") return d.cdf(asked.at);
  }
  if constexpr (requires { d.icdf(asked.at); }) {
    if (asked.what == "icdf") return d.icdf(asked.at);
  }
  throw DataError(std::string(D::kName) + " has no " + asked.what);
}

template <class D>
std::vector<std::string> members() {
  std::vector<std::string> list{"log_prob"};
  if constexpr (requires(D d) { d.entropy(); }) list.emplace_back("entropy");
  if constexpr (requires(D d, Tensor x) { d.cdf(x); }) list.emplace_back("cdf");
  if constexpr (requires(D d, Tensor x) { d.icdf(x); }) list.emplace_back("icdf");
  return list;
}

struct Subject {
  Tensor (*answer)(const Tensors&, const Asked&);
  std::vector<std::string> (*members)();
};

template <class... D>
std::map<std::string, Subject> subjects() {
  return {{D::kName, {answer<D>, members<D>}}...};
}

// Rbm and SparsePrecisionNormal, whose numbers depend on each other, have exact tests of their own, and so has
// ZeroInflatedNegativeBinomial.
const std::map<std::string, Subject> kSubjects =
    subjects<Normal, MultivariateNormal, Bernoulli, ContinuousBernoulli, Categorical,
             OneHotCategorical, RelaxedBernoulli, RelaxedOneHotCategorical, Laplace, Uniform,
             Exponential, Gamma, Beta, Dirichlet, StudentT, Poisson, LogNormal, Gumbel,
             Mixture<Normal>, Multinomial, DiscretizedNormal, SpikeAndExponential>();

template <class Q, class P>
std::pair<std::string, Tensor (*)(const Tensors&, const Tensors&)> pair() {
  return {fmt::format("{}||{}", Q::kName, P::kName),
          [](const Tensors& q, const Tensors& p) { return kl(from<Q>(q), from<P>(p)); }};
}

template <class Q>
std::pair<std::string, Tensor (*)(const Tensors&, const Tensors&)> to_standard() {
  return {fmt::format("{}||StandardNormal", Q::kName), [](const Tensors& q, const Tensors&) {
            const Q d = from<Q>(q);
            return kl(d, StandardNormal(d.shape(), d.event_dims));
          }};
}

const std::map<std::string, Tensor (*)(const Tensors&, const Tensors&)> kPairs{
    pair<Normal, Normal>(),
    to_standard<Normal>(),
    pair<MultivariateNormal, MultivariateNormal>(),
    to_standard<MultivariateNormal>(),
    pair<LogNormal, LogNormal>(),
    pair<Laplace, Laplace>(),
    pair<Gumbel, Gumbel>(),
    pair<Bernoulli, Bernoulli>(),
    pair<ContinuousBernoulli, ContinuousBernoulli>(),
    pair<Categorical, Categorical>(),
    pair<OneHotCategorical, OneHotCategorical>(),
    pair<Poisson, Poisson>(),
    pair<Exponential, Exponential>(),
    pair<Gamma, Gamma>(),
    pair<Gamma, Exponential>(),
    pair<Exponential, Gamma>(),
    pair<Beta, Beta>(),
    pair<Dirichlet, Dirichlet>(),
    pair<Uniform, Uniform>(),
    pair<Uniform, Normal>(),
    pair<Laplace, Normal>()};

Tensor asked(const nlohmann::json& c) {
  const DType dtype = c.at("dtype") == "f32" ? DType::f32 : DType::f64;
  const DTypeScope scope(dtype);
  const auto tensors = [&](const char* key) {
    Tensors list;
    for (const auto& t : c.at(key)) list.push_back(test::case_tensor(t, dtype));
    return list;
  };
  if (c.at("ask") == "kl") return kPairs.at(c.at("of"))(tensors("q"), tensors("p"));
  const Tensor at = c.contains("at") ? test::case_tensor(c.at("at"), dtype) : Tensor{};
  return kSubjects.at(c.at("of")).answer(tensors("arguments"), {c.at("ask"), at});
}

}  // namespace

TEST_CASE("every distribution agrees with mpmath at ordinary and extreme parameters",
          "[prob][compared]") {
  std::map<std::string, int> cases, wrong;
  test::for_answers(
      "distributions_answers.gz", "TAPESTRY_DISTRIBUTIONS_ANSWERS", [&](const nlohmann::json& c) {
        const std::string what =
            fmt::format("{} {}", c.at("of").get<std::string>(), c.at("ask").get<std::string>());
        ++cases[what];
        std::string text;
        try {
          text = test::disagreement(asked(c), c.at("y"));
        } catch (const Error& error) {
          text = error.what();
        }
        if (text.empty() || ++wrong[what] > 3) return;  // the first three say enough
        UNSCOPED_INFO(c.dump() << ": " << text);
        CHECK(text.empty());
      });
  for (const auto& [what, count] : wrong) WARN(what << ": " << count << " of " << cases[what]);
  CHECK(wrong.empty());
  for (const auto& [of, subject] : kSubjects) {
    for (const std::string& member : subject.members()) {
      CAPTURE(of, member);
      CHECK(cases[of + " " + member] >= 40);
    }
  }
  for (const auto& [of, divergence] : kPairs) {
    CAPTURE(of);
    CHECK(cases[of + " kl"] >= 40);
  }
}
