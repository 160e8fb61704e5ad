#include "vae/training/explainer.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "autograd/ops.hpp"
#include "nn/nn.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "vae/vae.hpp"

// Runs that are spoiled by flags or files, and good ones, are explained through the program:
// tests/examples/explain_test.py. Here are those that take code, and the measures by themselves.

using namespace tapestry;

namespace {

nn::ImageDataset digits(std::int64_t train = 300, std::int64_t test = 100) {
  nn::ImageDataset data = nn::drawn_digits(train, test);
  data.binarize = nn::Binarize::dynamic;
  return data;
}

std::shared_ptr<vae::MlpVae> small_model() {
  auto model = std::make_shared<vae::MlpVae>(vae::VaeConfig{.hidden = {32}, .latent = 4});
  nn::init::torch_default(*model, Rng(1).stream("init"));
  return model;
}

std::vector<vae::Finding> findings_of(const vae::AnyVae& model, const nn::ImageDataset& data,
                                      int epochs) {
  nn::Adam adam(model.module->parameters(), {.lr = 2e-3});
  const vae::Player player = vae::vae_player(model, adam);
  vae::Trainer trainer({player}, data, {.epochs = epochs, .batch = 20});
  vae::Explainer explainer(model, data, {.latent = 4});
  explainer.follow(trainer);
  trainer.run();
  return explainer.findings(trainer, player, 20);
}

vae::EpochReport report(int epoch, double train, double test, double kl = 5) {
  const auto means = [&](double bound) {
    return vae::Means{.images = 100,
                      .value = -bound,
                      .bound = -bound,
                      .parts = {{"log_lik", kl - bound}, {"kl", kl}}};
  };
  return {.epoch = epoch, .train = means(train), .test = means(test)};
}

}  // namespace

TEST_CASE("explainer: a mean over pixels for a sum is named", "[vae][training]") {
  const auto model = small_model();
  vae::AnyVae any = vae::any_vae(model);
  any.objective = [model](const nn::Batch& batch, Rng& rng, const vae::BoundOptions& options) {
    vae::ElboTerms terms = vae::elbo(*model, batch.images, rng, options);
    terms.log_lik = terms.log_lik * (1.0 / 784);
    return vae::Objective(terms);
  };
  const auto findings = findings_of(any, digits(), 4);
  REQUIRE_FALSE(findings.empty());
  CHECK(findings[0].name == "mean for sum");
}

TEST_CASE("explainer: a dead decoder is named", "[vae][training]") {
  const auto model = small_model();
  model->decoder.hidden[0].bias.set_value(full({32}, -100.0));
  const auto findings = findings_of(vae::any_vae(model), digits(), 4);
  REQUIRE_FALSE(findings.empty());
  CHECK(findings[0].name == "dead decoder");
}

TEST_CASE("explainer: the rate's probe leaves everything as it was", "[vae][training]") {
  const nn::ImageDataset data = digits();
  const auto model = small_model();
  nn::Adam adam(model->parameters(), {.lr = 1e-3});
  const vae::Player player = vae::vae_player(*model, adam);
  vae::Trainer({player}, data, {.epochs = 1, .batch = 20}).run();
  const auto bytes = [&] {
    std::vector<double> all;
    for (const Parameter* p : model->parameters())
      for (const double v : p->value().to_vector()) all.push_back(v);
    for (const nn::NamedTensor& t : adam.state())
      for (const double v : t.value.to_vector()) all.push_back(v);
    return all;
  };
  const std::vector<double> before = bytes();
  const vae::RateProbe probe = vae::probe_rate(player, data, 20, 15, Rng(1), 10);
  CHECK(bytes() == before);
  CHECK(adam.lr() == 1e-3);
  CHECK(model->training());
  CHECK(probe.same < probe.before);  // an epoch is far from the end
  CHECK(probe.lower < probe.before);
  CHECK(probe.lower > probe.same);
}

TEST_CASE("explainer: facts of the images by hand", "[vae][training]") {
  nn::ImageDataset data;
  data.train = {2, 1, 2, {0, 51, 255, 51}};
  data.test = {1, 1, 2, {255, 51}};
  data.binarize = nn::Binarize::none;
  const vae::DataFacts coins = vae::data_facts(data, vae::DecoderKind::bernoulli);
  CHECK(coins.pixels == 2);
  CHECK(coins.largest_byte == 255);
  CHECK(coins.grey_share == Approx(0.5));
  CHECK(coins.blank == Approx(0));
  CHECK(coins.spread == Approx(std::sqrt(0.25 / 2)));  // one pixel is 0 or 1, the other always 0.2
  CHECK(coins.baseline == Approx(-std::log(0.5) - 0.2 * std::log(0.2) - 0.8 * std::log(0.8)));
  const double variance = 0.25 / 2;
  CHECK(vae::data_facts(data, vae::DecoderKind::gaussian).baseline ==
        Approx(std::log(2 * std::acos(-1.0) * variance) + 0.25 / (2 * variance)));
  data.binarize = nn::Binarize::dynamic;
  CHECK(vae::data_facts(data, vae::DecoderKind::bernoulli).grey_share == 0);
  data.train.pixels = {7, 7, 9, 9};
  const vae::DataFacts labels = vae::data_facts(data, vae::DecoderKind::bernoulli);
  CHECK(labels.largest_byte == 9);
  CHECK(labels.blank == 1);
}

