// The systems that began as concept programs and that make_vae offers beside mlp and conv.
#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"
#include "vae/models/conditional.hpp"
#include "vae/models/ladder.hpp"
#include "vae/models/pixel.hpp"
#include "vae/models/vae_config.hpp"
#include "vae/models/vq.hpp"
#include "vae/training/trainer.hpp"

using namespace tapestry;
using Kind = vae::VaeConfig::Kind;

namespace {

struct Promoted {
  const char* name;
  vae::VaeConfig config;
};
std::vector<Promoted> promoted() {
  return {{"conditional", {.kind = Kind::conditional, .hidden = {16}, .latent = 4}},
          {"ladder", {.kind = Kind::ladder, .hidden = {24, 16}, .latent = 3}},
          {"vq", {.kind = Kind::vq, .latent = 4, .codes = 8}},
          {"pixel", {.kind = Kind::pixel, .hidden = {16}, .latent = 4}}};
}

nn::ImageDataset few_digits() {
  nn::ImageDataset data = nn::drawn_digits(96, 32);
  data.binarize = nn::Binarize::dynamic;
  return data;
}

// One training in a folder of its own, built the same way each time: 4 steps an epoch.
struct Run {
  Run(const vae::VaeConfig& config, const nn::ImageDataset& data, const std::filesystem::path& out)
      : model(vae::make_vae(config)),
        adam(prepared(*model.module), {.lr = 3e-3}),
        trainer({vae::vae_player(model, adam)}, data,
                {.epochs = 3, .batch = 24, .seed = 9, .out = out}) {}

  static std::vector<Parameter*> prepared(nn::Module& m) {
    nn::init::torch_default(m, Rng(9).stream("init"));
    return m.parameters();
  }

  vae::AnyVae model;
  nn::Adam adam;
  vae::Trainer trainer;
};

}  // namespace

TEST_CASE(
    "promoted models: they learn drawn digits, and a run that is cut ends with the same bytes",
    "[vae][promoted]") {
  const nn::ImageDataset data = few_digits();
  for (const Promoted& p : promoted()) {
    INFO(p.name);
    const ScratchFolder whole, parts;
    Run straight(p.config, data, whole.path());
    straight.trainer.run();
    const auto& history = straight.trainer.history();
    CHECK(history.back().test.neg_elbo() < history.front().test.neg_elbo() - 10);
    CHECK(history.back().test.is_elbo());
    CHECK((history.back().perplexity > 0) == (p.config.kind == Kind::vq));
    {
      Run first(p.config, data, parts.path());
      int steps = 0;
      first.trainer.on_step = [&](const vae::StepReport&) {
        if (++steps == 6) vae::Trainer::interrupt();
      };
      REQUIRE(first.trainer.run() == vae::Trainer::Outcome::interrupted);
    }
    Run second(p.config, data, parts.path());
    REQUIRE(second.trainer.resume());
    second.trainer.run();
    const std::string expected = slurp(whole / "model.safetensors");
    CHECK(!expected.empty());
    CHECK(slurp(parts / "model.safetensors") == expected);
    CHECK(second.trainer.history().back().perplexity == history.back().perplexity);
  }
}

TEST_CASE("promoted models: what the box answers has the shapes of pictures", "[vae][promoted]") {
  const nn::ImageDataset data = few_digits();
  const NoGrad no_grad;
  for (const Promoted& p : promoted()) {
    INFO(p.name);
    const vae::AnyVae any = vae::make_vae(p.config);
    nn::init::torch_default(*any.module, Rng(1).stream("init"));
    any.module->eval();
    Rng rng(2);
    const nn::Batch batch = data.range(nn::Part::test, 0, 5, Rng(3));
    for (const Tensor& pictures : {any.reconstruct(batch, rng), any.generate(5, rng)}) {
      CHECK(pictures.shape() == Shape{5, 784});
      CHECK(max(-pictures).item() <= 0);
      CHECK(max(pictures).item() <= 1);
    }
    const std::vector<vae::Sheet> sheets = any.sheets(batch, rng);
    REQUIRE(sheets.size() == 1);
    CHECK(sheets[0].images.dim(-1) == 784);
    CHECK(sheets[0].images.size() / 784 % sheets[0].columns == 0);
  }
}

