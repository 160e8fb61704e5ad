// Densities, moments, entropies, KL and their gradients against PyTorch (tests/data/*.json).

#include <functional>
#include <map>

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

constexpr double kTolerance = 1e-9;
// PyTorch's trigamma is a truncated series, wrong by up to 2e-9, and enters this gradient. The
// exact derivatives are checked against mpmath in special.test.cpp.
double gradient_tolerance(const std::string& name) {
  return name == "Beta||Beta" ? 2e-9 : kTolerance;
}

using Params = std::map<std::string, Tensor>;

/// What a golden case asks of a distribution; a function is empty where the distribution lacks it.
struct Subject {
  std::function<Tensor(const Tensor&)> log_prob;
  std::function<Tensor()> mean, variance, entropy;
};

template <class D>
Subject subject(D d) {
  Subject s;
  s.log_prob = [d](const Tensor& x) { return d.log_prob(x); };
  if constexpr (requires { d.mean(); }) s.mean = [d] { return d.mean(); };
  if constexpr (requires { d.variance(); }) s.variance = [d] { return d.variance(); };
  if constexpr (requires { d.entropy(); }) s.entropy = [d] { return d.entropy(); };
  return s;
}

const std::map<std::string, std::function<Subject(Params&)>> kDistributions{
    {"Normal(loc,scale)", [](Params& p) { return subject(Normal(p["loc"], p["scale"])); }},
    {"DiagonalNormal(loc,scale)",
     [](Params& p) { return subject(Normal(p["loc"], p["scale"], 1)); }},
    {"MultivariateNormal(loc,scale_tril)",
     [](Params& p) { return subject(MultivariateNormal(p["loc"], p["scale_tril"])); }},
    {"Bernoulli(logits)", [](Params& p) { return subject(Bernoulli(p["logits"])); }},
    {"ContinuousBernoulli(logits)",
     [](Params& p) { return subject(ContinuousBernoulli(p["logits"])); }},
    {"Categorical(logits)", [](Params& p) { return subject(Categorical(p["logits"])); }},
    {"OneHotCategorical(logits)",
     [](Params& p) { return subject(OneHotCategorical(p["logits"])); }},
    {"RelaxedOneHotCategorical(temperature=0.7,logits)",
     [](Params& p) { return subject(RelaxedOneHotCategorical(0.7, p["logits"])); }},
    {"RelaxedBernoulli(temperature=0.7,logits)",
     [](Params& p) { return subject(RelaxedBernoulli(0.7, p["logits"])); }},
    {"Laplace(loc,scale)", [](Params& p) { return subject(Laplace(p["loc"], p["scale"])); }},
    {"Uniform(low,high)", [](Params& p) { return subject(Uniform(p["low"], p["high"])); }},
    {"Exponential(rate)", [](Params& p) { return subject(Exponential(p["rate"])); }},
    {"Gamma(concentration,rate)",
     [](Params& p) { return subject(Gamma(p["concentration"], p["rate"])); }},
    {"Beta(a,b)", [](Params& p) { return subject(Beta(p["a"], p["b"])); }},
    {"Dirichlet(concentration)", [](Params& p) { return subject(Dirichlet(p["concentration"])); }},
    {"StudentT(df,loc,scale)",
     [](Params& p) { return subject(StudentT(p["df"], p["loc"], p["scale"])); }},
    {"Poisson(rate)", [](Params& p) { return subject(Poisson(p["rate"])); }},
    {"LogNormal(loc,scale)", [](Params& p) { return subject(LogNormal(p["loc"], p["scale"])); }},
    {"Gumbel(loc,scale)", [](Params& p) { return subject(Gumbel(p["loc"], p["scale"])); }},
    {"Mixture of Normal(logits,loc,scale)",
     [](Params& p) { return subject(Mixture(p["logits"], Normal(p["loc"], p["scale"]))); }},
    {"Mixture of DiagonalNormal(logits,loc,scale)",
     [](Params& p) { return subject(Mixture(p["logits"], Normal(p["loc"], p["scale"], 1))); }},
};

template <class D>
Tensor kl_of(Params& p, const char* argument) {
  return kl(D(p[std::string("q_") + argument]), D(p[std::string("p_") + argument]));
}
template <class D>
Tensor kl_of(Params& p, const char* first, const char* second) {
  const auto make = [&](const std::string& who) { return D(p[who + first], p[who + second]); };
  return kl(make("q_"), make("p_"));
}

