#include "vae/models/vae_config.hpp"

#include <type_traits>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"
#include "vae/models/conv.hpp"
#include "vae/models/mlp.hpp"

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

/// test(model) for each of them.
template <class F>
void for_each_variant(F&& test) {
  for (const Variant& v : variants()) {
    INFO(v.name);
    if (v.config.kind == vae::VaeConfig::Kind::conv) {
      vae::ConvVae model(v.config);
      test(model);
    } else {
      vae::MlpVae model(v.config);
      test(model);
    }
  }
}

}  // namespace

TEST_CASE("vae: every variant keeps the contract of shapes and terms", "[vae]") {
  for_each_variant([](auto& model) {
    Rng rng(1);
    nn::init::torch_default(model, rng.stream("init"));
    const Tensor x = rng.uniform({5, 32});
    CHECK(model.config.pixels() == 32);
    CHECK(model.encode(x).shape() == Shape{5, 3});
    for (const Estimator estimator : {Estimator::analytic, Estimator::generic}) {
      for (const int samples : {1, 2}) {
        const vae::ElboTerms t =
            vae::elbo(model, x, rng, {.estimator = estimator, .samples = samples, .beta = 0.5});
        CHECK(t.log_lik.shape() == Shape{5});
        CHECK(t.kl.total().shape() == Shape{5});
        CHECK(t.loss().item() ==
              Approx(-(mean(t.log_lik).item() - 0.5 * mean(t.kl.total()).item())));
      }
    }
    CHECK(vae::reconstruct(model, x, rng).shape() == Shape{5, 32});
    const Tensor samples = vae::generate(model, 4, rng);
    CHECK(samples.shape() == Shape{4, 32});
    for (const double p : samples.to_vector()) CHECK((p >= 0 && p <= 1));
    const vae::LogPx evidence = vae::log_px(model, x, rng, 7);
    CHECK(evidence.log_px.shape() == Shape{5});
    CHECK(evidence.ess.shape() == Shape{5});
  });
}

TEST_CASE("vae: the scale of q is exp(log_variance / 2), in every variant", "[vae]") {
  for_each_variant([](auto& model) {
    nn::init::torch_default(model, Rng(1));
    for (const nn::NamedParameter& p : model.named_parameters()) {
      if (p.name == "encoder.log_variance.weight")
        p.parameter->set_value(zeros(p.parameter->shape()));
      if (p.name == "encoder.log_variance.bias") p.parameter->set_value(tensor({-3.0, 0.0, 1.2}));
    }
    const Tensor scale = model.encode(Rng(2).uniform({1, 32})).scale;
    const std::array log_scale{-1.5, 0.0, 0.6};
    for (std::size_t i = 0; i < log_scale.size(); ++i) {
      CHECK(scale.at({0, static_cast<std::int64_t>(i)}) ==
            Approx(std::exp(log_scale[i])).epsilon(1e-6));
    }
  });
}

TEST_CASE("vae: several samples of z decode as each would alone", "[vae]") {
  for_each_variant([](auto& model) {
    Rng rng(2);
    nn::init::torch_default(model, rng.stream("init"));
    const Tensor z = rng.normal({2, 5, 3}), x = rng.uniform({5, 32});
    const Tensor both = model.decode(z).log_prob(x);
    CHECK(both.shape() == Shape{2, 5});
    for (int l = 0; l < 2; ++l) {
      const Tensor one = model.decode(reshape(slice(z, 0, l, l + 1), {5, 3})).log_prob(x);
      for (int b = 0; b < 5; ++b) CHECK(both.at({l, b}) == Approx(one.at({b})).epsilon(1e-5));
    }
  });
}

TEST_CASE("vae: gradients of the loss pass the check in f64, for every variant and both estimators",
          "[vae]") {
  for_each_variant([](auto& model) {
    for (const Estimator estimator : {Estimator::analytic, Estimator::generic}) {
      nn::init::torch_default(model, Rng(3));
      Rng data(4);
      const std::vector<double> pixels = data.uniform({2, 32}).to_vector();
      const auto loss = [&] {
        Rng noise(5);
        return vae::elbo(model, tensor(pixels, {2, 32}), noise,
                         {.estimator = estimator, .samples = 2})
            .loss();
      };
      const auto report = gradcheck(loss, model.parameters());
      INFO(report.text);
      CHECK(report.ok);
    }
  });
}

TEST_CASE("vae: every variant learns one batch by heart", "[vae]") {
  for_each_variant([](auto& model) {
    Rng rng(6);
    nn::init::torch_default(model, rng.stream("init"));
    nn::Adam adam(model.parameters(), {.lr = 1e-2});
    const Tensor x = greater(rng.uniform({4, 32}), 0.5).to(DType::f32);
    double first = 0, last = 0;
    for (int step = 0; step < 200; ++step) {
      adam.zero_grad();
      Tape tape;
      const Tensor loss = vae::elbo(model, x, rng).loss();
      tape.backward(loss);
      adam.step();
      last = loss.item();
      if (step == 0) first = last;
    }
    CHECK(last < first - 5);
  });
}

