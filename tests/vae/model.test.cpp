#include "vae/model.hpp"
#include "autograd/gradcheck.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"

using namespace tapestry;
using vae::DecoderKind;
using vae::Estimator;

namespace {

vae::VaeConfig small(vae::VaeConfig::Kind kind, DecoderKind decoder, double scale = 0) {
  return {.kind = kind,
          .rows = 8,
          .cols = 4,
          .hidden = {6},
          .latent = 3,
          .activation = Activation::tanh,
          .decoder = decoder,
          .decoder_scale = scale};
}

struct Variant {
  const char* name;
  vae::VaeConfig config;
};
std::vector<Variant> variants() {
  using Kind = vae::VaeConfig::Kind;
  return {{"mlp bernoulli", small(Kind::mlp, DecoderKind::bernoulli)},
          {"mlp continuous bernoulli", small(Kind::mlp, DecoderKind::continuous_bernoulli)},
          {"mlp gaussian, learned scale", small(Kind::mlp, DecoderKind::gaussian)},
          {"mlp gaussian, fixed scale", small(Kind::mlp, DecoderKind::gaussian, 0.5)},
          {"conv bernoulli", small(Kind::conv, DecoderKind::bernoulli)},
          {"conv gaussian", small(Kind::conv, DecoderKind::gaussian)}};
}

}  // namespace

TEST_CASE("vae: every variant keeps the contract of shapes and terms", "[vae]") {
  for (const Variant& v : variants()) {
    INFO(v.name);
    Rng rng(1);
    const auto model = vae::make_vae(v.config);
    nn::init::torch_default(*model, rng.stream("init"));
    const Tensor x = rng.uniform({5, 32});
    CHECK(model->pixels() == 32);
    CHECK(model->encode(x).shape() == Shape{5, 3});
    for (const Estimator estimator : {Estimator::analytic, Estimator::generic}) {
      for (const int samples : {1, 2}) {
        const vae::ElboTerms t =
            model->elbo(x, rng, {.estimator = estimator, .samples = samples, .beta = 0.5});
        CHECK(t.log_lik.shape() == Shape{5});
        CHECK(t.kl.shape() == Shape{5});
        CHECK(t.loss().item() == Approx(-(mean(t.log_lik).item() - 0.5 * mean(t.kl).item())));
      }
    }
    CHECK(model->reconstruct(x, rng).shape() == Shape{5, 32});
    const Tensor samples = model->generate(4, rng);
    CHECK(samples.shape() == Shape{4, 32});
    for (const double p : samples.to_vector()) CHECK((p >= 0 && p <= 1));
    const vae::LogEvidence evidence = model->log_px(x, rng, 7);
    CHECK(evidence.log_px.shape() == Shape{5});
    CHECK(evidence.ess.shape() == Shape{5});
  }
}

TEST_CASE("vae: several samples of z decode as each would alone", "[vae]") {
  for (const Variant& v : variants()) {
    INFO(v.name);
    Rng rng(2);
    const auto model = vae::make_vae(v.config);
    nn::init::torch_default(*model, rng.stream("init"));
    const Tensor z = rng.normal({2, 5, 3}), x = rng.uniform({5, 32});
    const Tensor both = model->decode(z).log_prob(x);
    CHECK(both.shape() == Shape{2, 5});
    for (int l = 0; l < 2; ++l) {
      const Tensor one = model->decode(reshape(slice(z, 0, l, l + 1), {5, 3})).log_prob(x);
      for (int b = 0; b < 5; ++b) CHECK(both.at({l, b}) == Approx(one.at({b})).epsilon(1e-5));
    }
  }
}

TEST_CASE("vae: gradients of the loss pass the check in f64, for every variant and both estimators",
          "[vae]") {
  for (const Variant& v : variants()) {
    for (const Estimator estimator : {Estimator::analytic, Estimator::generic}) {
      INFO(v.name);
      const auto model = vae::make_vae(v.config);
      nn::init::torch_default(*model, Rng(3));
      Rng data(4);
      const std::vector<double> pixels = data.uniform({2, 32}).to_vector();
      const auto loss = [&] {
        Rng noise(5);
        return model->elbo(tensor(pixels, {2, 32}), noise, {.estimator = estimator, .samples = 2})
            .loss();
      };
      const auto report = gradcheck(loss, model->parameters());
      INFO(report.text);
      CHECK(report.ok);
    }
  }
}

TEST_CASE("vae: every variant learns one batch by heart", "[vae]") {
  for (const Variant& v : variants()) {
    INFO(v.name);
    Rng rng(6);
    const auto model = vae::make_vae(v.config);
    nn::init::torch_default(*model, rng.stream("init"));
    nn::Adam adam(model->parameters(), {.lr = 1e-2});
    const Tensor x = greater(rng.uniform({4, 32}), 0.5).to(DType::f32);
    double first = 0, last = 0;
    for (int step = 0; step < 200; ++step) {
      adam.zero_grad();
      Tape tape;
      const Tensor loss = model->elbo(x, rng).loss();
      tape.backward(loss);
      adam.step();
      last = loss.item();
      if (step == 0) first = last;
    }
    CHECK(last < first - 5);
  }
}

TEST_CASE("vae: the second identical training step takes no fresh memory", "[vae]") {
  if (!pool_enabled()) {
    WARN("skipped: the pool is off in this build");
    return;
  }
  for (const Variant& v : variants()) {
    INFO(v.name);
    Rng rng(7);
    const auto model = vae::make_vae(v.config);
    nn::init::torch_default(*model, rng.stream("init"));
    nn::Adam adam(model->parameters());
    const Tensor x = rng.uniform({16, 32});
    std::uint64_t fresh = 0;
    for (int step = 0; step < 4; ++step) {
      adam.zero_grad();
      Tape tape;
      tape.backward(model->elbo(x, rng).loss());
      adam.step();
      if (step >= 1) CHECK(pool_stats().fresh == fresh);
      fresh = pool_stats().fresh;
    }
  }
}

TEST_CASE("vae: a configuration that cannot be is refused with the number at fault", "[vae]") {
  const auto message = [](vae::VaeConfig c) {
    try {
      vae::make_vae(c);
    } catch (const ConfigError& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  vae::VaeConfig c;
  c.latent = 0;
  check_contains(message(c), "latent must be at least 1, not 0");
  c = {};
  c.hidden = {400, 0};
  check_contains(message(c), "at least 1 unit, not 0");
  c = {};
  c.kind = vae::VaeConfig::Kind::conv;
  c.rows = 30;
  check_contains(message(c), "halves images twice; 30x28 cannot be");
  c.rows = 28;
  c.hidden = {10, 20};
  check_contains(message(c), "one dense hidden layer, not 2");
}
