#include "vae/inference/local_posterior.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/optim/sgd.hpp"
#include "prob/standard_normal.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/estimators.hpp"

using namespace tapestry;

TEST_CASE("local posteriors: minibatches bring every datum to its own exact posterior",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  // The line with x_n in place of 1.3: the posterior is N(x_n / 1.5, 1/3).
  const Tensor x = reshape(linspace(-2, 3, 12), {12, 1});
  const prob::StandardNormal prior({1}, 1);
  const auto likelihood = [](const Tensor& z) {
    return prob::Normal(z, tensor(std::sqrt(0.5)), 1);
  };
  vae::LocalPosterior local(12, 1);
  nn::Sgd sgd(local.parameters(), {.lr = 0.02});
  Rng rng(1);
  for (int step = 0; step < 6000; ++step) {
    const std::vector<std::int32_t> order = rng.permutation(12);
    const Tensor rows = index_tensor(std::span(order).first(3), {3});
    sgd.zero_grad();
    Tape tape;
    // At the exact posterior this gradient has no noise, so plain descent arrives.
    const vae::ElboTerms terms =
        vae::sgvb_sticking_the_landing(take_rows(x, rows), local.q(rows), prior, likelihood, rng);
    tape.backward(-terms.data_set_elbo(12));
    sgd.step();
  }
  for (int n = 0; n < 12; ++n) {
    CHECK(local.q().loc.at({n, 0}) == Approx(x.at({n, 0}) / 1.5).margin(1e-6));
    CHECK(local.q().scale.at({n, 0}) == Approx(std::sqrt(1.0 / 3)).epsilon(1e-6));
  }
}

TEST_CASE("local posteriors: rows outside the minibatch get no gradient", "[vae][inference]") {
  vae::LocalPosterior local(4, 2);
  const std::int32_t chosen[] = {3, 1};
  {
    Tape tape;
    const prob::Normal q = local.q(index_tensor(chosen, {2}));
    CHECK(q.shape() == Shape{2, 2});
    tape.backward(sum(q.loc) + sum(q.scale));
  }
  CHECK(local.loc.grad().to_vector() == std::vector<double>{0, 0, 1, 1, 0, 0, 1, 1});
  CHECK(local.log_scale.grad().to_vector() == std::vector<double>{0, 0, 1, 1, 0, 0, 1, 1});
  CHECK(local.q().shape() == Shape{4, 2});
}

TEST_CASE("local posteriors: an empty table is refused", "[vae][errors]") {
  CHECK(test::throws_with<ConfigError>([] { vae::LocalPosterior(0, 2); }, "not 0 and 2"));
}
