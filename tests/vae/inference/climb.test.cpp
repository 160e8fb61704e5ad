#include "vae/inference/climb.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;

TEST_CASE("climb: on PPCA every climb ends at the posterior mean", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const auto model = vae::exact::Ppca::random(6, 2, 1.0, rng);
  const Tensor x = model.sample(rng, 5).x;
  const auto log_joint = [&](const Tensor& z) { return model.log_joint(x, z); };
  const Tensor top = vae::climb(log_joint, 2.0 * rng.normal({5, 2}), {.steps = 2000});
  CHECK(test::difference(top, model.posterior(x).loc, 1e-6) == "");
}

TEST_CASE("climb: of two tops it finds the one on its side", "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const auto two_tops = [](const Tensor& z) { return -square(square(z) - 1.0); };
  const Tensor ends = vae::climb(two_tops, tensor({-0.5, 0.1, 1.5}), {.steps = 1000});
  CHECK(test::difference(ends, tensor({-1, 1, 1}), 1e-5) == "");
}

TEST_CASE("climb: parameters of the model keep their gradients, visits see every step",
          "[vae][inference]") {
  Parameter scale("scale", tensor(2.0));
  int visits = 0;
  std::vector<double> first;
  vae::climb([&](const Tensor& z) { return -square(scale * z - 1.0); }, tensor({0.0}),
             {.steps = 7, .visit = [&](const Tensor& z) {
                if (visits++ == 0) first = z.to_vector();
              }});
  CHECK(!scale.grad().defined());
  CHECK(visits == 7);
  CHECK(first == std::vector<double>{0});
}

TEST_CASE("climb: what cannot be climbed is named", "[vae][errors]") {
  using test::throws_with;
  const Tensor z = zeros({3});
  CHECK(throws_with<ShapeError>([&] { vae::climb([](const Tensor& a) { return sum(a); }, z); },
                                "not [3]"));
  CHECK(throws_with<ConfigError>(
      [&] { vae::climb([](const Tensor& a) { return a; }, z, {.steps = 0}); }, "steps"));
  CHECK(throws_with<DomainError>([&] { vae::climb([](const Tensor& a) { return log(a); }, z); },
                                 "log density"));
}
