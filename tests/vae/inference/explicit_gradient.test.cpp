#include "vae/inference/explicit_gradient.hpp"

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "prob/bernoulli.hpp"
#include "prob/standard_normal.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("explicit_gradient: it is the tape's, and has gradients of its own", "[vae]") {
  const DTypeScope f64(DType::f64);
  nn::Mlp decoder({3, 7, 5}, Activation::tanh, Activation::none);
  nn::init::torch_default(decoder, Rng(1));
  const Tensor x = less(Rng(2).uniform({4, 5}), 0.5).to(DType::f64);
  Parameter z("z", Rng(3).normal({2, 4, 3}));
  Tape tape;
  const Tensor at = recorded(z);
  tape.backward(
      sum(prob::Bernoulli(decoder(at), 1).log_prob(x) + prob::StandardNormal({3}, 1).log_prob(at)));
  const Tensor written = vae::explicit_gradient(decoder, x, z.value());
  CHECK(written.shape() == Shape{2, 4, 3});
  CHECK(max(abs(written - z.grad())).item() < 1e-12);

  auto all = decoder.parameters();
  all.push_back(&z);
  const Tensor weights = Rng(4).normal({2, 4, 3});
  test::expect_grad([&] { return sum(vae::explicit_gradient(decoder, x, recorded(z)) * weights); },
                    all);
}

TEST_CASE("explicit_gradient: refuses another decoder", "[vae]") {
  nn::Mlp deeper({3, 7, 7, 5}, Activation::tanh, Activation::none);
  nn::Mlp of_relu({3, 7, 5}, Activation::relu, Activation::none);
  nn::init::torch_default(deeper, Rng(1));
  nn::init::torch_default(of_relu, Rng(1));
  for (nn::Mlp* other : {&deeper, &of_relu})
    CHECK(test::throws_with<ConfigError>(
        [&] {
          vae::explicit_gradient(*other, zeros({1, 5}), zeros({1, 3}));
        },
        "expected Mlp"));
}
