#include "vae/models/heads.hpp"

#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "nn/layers/mlp.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"

using namespace tapestry;

TEST_CASE("heads: their linear maps are the parameters of the distribution", "[vae]") {
  const DTypeScope f64(DType::f64);
  vae::NormalHead normal(2, 3);
  vae::BernoulliHead coins(2, 3);
  nn::init::torch_default(normal, Rng(1));
  nn::init::torch_default(coins, Rng(2));
  const Tensor h = Rng(3).normal({4, 2});
  const prob::Normal q = normal(h);
  CHECK(q.event_dims == 1);
  CHECK(q.loc.to_vector() == normal.loc(h).to_vector());
  CHECK(log(q.scale).to_vector()[5] == Approx(normal.log_scale(h).to_vector()[5]));
  CHECK(q.log_prob(zeros({4, 3})).shape() == Shape{4});
  const prob::Bernoulli p = coins(h);
  CHECK(p.event_dims == 1);
  CHECK(p.logits.to_vector() == coins.logits(h).to_vector());
  CHECK(normal.named_parameters().at(2).name == "log_scale.weight");
}

TEST_CASE("heads: a variance by softplus stays finite where an exponential overflows", "[vae]") {
  const DTypeScope f32(DType::f32);
  vae::VarianceHead head(1, 1);
  nn::init::zeros(head.loc->weight);
  nn::init::zeros(head.loc->bias);
  nn::init::constant(head.variance->weight, 1);
  nn::init::zeros(head.variance->bias);
  const prob::Normal q = head(reshape(tensor({0.0, -3.0, 500.0}), {3, 1}));
  CHECK(square(q.scale).to_vector()[0] == Approx(std::log(2.0)));
  CHECK(square(q.scale).to_vector()[1] == Approx(std::log1p(std::exp(-3.0))));
  CHECK(square(q.scale).to_vector()[2] == Approx(500));
  CHECK(head.named_parameters().at(2).name == "variance.weight");
}

TEST_CASE("heads: gradients through an encoder and a decoder of one line each", "[vae]") {
  const DTypeScope f64(DType::f64);
  struct Pair : nn::Module {
    nn::Child<nn::Mlp> trunk{*this, "trunk", {3, 5}, Activation::tanh};
    nn::Child<vae::NormalHead> code{*this, "code", 5, 2};
    nn::Child<vae::BernoulliHead> pixels{*this, "pixels", 2, 3};
  } model;
  nn::init::torch_default(model, Rng(1));
  const Tensor x = Rng(2).uniform({4, 3});
  const auto loss = [&] {
    Rng noise(3);
    const prob::Normal q = model.code(model.trunk(x));
    return -mean(model.pixels(q.rsample(noise)).log_prob(x) + q.entropy());
  };
  test::expect_ok(gradcheck(loss, model.parameters()));
}
