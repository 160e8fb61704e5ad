#include <nlohmann/json.hpp>

#include "nn/data/strokes.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "vae/trainer.hpp"

using namespace tapestry;

namespace {

nn::ImageDataset few_strokes() {
  nn::ImageDataset data;
  data.name = "strokes";
  data.train = nn::draw_strokes(1, 0, 150);
  data.test = nn::draw_strokes(2, 0, 40);
  return data;
}

vae::TrainerOptions options(const std::filesystem::path& out, int epochs) {
  vae::TrainerOptions o;
  o.epochs = epochs;
  o.batch = 32;
  o.kl_warmup = 2;
  o.schedule = nn::schedule::warm_up(3, nn::schedule::constant(1e-3));
  o.clip = 50;
  o.seed = 9;
  o.out = out;
  return o;
}

// One training run in a folder of its own, built the same way each time.
struct Run {
  Run(const nn::ImageDataset& data, const std::filesystem::path& out, int epochs)
      : model(vae::make_vae({.hidden = {16}, .latent = 4})),
        adam(prepared(*model)),
        trainer(*model, data, adam, options(out, epochs)) {}

  static std::vector<Parameter*> prepared(vae::Vae& m) {
    nn::init::torch_default(m, Rng(9).stream("init"));
    return m.parameters();
  }

  std::unique_ptr<vae::Vae> model;
  nn::Adam adam;
  vae::Trainer trainer;
};

using Outcome = vae::Trainer::Outcome;

}  // namespace

TEST_CASE("trainer: a run cut at any step and resumed ends with the same bytes", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder whole;
  Run straight(data, whole.path(), 3);
  REQUIRE(straight.trainer.run() == Outcome::finished);
  const std::string expected = slurp(whole / "model.safetensors");
  REQUIRE(!expected.empty());

  for (const int cut :
       {1, 4, 5, 7, 10, 14}) {  // 5 steps an epoch: within, at the end, at the start
    INFO("cut after step " << cut);
    const ScratchFolder folder;
    {
      Run first(data, folder.path(), 3);
      int steps = 0;
      first.trainer.on_step = [&](const vae::StepReport&) {
        if (++steps == cut) vae::Trainer::interrupt();
      };
      REQUIRE(first.trainer.run() == Outcome::interrupted);
    }
    Run second(data, folder.path(), 3);
    REQUIRE(second.trainer.resume());
    REQUIRE(second.trainer.run() == Outcome::finished);
    CHECK(slurp(folder / "model.safetensors") == expected);
    CHECK(second.trainer.history().size() == 3);
    CHECK(second.trainer.history().back().test.neg_elbo() ==
          straight.trainer.history().back().test.neg_elbo());
  }
}

TEST_CASE("trainer: one epoch and two more give the bytes of three", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder whole, parts;
  Run(data, whole.path(), 3).trainer.run();
  Run(data, parts.path(), 1).trainer.run();
  Run more(data, parts.path(), 3);
  REQUIRE(more.trainer.resume());
  more.trainer.run();
  CHECK(slurp(parts / "model.safetensors") == slurp(whole / "model.safetensors"));
}

TEST_CASE("trainer: resume cuts metrics back to the checkpoint, and each epoch stands there once",
          "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder folder;
  Run(data, folder.path(), 2).trainer.run();
  vae::MetricsLog(folder / "metrics.jsonl")
      .append("{\"epoch\": 3, \"half\": true}");  // written, then killed
  Run more(data, folder.path(), 3);
  REQUIRE(more.trainer.resume());
  more.trainer.run();
  std::istringstream lines(slurp(folder / "metrics.jsonl"));
  int epoch = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto j = nlohmann::json::parse(line);
    CHECK(j.at("epoch") == ++epoch);
    CHECK(j.at("test_neg_elbo").get<double>() ==
          Approx(j.at("test_neg_log_lik").get<double>() + j.at("test_kl").get<double>()));
    for (const char* key : {"train_neg_elbo", "seconds", "images_per_second"})
      CHECK(j.at(key).get<double>() > 0);
  }
  CHECK(epoch == 3);
}

TEST_CASE("trainer: faults of a checkpoint are named and nothing is trained", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder folder;
  SECTION("there is none") { CHECK(!Run(data, folder.path(), 1).trainer.resume()); }
  SECTION("it is a model, not a checkpoint") {
    Run(data, folder.path(), 1).trainer.run();
    std::filesystem::copy_file(folder / "model.safetensors", folder / "checkpoint.safetensors",
                               std::filesystem::copy_options::overwrite_existing);
    CHECK_THROWS_AS(Run(data, folder.path(), 2).trainer.resume(), DataError);
  }
  SECTION("it is cut short") {
    Run(data, folder.path(), 1).trainer.run();
    std::filesystem::resize_file(folder / "checkpoint.safetensors", 1000);
    CHECK_THROWS_AS(Run(data, folder.path(), 2).trainer.resume(), DataError);
  }
  SECTION("the metrics are gone") {
    Run(data, folder.path(), 1).trainer.run();
    std::filesystem::remove(folder / "metrics.jsonl");
    try {
      Run(data, folder.path(), 2).trainer.resume();
      FAIL("no error");
    } catch (const DataError& e) {
      check_contains(e.what(), "metrics.jsonl: 0 bytes, but the checkpoint was made after");
    }
  }
}

TEST_CASE("trainer: patience stops a run and keeps the best epoch's model", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder folder;
  const auto model = vae::make_vae({.hidden = {16}, .latent = 4});
  nn::Adam adam(Run::prepared(*model), {.lr = 0});
  vae::TrainerOptions o = options(folder.path(), 50);
  o.schedule = nullptr;
  o.patience = 2;
  // Nothing is learned without a learning rate, and the test noise is fixed: epoch 1 stays the best.
  vae::Trainer frozen(*model, data, adam, o);
  CHECK(frozen.run() == Outcome::stopped_early);
  CHECK(frozen.history().size() == 3);
  CHECK(frozen.best_epoch() == 1);
  CHECK(std::filesystem::exists(folder / "model.safetensors"));
}

TEST_CASE("trainer: images of another size than the model's are refused", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const auto model = vae::make_vae({.rows = 20, .cols = 28, .hidden = {8}, .latent = 2});
  nn::init::torch_default(*model, Rng(1));
  nn::Adam adam(model->parameters());
  CHECK_THROWS_AS(vae::Trainer(*model, data, adam, {}), ShapeError);
}
