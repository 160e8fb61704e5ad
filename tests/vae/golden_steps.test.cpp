#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/optim/adam.hpp"
#include "prob/bernoulli.hpp"
#include "prob/standard_normal.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "vae/bounds/estimators.hpp"

using namespace tapestry;
using namespace tapestry::test;

namespace {

// h = tanh(x enc), mu and lv linear in h, z = mu + exp(lv/2) eps, logits = tanh(z dec) out.
struct SmallVae : nn::Module {
  SmallVae(std::int64_t x, std::int64_t h, std::int64_t z)
      : enc(*this, "enc", x, h, Activation::tanh),
        mu(*this, "mu", h, z),
        lv(*this, "lv", h, z),
        dec(*this, "dec", z, h, Activation::tanh),
        out(*this, "out", h, x) {}

  nn::Child<nn::Linear> enc, mu, lv, dec, out;
};

// The noise of the reference instead of our own.
struct FixedNoise : prob::Normal {
  FixedNoise(Tensor loc_, Tensor scale_, Tensor eps_) : Normal(loc_, scale_, 1), eps(eps_) {}
  Tensor rsample(Rng&, const Shape& = {}) const { return loc + scale * eps; }
  Tensor eps;
};

// enc.w in the file is enc.weight here.
std::string file_name(std::string name) {
  const auto at = name.find('.');
  return name.substr(0, at + 2);
}

}  // namespace

TEST_CASE("vae: three training steps with nn, prob and both estimators reproduce PyTorch to 1e-9",
          "[vae][golden]") {
  const DTypeScope f64(DType::f64);
  const nlohmann::json reference = read_golden("vae_steps.json").at("cases").at(0);
  const auto& sizes = reference.at("sizes");
  SmallVae model(sizes.at("x"), sizes.at("h"), sizes.at("z"));
  for (const nn::NamedParameter& p : model.named_parameters()) {
    p.parameter->set_value(golden_tensor(reference.at("params").at(file_name(p.name))));
  }
  const auto& adam = reference.at("adam");
  nn::Adam optimizer(model.parameters(), {.lr = adam.at("lr"),
                                          .beta1 = adam.at("beta1"),
                                          .beta2 = adam.at("beta2"),
                                          .eps = adam.at("eps")});
  const prob::StandardNormal prior({sizes.at("z").get<std::int64_t>()}, 1);
  Rng unused(1);

  REQUIRE(reference.at("steps").size() == 3);
  for (const auto& step : reference.at("steps")) {
    const auto expect = [&](const Tensor& actual, const char* key) {
      INFO(key);
      CHECK(difference(actual, golden_tensor(step.at(key)), 1e-9) == "");
    };
    const Tensor x = golden_tensor(step.at("x"));
    optimizer.zero_grad();
    Tape tape;
    const Tensor h = model.enc(x);
    const FixedNoise q(model.mu(h), exp(0.5 * model.lv(h)), golden_tensor(step.at("eps")));
    const auto likelihood = [&](const Tensor& z) {
      return prob::Bernoulli(model.out(model.dec(z)), 1);
    };
    const vae::ElboTerms b = vae::sgvb_analytic_kl(x, q, prior, likelihood, unused);
    const vae::ElboTerms a = vae::sgvb_generic(x, q, prior, likelihood, unused);
    expect(b.log_lik, "reconstruction");
    expect(b.kl.total(), "kl");
    expect(b.elbo(), "sgvb_analytic_kl");
    expect(a.elbo(), "sgvb_generic");
    const Tensor loss = b.loss();
    CHECK(loss.item() == Approx(step.at("loss").get<double>()).epsilon(1e-9));
    tape.backward(loss);
    for (const nn::NamedParameter& p : model.named_parameters()) {
      INFO(p.name);
      CHECK(difference(p.parameter->grad(), golden_tensor(step.at("grads").at(file_name(p.name))),
                       1e-9) == "");
    }
    optimizer.step();
    for (const nn::NamedParameter& p : model.named_parameters()) {
      INFO(p.name);
      CHECK(difference(p.parameter->value(),
                       golden_tensor(step.at("params_after_adam").at(file_name(p.name))),
                       1e-9) == "");
    }
  }
}