TEST_CASE("diagnosis: a cause hides what follows from it", "[vae][training]") {
  vae::RunFacts run;
  run.data = {.pixels = 784, .baseline = 206, .spread = 0.3};
  run.history = {report(1, 150, 151), report(2, 120, 122)};
  run.last = vae::EpochNumbers{.epoch = 2, .kl = {1, 2}, .active = 2};
  run.reach = 0.5;
  run.probe = vae::RateProbe{
      .lr = 1e-3, .steps = 60, .before = 120, .same = 119, .lower = 118, .higher = 130};
  CHECK(vae::diagnose(run).empty());

  const auto names = [](const vae::RunFacts& r) {
    std::string all;
    for (const vae::Finding& f : vae::diagnose(r)) all += (all.empty() ? "" : ", ") + f.name;
    return all;
  };
  vae::RunFacts other = run;
  other.last->active = 0;
  CHECK(names(other) == "collapse");
  other.reach = 0;
  CHECK(names(other) == "dead decoder");
  other.data.spread = 0;
  CHECK(names(other) == "constant images");
  other.data.largest_byte = 9;
  CHECK(names(other) == "labels as pixels");

  other = run;
  other.last->active = 0;
  other.probe->lower = 100;
  CHECK(names(other) == "rate too high");
  other.probe = vae::RateProbe{
      .lr = 1e-6, .steps = 60, .before = 500, .same = 499, .lower = 500, .higher = 450};
  CHECK(names(other) == "rate too low");
  other.history.push_back(report(3, 90, 160));
  CHECK(names(other) == "rate too low, over-fitting");
  other = run;
  other.history = {report(1, 150, 151), report(2, 110, 112), report(3, 108, 111),
                   report(4, 104, 116)};
  CHECK(names(other).empty());  // one bad epoch at the end

  other = run;
  other.history.back() = report(2, 0.3, 0.27, 0.001);
  CHECK(names(other) == "mean for sum");
  other.history.back().test = {};  // no test images: the training images tell it
  CHECK(names(other) == "mean for sum");
  other = run;
  other.data.grey_share = 0.3;
  CHECK(names(other) == "grey pixels with coins");
  other.data.coins = false;
  CHECK(names(other).empty());
}

TEST_CASE("explainer: a rate at which numbers overflow is no better, and the model comes back",
          "[vae][training]") {
  const nn::ImageDataset data = digits(60, 20);
  const auto model = small_model();
  nn::Adam adam(model->parameters(), {.lr = 1e-3});
  vae::Player player = vae::vae_player(*model, adam);
  const auto play = player.play;
  player.play = [&](const nn::Batch& batch, Rng& rng) {
    if (adam.lr() > 5e-3) throw DomainError("not finite", "");
    return play(batch, rng);
  };
  const std::vector<double> before = model->decoder.out.bias.value().to_vector();
  const vae::RateProbe probe = vae::probe_rate(player, data, 20, 3, Rng(1), 2);
  CHECK(probe.higher == HUGE_VAL);
  CHECK(std::isfinite(probe.same));
  CHECK(adam.lr() == 1e-3);
  CHECK(model->decoder.out.bias.value().to_vector() == before);
}

TEST_CASE("explainer: a line of numbers an epoch; what a resumed run has not finished is cut off",
          "[vae][training]") {
  const ScratchFolder folder;
  folder.write("explain.jsonl", "{\"epoch\":1,\"of\":\"another run\"}\n");
  const nn::ImageDataset data = digits(60, 20);
  const auto model = small_model();
  const vae::AnyVae any = vae::any_vae(model);
  nn::Adam adam(model->parameters(), {.lr = 1e-3});
  vae::Trainer trainer({vae::vae_player(any, adam)}, data, {.epochs = 2, .batch = 20});
  int heard = 0;
  trainer.on_epoch = [&](const vae::EpochReport&) { ++heard; };
  vae::Explainer explainer(any, data, {.latent = 4, .out = folder.path()});
  explainer.follow(trainer);
  trainer.run();
  CHECK(heard == 2);  // the listener before is still called
  std::istringstream in(slurp(folder / "explain.jsonl"));
  std::string line;
  for (int epoch = 1; epoch <= 2; ++epoch) {
    REQUIRE(std::getline(in, line));
    const auto object = nlohmann::json::parse(line);
    CHECK(object.at("epoch") == epoch);
    CHECK(object.at("kl").size() == 4);
    CHECK(object.at("most_information").get<double>() == Approx(std::log(20)));
    CHECK(object.at("gradient_norm").get<double>() > 0);
    const auto share = object.at("gradient_share");
    CHECK(share.at("encoder").get<double>() + share.at("decoder").get<double>() == Approx(1));
  }
  CHECK_FALSE(std::getline(in, line));
}
