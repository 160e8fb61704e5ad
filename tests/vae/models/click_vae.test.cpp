#include "vae/models/click_vae.hpp"
#include "vae/models/latent_model.hpp"

#include <algorithm>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "prob/multinomial.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using vae::ClickVae;

namespace {

constexpr vae::ClickVaeConfig kSmall{.items = 10, .hidden = 6, .latent = 2, .dropout = 0};

}  // namespace

TEST_CASE("click vae: the likelihood is the multinomial's for one order of the clicks", "[vae]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const vae::ClickLikelihood p{rng.normal({3, 5})};
  const Tensor clicks = tensor({{1, 0, 1, 1, 0}, {0, 3, 0, 0, 0}, {2, 0, 0, 1, 0}});
  // 3! orders, one order, 3! / 2! orders.
  const Tensor log_orders = log(tensor({6.0, 1.0, 3.0}));
  CHECK(test::difference(p.log_prob(clicks) + log_orders,
                         prob::Multinomial(3, p.logits).log_prob(clicks), 1e-12) == "");
}

TEST_CASE("click vae: only the direction of the clicks is seen, and no click at all is no NaN",
          "[vae]") {
  ClickVae model(kSmall);
  nn::init::xavier_uniform(model, Rng(2));
  const Tensor clicks = tensor({{1, 0, 1, 0, 0, 2, 0, 0, 0, 0}});
  CHECK(test::difference(model.encode(3.0 * clicks).loc, model.encode(clicks).loc, 1e-6) == "");
  const Tensor nobody = model.encode(zeros({1, 10})).loc;
  CHECK(nobody.to_vector() == std::vector<double>{0, 0});  // the biases start at 0
}

TEST_CASE("click vae: gradients of the loss pass the check in f64", "[vae]") {
  ClickVae model(kSmall);
  nn::init::torch_default(model, Rng(3));
  const auto loss = [&] {
    Rng noise(4);
    const Tensor clicks = tensor({{1, 0, 1, 0, 0, 1, 0, 0, 0, 1}, {0, 1, 0, 0, 0, 0, 1, 0, 0, 0}});
    return vae::elbo(model, clicks, noise, {.beta = 0.3}).loss();
  };
  const auto report = gradcheck(loss, model.parameters());
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("click vae: beta weighs the objective and leaves the bound alone", "[vae]") {
  ClickVae model(kSmall);
  nn::init::torch_default(model, Rng(5));
  const Tensor clicks = tensor({{1, 0, 1, 0, 0, 1, 0, 0, 0, 1}});
  Rng noise(6), same(6);
  const vae::ElboTerms full = vae::elbo(model, clicks, noise),
                       half = vae::elbo(model, clicks, same, {.beta = 0.5});
  CHECK(half.elbo().item() == full.elbo().item());
  CHECK(half.loss().item() == Approx(-(full.log_lik.item() - 0.5 * full.kl.total().item())));
}

TEST_CASE("click vae: dropout hides clicks in training and none in evaluation", "[vae]") {
  ClickVae model({.items = 10, .hidden = 6, .latent = 2, .dropout = 0.5});
  nn::init::xavier_uniform(model, Rng(7));
  const Tensor clicks = ones({1, 10});
  CHECK(model.encode(clicks).loc.to_vector() != model.encode(clicks).loc.to_vector());
  CHECK(test::throws_with<ConfigError>([&] { model.scores(clicks); }, "call eval() first"));
  model.eval();
  CHECK(model.encode(clicks).loc.to_vector() == model.encode(clicks).loc.to_vector());
  CHECK(model.scores(clicks).to_vector() ==
        model.decode(model.encode(clicks).loc).logits.to_vector());
}

TEST_CASE("click vae: from two clicks of a group it ranks the rest of the group first", "[vae]") {
  // Half of the users like items 0 to 4, the others 5 to 9; each clicks on three.
  Rng rng(8);
  std::vector<double> clicks(200 * 10);
  for (std::size_t user = 0; user < 200; ++user) {
    const std::vector<std::int32_t> order = rng.permutation(5);
    for (std::size_t i = 0; i < 3; ++i)
      clicks[user * 10 + user % 2 * 5 + static_cast<std::size_t>(order[i])] = 1;
  }
  const Tensor x = tensor(clicks, {200, 10});
  ClickVae model({.items = 10, .hidden = 16, .latent = 2});
  nn::init::xavier_uniform(model, rng.stream("init"));
  nn::Adam adam(model.parameters(), {.lr = 1e-2});
  for (int step = 0; step < 150; ++step) {
    adam.zero_grad();
    Tape tape;
    tape.backward(vae::elbo(model, x, rng, {.beta = 0.2}).loss());
    adam.step();
  }
  model.eval();
  const Tensor scores =
      model.scores(tensor({{1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 1, 1}}));
  const double worst = std::min({scores.at({0, 2}), scores.at({0, 3}), scores.at({0, 4})});
  for (int other = 5; other < 10; ++other) CHECK(worst > scores.at({0, other}) + 1);
  const double also = std::min({scores.at({1, 5}), scores.at({1, 6}), scores.at({1, 7})});
  for (int other = 0; other < 5; ++other) CHECK(also > scores.at({1, other}) + 1);
}

TEST_CASE("click vae: sizes, dropout and clicks that make no sense are refused", "[vae][errors]") {
  using test::throws_with;
  CHECK(throws_with<ConfigError>([] { ClickVae({.items = 0}); }, "at least 1"));
  CHECK(throws_with<ConfigError>([] { ClickVae({.items = 3, .dropout = 1}); }, "1"));
  ClickVae model(kSmall);
  nn::init::torch_default(model, Rng(9));
  CHECK(throws_with<DomainError>([&] { model.encode(full({1, 10}, 0.5)); }, "whole number"));
}