TEST_CASE("promoted models: the bound is below log p(x), and a certain q has no log weights",
          "[vae][promoted]") {
  const nn::ImageDataset data = few_digits();
  const NoGrad no_grad;
  for (const Promoted& p : promoted()) {
    INFO(p.name);
    const vae::AnyVae any = vae::make_vae(p.config);
    nn::init::torch_default(*any.module, Rng(1).stream("init"));
    any.module->eval();
    const nn::Batch batch = data.range(nn::Part::test, 0, 32, Rng(3));
    Rng rng(2);
    const double bound = mean(any.objective(batch, rng, {}).bound).item();
    CHECK(std::isfinite(bound));
    CHECK(static_cast<bool>(any.log_weights) == (p.config.kind != Kind::vq));
    if (!any.log_weights) continue;
    const vae::LogPx log_px = vae::log_px(any.log_weights(batch, rng, 20));
    CHECK(mean(log_px.log_px).item() > bound);
  }
}

TEST_CASE("promoted models: a pixel that is NaN is refused, and so is a weight",
          "[vae][promoted]") {
  const nn::ImageDataset data = few_digits();
  for (const Promoted& p : promoted()) {
    INFO(p.name);
    const vae::AnyVae any = vae::make_vae(p.config);
    nn::init::torch_default(*any.module, Rng(1).stream("init"));
    Rng rng(2);
    nn::Batch batch = data.range(nn::Part::test, 0, 5, Rng(3));
    const Tensor good = batch.images;
    batch.images = good + where(equal(arange(784), 300.0), NAN, 0.0);
    CHECK_THROWS_AS(any.objective(batch, rng, {}), DomainError);
    batch.images = good;
    Parameter& weight = *any.module->parameters().front();
    weight.set_value(weight.value() * NAN);
    CHECK_THROWS_AS(any.objective(batch, rng, {}), DomainError);
  }
}

TEST_CASE("promoted models: gradients pass the check in f64", "[vae][promoted]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = greater(Rng(4).uniform({3, 16}), 0.5).to(DType::f64);
  const auto check_all = [&](nn::Module& model, std::vector<Parameter*> parameters,
                             const std::function<vae::Objective(Rng&)>& objective) {
    nn::init::torch_default(model, Rng(3));
    const auto report = gradcheck(
        [&] {
          Rng same(5);
          return objective(same).loss();
        },
        std::move(parameters));
    INFO(report.text);
    CHECK(report.ok);
  };
  SECTION("conditional") {
    vae::ConditionalVae model({.pixels = 16,
                               .classes = 3,
                               .hidden = {5, 4},
                               .latent = 2,
                               .activation = Activation::tanh});
    const Tensor labels = index_tensor(std::vector<std::int32_t>{2, 0, 1}, {3});
    check_all(model, model.parameters(), [&](Rng& rng) -> vae::Objective {
      return vae::elbo(model.given_labels(labels), x, rng);
    });
  }
  SECTION("ladder, and bottom-up") {
    for (const bool down : {true, false}) {
      vae::LadderVae model({.pixels = 16, .widths = {5, 4}, .latents = {3, 2}, .ladder = down});
      check_all(model, model.parameters(),
                [&](Rng& rng) -> vae::Objective { return model.elbo(x, rng); });
    }
  }
  SECTION("vq: the decoder, whose gradient is not passed through a choice") {
    vae::VqVae model({.side = 4, .channels = 2, .codes = 3, .code_width = 2});
    check_all(model, model.decoder.parameters(),
              [&](Rng&) -> vae::Objective { return model.objective(x); });
  }
  SECTION("pixel") {
    vae::PixelVae model(
        {.side = 4, .latents = 2, .hidden = 5, .maps = 2, .channels = 3, .first = 3});
    check_all(model, model.parameters(),
              [&](Rng& rng) -> vae::Objective { return vae::elbo(model, x, rng); });
  }
}

