#include "nn/init.hpp"
#include "nn/layers/made.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/models/heads.hpp"

using namespace tapestry;

namespace {

/// 6 pixels and 2 latents; q is a normal that goes through an autoregressive step.
struct FlowModel : nn::Module {
  auto encode(const Tensor& x) {
    const auto moved = [this, x](const Tensor& z) {
      const Tensor both = net(z, x);
      return prob::ShiftAndScale{slice(both, -1, 0, 2), slice(both, -1, 2, 4)};
    };
    return prob::Transformed(start(x), std::vector{prob::AutoregressiveFlow{moved}});
  }
  prob::StandardNormal prior() const { return prob::StandardNormal({2}, 1); }
  prob::Bernoulli decode(const Tensor& z) { return pixels(z); }

  nn::Child<vae::NormalHead> start{*this, "start", 6, 2};
  nn::Child<nn::Made> net{*this, "net", nn::MadeSizes{.size = 2, .hidden = 4, .context = 6}};
  nn::Child<vae::BernoulliHead> pixels{*this, "pixels", 2, 6};
};

}  // namespace

TEST_CASE("a flow as the posterior: bound, weights, pictures and gradients", "[vae]") {
  const DTypeScope f64(DType::f64);
  const auto model = std::make_shared<FlowModel>();
  nn::init::torch_default(*model, Rng(1));
  const Tensor x = Rng(2).uniform({5, 6});
  const auto loss = [&] {
    Rng rng(3);
    return vae::elbo(*model, x, rng).loss();
  };
  test::expect_grad(loss, model->parameters());
  Rng rng(4), again(4);
  const Tensor one = vae::elbo(*model, x, rng).elbo();
  CHECK(max(abs(one - reshape(vae::log_weights(*model, x, again, 1), {5}))).item() < 1e-12);
  const vae::AnyVae any = vae::any_vae(model);
  CHECK(any.reconstruct({.images = x}, rng).shape() == Shape{5, 6});
  CHECK(any.generate(3, rng).shape() == Shape{3, 6});
  CHECK(!any.code);  // the mean of its q is not known
}