const std::map<std::string, std::function<Tensor(Params&)>> kPairs{
    {"Normal||Normal", [](Params& p) { return kl_of<Normal>(p, "loc", "scale"); }},
    {"DiagonalNormal||StandardNormal",
     [](Params& p) { return kl(Normal(p["q_loc"], p["q_scale"], 1), StandardNormal({4}, 1)); }},
    {"MultivariateNormal||MultivariateNormal",
     [](Params& p) { return kl_of<MultivariateNormal>(p, "loc", "scale_tril"); }},
    {"Bernoulli||Bernoulli", [](Params& p) { return kl_of<Bernoulli>(p, "logits"); }},
    {"Categorical||Categorical", [](Params& p) { return kl_of<Categorical>(p, "logits"); }},
    {"Laplace||Laplace", [](Params& p) { return kl_of<Laplace>(p, "loc", "scale"); }},
    {"Gamma||Gamma", [](Params& p) { return kl_of<Gamma>(p, "concentration", "rate"); }},
    {"Beta||Beta", [](Params& p) { return kl_of<Beta>(p, "a", "b"); }},
    {"Dirichlet||Dirichlet", [](Params& p) { return kl_of<Dirichlet>(p, "concentration"); }},
    {"Exponential||Exponential", [](Params& p) { return kl_of<Exponential>(p, "rate"); }},
    {"Poisson||Poisson", [](Params& p) { return kl_of<Poisson>(p, "rate"); }},
    {"Gumbel||Gumbel", [](Params& p) { return kl_of<Gumbel>(p, "loc", "scale"); }},
};

Params watched(Tape& tape, const nlohmann::json& given) {
  Params params;
  for (const auto& [name, value] : given.items())
    params[name] = tape.watch(test::golden_tensor(value));
  return params;
}

void check_gradients(Tape& tape, const Params& params, const nlohmann::json& expected,
                     double tolerance) {
  REQUIRE(expected.size() == params.size());
  for (const auto& [name, value] : expected.items()) {
    INFO("gradient in " << name);
    CHECK(test::difference(tape.grad(params.at(name)), test::golden_tensor(value), tolerance) ==
          "");
  }
}

}  // namespace

TEST_CASE("distributions: densities, gradients, moments and entropies agree with PyTorch",
          "[prob][golden]") {
  const nlohmann::json golden = test::read_golden("distributions.json");
  REQUIRE(golden.at("cases").size() == 23);
  for (const auto& c : golden.at("cases")) {
    const auto name = c.at("distribution").get<std::string>();
    INFO(name);
    REQUIRE(kDistributions.count(name) == 1);

    Tape tape;
    Params params = watched(tape, c.at("params"));
    const Subject s = kDistributions.at(name)(params);
    Tensor value = test::golden_tensor(c.at("value"));
    if (name == "Categorical(logits)") value = value.to(DType::i32);
    if (c.contains("grad_value")) value = tape.watch(value);
    const Tensor log_prob = s.log_prob(value);
    tape.backward(sum(log_prob));

    const std::map<std::string, std::function<Tensor()>> wanted{
        {"log_prob", [&] { return log_prob; }},
        {"grad_value", [&] { return tape.grad(value); }},
        {"mean", s.mean},
        {"variance", s.variance},
        {"entropy", s.entropy}};
    for (const auto& [key, expected] : c.items()) {
      if (key == "distribution" || key == "params" || key == "value") continue;
      INFO(key);
      if (key == "grad_params") {
        check_gradients(tape, params, expected, gradient_tolerance(name));
        continue;
      }
      REQUIRE(wanted.count(key) == 1);
      REQUIRE(wanted.at(key));
      const NoGrad no_grad;
      CHECK(test::difference(wanted.at(key)(), test::golden_tensor(expected), kTolerance) == "");
    }
  }
}

TEST_CASE("kl: values and gradients agree with PyTorch", "[prob][golden]") {
  const nlohmann::json golden = test::read_golden("kl.json");
  REQUIRE(golden.at("cases").size() == 12);
  for (const auto& c : golden.at("cases")) {
    const auto pair = c.at("pair").get<std::string>();
    INFO(pair);
    REQUIRE(kPairs.count(pair) == 1);
    Tape tape;
    Params params = watched(tape, c.at("params"));
    const Tensor divergence = kPairs.at(pair)(params);
    CHECK(test::difference(divergence, test::golden_tensor(c.at("kl")), kTolerance) == "");
    tape.backward(sum(divergence));
    check_gradients(tape, params, c.at("grad_params"), gradient_tolerance(pair));
  }
}