TEST_CASE("conditional: a picture shows the label that it is asked for", "[vae][promoted]") {
  const nn::ImageDataset data = nn::drawn_digits(600, 100);
  vae::ConditionalVae model({.hidden = {64}, .latent = 4});
  nn::Adam adam(Run::prepared(model), {.lr = 5e-3});
  const auto play = [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
    return vae::elbo(model.given_labels(b.labels), b.images, rng);
  };
  vae::Trainer({{"vae", model, adam, play}}, data, {.epochs = 12, .batch = 20}).run();
  // The mean image of a class is nearest to the mean of the pictures of its label.
  const NoGrad no_grad;
  const nn::Batch train = data.range(nn::Part::train, 0, 600, Rng(1));
  const Tensor of = model.one_hot(train.labels);
  const Tensor means = matmul(transpose(of), train.images) / reshape(sum(of, 0), {10, 1});
  Rng rng(4);
  const Tensor drawn = mean(reshape(model.generate(1000, rng), {100, 10, 784}), 0);
  const Tensor far = sum(square(reshape(drawn, {10, 1, 784}) - means), -1);  // [asked, shown]
  const Tensor shown = argmax(-far);
  for (std::int64_t y = 0; y < 10; ++y) CHECK(shown.at({y}) == static_cast<double>(y));
  const Tensor wrong = index_tensor(std::vector<std::int32_t>{10}, {1});
  CHECK_THROWS(model.given_labels(wrong));
}

TEST_CASE("ladder: layers that are shared are the same in all pictures", "[vae][promoted]") {
  vae::LadderVae model({.pixels = 16, .widths = {6, 5, 4}, .latents = {4, 3, 2}});
  nn::init::torch_default(model, Rng(1));
  model.eval();
  const auto spread = [&](std::size_t shared) {
    Rng rng(2);
    const Tensor p = model.generate(8, rng, shared);
    return max(abs(p - slice(p, 0, 0, 1))).item();
  };
  CHECK(spread(3) == 0);
  CHECK(spread(2) > 0);
  Rng a(2), b(2);
  const Tensor free = model.generate(8, a), held = model.generate(8, b, 2);
  CHECK(slice(free, 0, 0, 1).to_vector() == slice(held, 0, 0, 1).to_vector());
}

TEST_CASE("vq: the bound takes log K off for each position", "[vae][promoted]") {
  const auto model = std::make_shared<vae::VqVae>(vae::VqSizes{.codes = 8, .code_width = 4});
  nn::init::torch_default(*model, Rng(1));
  const vae::AnyVae any = vae::any_vae(model);
  Rng rng(2);
  const nn::Batch batch{.images = Rng(3).uniform({4, 784})};
  const vae::Objective o = any.objective(batch, rng, {});
  for (std::int64_t i = 0; i < 4; ++i)
    CHECK(o.bound.at({i}) == Approx(o.parts[0].value.at({i}) - 49 * std::log(8.0)));
  CHECK(any.codes(batch).shape() == Shape{4, 49});
  CHECK(max(any.codes(batch).to(DType::f64)).item() < 8);
}

TEST_CASE("pixel: one logit from its window is that of the whole image", "[vae][promoted]") {
  const DTypeScope f64(DType::f64);
  const NoGrad no_grad;
  for (const std::int64_t first : {3, 7}) {
    vae::PixelVae model({.side = 12, .latents = 2, .hidden = 5, .first = first});
    nn::init::torch_default(model, Rng(1));
    const vae::PixelByPixel p = model.decode(Rng(2).normal({3, 2}));
    const Tensor x = greater(Rng(3).uniform({3, 144}), 0.5).to(DType::f64);
    const Tensor all = p.logits(x);
    for (std::int64_t i = 0; i < 144; ++i)
      CHECK(max(abs(p.logit(x, i) - slice(all, 1, i, i + 1))).item() < 1e-12);
  }
}

TEST_CASE("make_vae: a model that does not fit the images or the decoder is refused",
          "[vae][promoted]") {
  const auto message = [](vae::VaeConfig c) { return test::message([&] { vae::make_vae(c); }); };
  check_contains(message({.kind = Kind::vq, .cols = 20}), "28x20 cannot be");
  check_contains(message({.kind = Kind::pixel, .cols = 20}), "takes square images, not 28x20");
  check_contains(message({.kind = Kind::pixel, .hidden = {10, 20}}), "one dense hidden layer");
  check_contains(message({.kind = Kind::conditional, .classes = 0}), "needs labels");
  check_contains(message({.kind = Kind::ladder, .decoder = vae::DecoderKind::gaussian}),
                 "Bernoulli likelihood alone");
}

TEST_CASE("ladder: a width without latents is refused, and so are no layers", "[vae][errors]") {
  CHECK(test::throws_with<ConfigError>(
      [] {
        vae::LadderVae({.pixels = 8, .widths = {3, 2}, .latents = {2}});
      },
      "2 widths and 1"));
  CHECK(test::throws_with<ConfigError>(
      [] { vae::LadderVae({.pixels = 8, .widths = {}, .latents = {}}); }, "0 widths and 0"));
}
