#include "vae/bounds/info.hpp"

#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/mmd.hpp"

using namespace tapestry;
using vae::ElboTerms, vae::InfoWeights, vae::Objective;

namespace {

ElboTerms terms() { return {.log_lik = tensor({-3.0, -5.0}), .kl = tensor({1.0, 2.0})}; }

}  // namespace

TEST_CASE("info: the weights of equation 6", "[vae][bounds]") {
  const DTypeScope f64(DType::f64);
  const auto value = [](const InfoWeights& w) {
    return vae::info_objective(terms(), tensor(0.5), w).value.to_vector();
  };
  CHECK(value({}) == std::vector<double>{-4, -7});
  CHECK(value({.alpha = 1, .lambda = 10}) == std::vector<double>{-8, -10});      // no KL, 10 D
  CHECK(value({.alpha = 0.5, .lambda = 1.5}) == std::vector<double>{-4, -6.5});  // KL/2 and D
  CHECK(value({.alpha = -1, .lambda = 2}) == std::vector<double>{-5, -9});       // 2 KL
  const Objective o = vae::info_objective(terms(), tensor(0.5), {.alpha = 1, .lambda = 10});
  CHECK(o.bound.to_vector() == std::vector<double>{-4, -7});
  CHECK(o.parts[2].name == "divergence");
  CHECK(o.parts[2].value.to_vector() == std::vector<double>{0.5, 0.5});
}

TEST_CASE("info: the gradient of the codes, of both terms", "[vae][bounds]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor draws = rng.normal({6, 2}), weights = rng.normal({2});
  Parameter z("z", rng.normal({6, 2}));
  std::vector<Parameter*> parameters{&z};
  const auto loss = [&] {
    const ElboTerms of_z{.log_lik = -square(sum(z * weights, -1)), .kl = sum(square(z), -1)};
    return vae::info_objective(of_z, vae::mmd_squared(1.0 * z, draws, {0.5, 1}),
                               {.alpha = 0.4, .lambda = 7})
        .loss();
  };
  const GradReport report = gradcheck(loss, parameters);
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("info: with the ELBO's weights the divergence has no gradient", "[vae][bounds]") {
  const DTypeScope f64(DType::f64);
  Parameter d("d", tensor(3.0));
  Tape tape;
  tape.backward(vae::info_objective(terms(), 1.0 * d, {}).loss() + 0.0 * d);
  CHECK(d.grad().item() == 0);
}

TEST_CASE("info: weights below 0 and divergences of each image are refused", "[vae][bounds]") {
  CHECK_THROWS_AS(vae::info_objective(terms(), tensor(0.5), {.alpha = 1.5}), ConfigError);
  CHECK_THROWS_AS(vae::info_objective(terms(), tensor(0.5), {.alpha = 0.5, .lambda = 0.2}),
                  ConfigError);
  CHECK_THROWS_AS(vae::info_objective(terms(), tensor({0.5, 0.5}), {}), ShapeError);
}