TEST_CASE("vae: the second identical training step takes no fresh memory", "[vae]") {
  if (!pool_enabled()) {
    WARN("skipped: the pool is off in this build");
    return;
  }
  for_each_variant([](auto& model) {
    Rng rng(7);
    nn::init::torch_default(model, rng.stream("init"));
    nn::Adam adam(model.parameters());
    const Tensor x = rng.uniform({16, 32});
    std::uint64_t fresh = 0;
    for (int step = 0; step < 4; ++step) {
      adam.zero_grad();
      Tape tape;
      tape.backward(vae::elbo(model, x, rng).loss());
      adam.step();
      if (step >= 1) CHECK(pool_stats().fresh == fresh);
      fresh = pool_stats().fresh;
    }
  });
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

TEST_CASE("any_vae: the box answers what the model behind it would", "[vae]") {
  for (const Variant& v : variants()) {
    INFO(v.name);
    const vae::AnyVae any = vae::make_vae(v.config);
    nn::init::torch_default(*any.module, Rng(3));
    const Tensor x = Rng(4).uniform({5, 32});
    const auto same = [&](auto& model) {
      Rng a(5), b(5);
      CHECK(any.objective({.images = x}, a, {.samples = 2}).bound.to_vector() ==
            vae::elbo(model, x, b, {.samples = 2}).elbo().to_vector());
      CHECK(any.log_weights({.images = x}, a, 3).to_vector() ==
            vae::log_weights(model, x, b, 3).to_vector());
      CHECK(any.reconstruct({.images = x}, a).to_vector() ==
            vae::reconstruct(model, x, b).to_vector());
      CHECK(any.generate(2, a).to_vector() == vae::generate(model, 2, b).to_vector());
      CHECK(any.picture(any.code({.images = x})).to_vector() ==
            model.decode(model.encode(x).mean()).mean().to_vector());
    };
    if (v.config.kind == vae::VaeConfig::Kind::conv)
      same(dynamic_cast<vae::ConvVae&>(*any.module));
    else
      same(dynamic_cast<vae::MlpVae&>(*any.module));
  }
}

namespace {

// A system with an objective of its own and nothing else.
struct Plain : nn::Module {
  vae::Objective objective(const nn::Batch& batch, Rng&) {
    return {.value = -sum(batch.images, -1)};
  }
};

// A conditional VAE: the condition is bound before a bound is asked for.
struct Shifted : nn::Module {
  nn::Param loc{*this, "loc", Shape{2}, 0.5};
  struct Given {
    Shifted& of;
    Tensor y;
    prob::Normal encode(const Tensor& x) const { return {x + y, full({}, 0.5), 1}; }
    prob::Normal prior() const { return {of.loc, full({}, 1.0), 1}; }
    prob::Normal decode(const Tensor& z) const { return {z - y, full({}, 1.0), 1}; }
  };
  Given given(const Tensor& y) { return {*this, y}; }
};

}  // namespace

TEST_CASE("any_vae: what a system has no answer to is empty", "[vae]") {
  const vae::AnyVae any = vae::any_vae(std::make_shared<Plain>());
  Rng rng(1);
  const vae::Objective o = any.objective({.images = ones({3, 2})}, rng, {});
  CHECK(o.value.to_vector() == std::vector<double>{-2, -2, -2});
  CHECK(!o.bound.defined());
  CHECK(!any.log_weights);
  CHECK(!any.generate);
}

TEST_CASE("a condition is bound by `given`, and every bound takes the result", "[vae]") {
  const DTypeScope f64(DType::f64);
  Shifted model;
  Rng rng(2);
  const Tensor x = rng.normal({4, 2}), y = rng.normal({4, 2});
  const vae::ElboTerms terms = vae::elbo(model.given(y), x, rng, {.samples = 2000});
  const vae::LogPx log_px = vae::log_px(model.given(y), x, rng, 2000);
  CHECK(terms.elbo().shape() == Shape{4});
  // x + y = z + noise: log p(x|y) = log N(x + y; 0.5, 2 I)
  const Tensor exact = prob::Normal(full({2}, 0.5), full({2}, std::sqrt(2.0)), 1).log_prob(x + y);
  for (std::int64_t i = 0; i < 4; ++i) {
    CHECK(log_px.log_px.at({i}) == Approx(exact.at({i})).margin(5 * log_px.se.at({i}) + 1e-3));
    CHECK(terms.elbo().at({i}) < exact.at({i}));
  }
}
