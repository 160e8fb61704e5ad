#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "nn/checkpoint.hpp"
#include "nn/checksum.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/data/strokes.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/clip.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/trainer.hpp"
#include "vae/training/trainer_state.hpp"

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
  o.clip = 50;
  o.seed = 9;
  o.out = out;
  return o;
}

// One training run in a folder of its own, built the same way each time.
struct Run {
  Run(const nn::Dataset& data, const std::filesystem::path& out, int epochs)
      : model({.hidden = {16}, .latent = 4}),
        adam(prepared(model)),
        trainer({player()}, data, options(out, epochs)) {}

  static std::vector<Parameter*> prepared(nn::Module& m) {
    nn::init::torch_default(m, Rng(9).stream("init"));
    return m.parameters();
  }
  // With a warm-up of the rate, and one of the KL over two epochs of five steps.
  vae::Player player() {
    return vae::vae_player(model, adam, {}, nn::schedule::warm_up(3, nn::schedule::constant(1e-3)),
                           nn::schedule::warm_up(10, nn::schedule::constant(1)));
  }

  vae::MlpVae model;
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
    CHECK(j.at("test_active_units").get<int>() ==
          more.trainer.history()[static_cast<std::size_t>(epoch - 1)].active_units);
    CHECK(j.at("test_active_units").get<int>() >= 0);
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
  vae::MlpVae model({.hidden = {16}, .latent = 4});
  nn::Adam adam(Run::prepared(model), {.lr = 0});
  vae::TrainerOptions o = options(folder.path(), 50);
  o.patience = 2;
  // Nothing is learned without a learning rate, and the test noise is fixed: epoch 1 stays the best.
  vae::Trainer frozen({vae::vae_player(model, adam)}, data, o);
  CHECK(frozen.run() == Outcome::stopped_early);
  CHECK(frozen.history().size() == 3);
  CHECK(frozen.best_epoch() == 1);
  CHECK(std::filesystem::exists(folder / "model.safetensors"));
}

TEST_CASE("trainer: images of another size than the model's are refused", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  vae::MlpVae model({.rows = 20, .cols = 28, .hidden = {8}, .latent = 2});
  nn::init::torch_default(model, Rng(1));
  nn::Adam adam(model.parameters());
  vae::Trainer trainer({vae::vae_player(model, adam)}, data, {});
  CHECK(test::throws_with<ShapeError>([&] { trainer.run(); }, "encoder.hidden.0"));
}

TEST_CASE("trainer: no player, or two of one name, are refused", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  vae::MlpVae model({.hidden = {8}, .latent = 2});
  nn::Adam adam(Run::prepared(model));
  const vae::Player player = vae::vae_player(model, adam);
  CHECK(test::throws_with<ConfigError>([&] { vae::Trainer({}, data, {}); }, "at least one player"));
  CHECK(test::throws_with<ConfigError>(
      [&] {
        vae::Trainer({player, player}, data, {});
      },
      "two players have the name 'vae'"));
}

namespace {

// Two players: a VAE whose codes a critic shall not tell from draws of the prior.
struct Rivals {
  Rivals(const nn::Dataset& data, const std::filesystem::path& out, int epochs)
      : model({.hidden = {16}, .latent = 4}),
        critic(4, 1),
        adam(Run::prepared(model)),
        critic_adam(Run::prepared(critic), {.lr = 1e-2}),
        trainer({{"vae", model, adam, [this](const auto& b, Rng& rng) { return fool(b, rng); }},
                 {"critic", critic, critic_adam,
                  [this](const auto& b, Rng& rng) { return judge(b, rng); }}},
                data, options(out, epochs)) {}

  vae::Objective fool(const nn::Batch& batch, Rng& rng) {
    const prob::Normal q = model.encode(batch.images);
    const Tensor z = q.rsample(rng);
    const vae::ElboTerms terms{.log_lik = model.decode(z).log_prob(batch.images),
                               .kl = prob::kl(q, model.prior())};
    const Tensor doubt = reshape(critic(z), {-1});
    return {
        .value = terms.elbo() - 0.1 * doubt, .bound = terms.elbo(), .parts = {{"doubt", doubt}}};
  }
  vae::Objective judge(const nn::Batch& batch, Rng& rng) {
    const Tensor z = model.encode(batch.images).sample(rng).detach();
    const Tensor real = critic(z), made = critic(rng.normal(z.shape()));
    return {.value = reshape(log_sigmoid(real) + log_sigmoid(-made), {-1})};
  }

  vae::MlpVae model;
  nn::Linear critic;
  nn::Adam adam, critic_adam;
  vae::Trainer trainer;
};

}  // namespace

TEST_CASE("trainer: two players take turns, each on its own gradients", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  Rivals rivals(data, {}, 1);
  // The same step by hand.
  Rivals by_hand(data, {}, 1);
  const Rng rng(9);
  Rng latent = rng.stream("latent");
  nn::Batcher batches(data, rng.stream("batches"), {.batch = 32});
  for (const nn::Batch& batch : batches.epoch()) {
    by_hand.adam.zero_grad();
    {
      Tape tape;
      tape.backward(by_hand.fool(batch, latent).loss());
    }
    nn::clip_grad_norm(by_hand.adam.parameters(), 50);
    by_hand.adam.step();
    by_hand.critic_adam.zero_grad();
    {
      Tape tape;
      tape.backward(by_hand.judge(batch, latent).loss());
    }
    nn::clip_grad_norm(by_hand.critic_adam.parameters(), 50);
    by_hand.critic_adam.step();
  }
  rivals.trainer.run();
  CHECK(rivals.critic.weight.value().to_vector() == by_hand.critic.weight.value().to_vector());
  CHECK(rivals.model.encoder->loc->weight.value().to_vector() ==
        by_hand.model.encoder->loc->weight.value().to_vector());
  const vae::EpochReport& report = rivals.trainer.history().front();
  CHECK(report.train.part("critic") < 0);
  CHECK(std::isfinite(report.test.part("doubt")));
  CHECK(report.test.neg_elbo() > 0);
}

TEST_CASE("trainer: after_step follows each step of its player", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  vae::MlpVae model({.hidden = {16}, .latent = 4});
  nn::Adam adam(Run::prepared(model));
  int calls = 0;
  vae::Player player = vae::vae_player(model, adam);
  player.after_step = [&] {
    ++calls;
    nn::clip_weights(adam.parameters(), 1e-3);
  };
  vae::Trainer trainer({player}, data, options({}, 1));
  int steps = 0;
  trainer.on_step = [&](const vae::StepReport& r) {
    CHECK(calls == ++steps);
    CHECK(r.steps > 1);
    CHECK(max(abs(model.encoder->loc->weight.value())).item() <= 1.001e-3);
  };
  trainer.run();
  CHECK(steps == calls);
}

TEST_CASE("trainer: two players are resumed to the same bytes", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder whole;
  Rivals straight(data, whole.path(), 2);
  REQUIRE(straight.trainer.run() == Outcome::finished);
  for (const int cut : {2, 5, 8}) {
    const ScratchFolder folder;
    {
      Rivals first(data, folder.path(), 2);
      int steps = 0;
      first.trainer.on_step = [&](const vae::StepReport&) {
        if (++steps == cut) vae::Trainer::interrupt();
      };
      REQUIRE(first.trainer.run() == Outcome::interrupted);
    }
    Rivals second(data, folder.path(), 2);
    REQUIRE(second.trainer.resume());
    REQUIRE(second.trainer.run() == Outcome::finished);
    CHECK(slurp(folder / "model.safetensors") == slurp(whole / "model.safetensors"));
    CHECK(second.critic.weight.value().to_vector() == straight.critic.weight.value().to_vector());
  }
}

TEST_CASE("trainer: a system without a bound says what stands for it", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  nn::Linear model(784, 1);
  nn::Adam adam(Run::prepared(model));
  const auto play = [&](const nn::Batch& batch, Rng&) {
    return vae::Objective{.value = -square(reshape(model(batch.images), {-1}) - 3.0)};
  };
  CHECK(test::throws_with<ConfigError>(
      [&] {
        vae::Trainer({{"line", model, adam, play}}, data, {.epochs = 1}).run();
      },
      "the objective of 'line' has no bound"));
  const ScratchFolder folder;
  vae::TrainerOptions o = options(folder.path(), 3);
  o.score = [](const vae::Means& means) { return -means.value; };
  vae::Trainer trainer({{"line", model, adam, play}}, data, o);
  trainer.run();
  CHECK(trainer.best_epoch() == 3);
  check_contains(slurp(folder / "metrics.jsonl"), "test_objective");
  CHECK(slurp(folder / "metrics.jsonl").find("neg_elbo") == std::string::npos);
}

TEST_CASE("trainer: rows without a test part are scored on the training rows", "[vae][trainer]") {
  vae::MlpVae model({.rows = 1, .cols = 6, .hidden = {8}, .latent = 2});
  nn::Adam adam(Run::prepared(model));
  const nn::TensorDataset data({greater(Rng(1).uniform({64, 6}), 0.5).to(DType::f32)});
  std::vector<std::int64_t> scored;
  const auto score = [&](const vae::Means& means) {
    scored.push_back(means.images);
    return means.neg_elbo();
  };
  vae::Trainer trainer({vae::vae_player(model, adam)}, data,
                       {.epochs = 2, .batch = 16, .score = score});
  trainer.run();
  CHECK(trainer.history().back().test.images == 0);
  CHECK(trainer.best_epoch() >= 1);
  REQUIRE(!scored.empty());
  for (const std::int64_t images : scored) CHECK(images == 64);
}

namespace {

using nlohmann::json;

// The checkpoint's state after `change`, as if a trainer had written it: the checksum is made anew.
void forge(const std::filesystem::path& checkpoint, const std::function<void(json&)>& change) {
  nn::TensorFile file = nn::load_tensors(checkpoint);
  json state = json::parse(file.metadata.at("tapestry.trainer"));
  change(state);
  const std::string text = state.dump();
  file.metadata["tapestry.trainer"] = text;
  file.metadata["tapestry.trainer.checksum"] = fmt::format("{:016x}", nn::checksum(text));
  nn::save_tensors(checkpoint, file.tensors, file.metadata);
}

}  // namespace

TEST_CASE("trainer: a state that no run can have been in is refused, whatever number is wrong",
          "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder folder;
  Run(data, folder.path(), 2).trainer.run();
  const std::string good = slurp(folder / "checkpoint.safetensors"),
                    log = slurp(folder / "metrics.jsonl");
  struct Forgery {
    const char* key;
    json value;
  };
  const json one_report =
      json::parse(
          nn::load_tensors(folder / "checkpoint.safetensors").metadata.at("tapestry.trainer"))
          .at("history")
          .at(0);
  const std::vector<Forgery> forgeries{
      {"epoch", 1e300},
      {"epoch", -3},
      {"epoch", 0},
      {"epoch", 1},
      {"epoch", 7},
      {"epoch", 2147483647},
      {"epoch", std::int64_t{1} << 40},
      {"epoch", 2.5},
      {"epoch", "2"},
      {"epoch", nullptr},
      {"best_epoch", 0},
      {"best_epoch", 1},
      {"best_epoch", 3},
      {"best_epoch", 1000000},
      {"best_epoch", -1},
      {"history", json::array()},
      {"history", {one_report}},
      {"history", {one_report, one_report}},
      {"history", 5},
      {"batches", {0, 0}},
      {"batches", {2, 7}},
      {"batches", {2, 32}},
      {"batches", {2, -32}},
      {"batches", {2, 1e30}},
      {"batches", {2}},
      {"latent_draw", -1},
      {"latent_draw", 0.5},
      {"train", {0, 0, 32}},  // as it was before runs had players
      {"train", {{"images", 32}, {"value", 0}, {"bound", 0}, {"parts", json::array()}}},
      {"train", {{"images", -1}, {"value", 0}, {"bound", 0}, {"parts", json::array()}}},
      {"train", {{"images", 0}, {"value", 1}, {"bound", 0}, {"parts", json::array()}}},
      {"train", {{"images", 0}, {"value", "a"}, {"bound", 0}, {"parts", json::array()}}},
      {"train", {{"images", 0}, {"value", 0}, {"bound", 0}, {"parts", {{"kl", "b"}}}}},
      {"seconds", -1e308},
      {"seconds", "long"},
      {"metrics_bytes", 0},
      {"metrics_bytes", 1},
      {"metrics_bytes", -1},
      {"metrics_bytes", 1e300},
      {"metrics_bytes", std::uint64_t{1} << 63},
  };
  for (const Forgery& f : forgeries) {
    INFO(f.key << " = " << f.value.dump());
    folder.write("checkpoint.safetensors", good);
    forge(folder / "checkpoint.safetensors", [&](json& state) { state[f.key] = f.value; });
    Run again(data, folder.path(), 3);
    CHECK_THROWS_AS(again.trainer.resume(), DataError);
    CHECK(again.trainer.history().empty());
    CHECK(again.trainer.epoch() == 1);
    CHECK(slurp(folder / "metrics.jsonl") == log);
  }
}

TEST_CASE("trainer: a number of the state that was changed is not believed, even one that could be",
          "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder folder;
  Run(data, folder.path(), 2).trainer.run();
  const std::filesystem::path path = folder / "checkpoint.safetensors";
  nn::TensorFile file = nn::load_tensors(path);
  json state = json::parse(file.metadata.at("tapestry.trainer"));
  state["latent_draw"] = state["latent_draw"].get<std::uint64_t>() + 1;
  file.metadata["tapestry.trainer"] = state.dump();
  nn::save_tensors(path, file.tensors, file.metadata);
  CHECK(test::throws_with<DataError>([&] { Run(data, folder.path(), 3).trainer.resume(); },
                                     "checkpoint.safetensors: the trainer's state is not as"));
}

TEST_CASE("trainer: the steps of an epoch are counted from 1 to their number", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  Run run(data, {}, 2);
  std::vector<std::int64_t> steps;
  run.trainer.on_step = [&](const vae::StepReport& r) {
    CHECK(r.steps == 5);  // 150 images in batches of 32
    steps.push_back(r.step);
  };
  run.trainer.run();
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3, 4, 5, 1, 2, 3, 4, 5});
}

TEST_CASE(
    "trainer: the best epoch's model has a file of its own, but with patience it is the model",
    "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  for (const int patience : {0, 2}) {
    const ScratchFolder folder;
    vae::MlpVae model({.hidden = {16}, .latent = 4});
    nn::Adam adam(Run::prepared(model));
    vae::TrainerOptions o = options(folder.path(), 1);
    o.patience = patience;
    vae::Trainer({vae::vae_player(model, adam)}, data, o).run();
    CHECK(std::filesystem::exists(folder / "best.safetensors") == (patience == 0));
    CHECK(std::filesystem::exists(folder / "model.safetensors"));
  }
}

TEST_CASE("trainer: a folder has one trainer at a time", "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder folder;
  {
    const Run first(data, folder.path(), 1);
    const auto second = [&] { Run(data, folder.path(), 1); };
    CHECK(test::throws_with<ConfigError>(second, folder.path().string() + ": in use by process "));
    CHECK(test::throws_with<ConfigError>(second, std::to_string(::getpid())));
  }
  CHECK(Run(data, folder.path(), 1).trainer.run() == Outcome::finished);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    CHECK(entry.path().extension() != ".lock");
}

TEST_CASE("trainer: what killed processes left half written goes, files of others stay",
          "[vae][trainer]") {
  const nn::ImageDataset data = few_strokes();
  const ScratchFolder folder;
  // No process has the largest number that a pid_t holds; process 1 lives.
  for (const char* name :
       {"checkpoint.safetensors.2147483647.tmp", "model.safetensors.1.tmp", "notes.tmp", "a.b.tmp"})
    folder.write(name, "half");
  const Run run(data, folder.path(), 1);
  CHECK(!std::filesystem::exists(folder / "checkpoint.safetensors.2147483647.tmp"));
  for (const char* name : {"model.safetensors.1.tmp", "notes.tmp", "a.b.tmp"})
    CHECK(std::filesystem::exists(folder / name));
}

TEST_CASE("trainer: a run does not go on with other data, whether pixels, labels or rows differ",
          "[vae][trainer]") {
  nn::ImageDataset data = few_strokes();
  data.train_labels.assign(150, 3);
  const ScratchFolder folder;
  Run(data, folder.path(), 1).trainer.run();
  const auto refused = [&](const nn::Dataset& other) {
    return test::throws_with<DataError>([&] { Run(other, folder.path(), 2).trainer.resume(); },
                                        "checkpoint.safetensors: the run began with other data");
  };
  nn::ImageDataset other = data;
  other.train.pixels.back() ^= 1;
  CHECK(refused(other));
  other = data;
  other.test.pixels[3] ^= 128;
  CHECK(refused(other));
  other = data;
  other.train_labels[7] = 4;
  CHECK(refused(other));
  CHECK(!refused(data));
  CHECK(Run(data, folder.path(), 2).trainer.resume());
}

TEST_CASE("trainer: the fingerprint of data has every bit of theirs", "[vae][trainer]") {
  std::string bytes(40, 'a');
  const std::uint64_t sum = nn::fingerprint(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ 1 << bit);
      CHECK(nn::fingerprint(other) != sum);
      other[(i + 8) % bytes.size()] = static_cast<char>(other[(i + 8) % bytes.size()] ^ 1 << bit);
      CHECK(nn::fingerprint(other) != sum);  // nor do two equal changes cancel
    }
  CHECK(nn::fingerprint(bytes + std::string(1, '\0')) != sum);
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(nn::TensorDataset({x}).fingerprint() == nn::TensorDataset({x}).fingerprint());
  CHECK(nn::TensorDataset({x}).fingerprint() != nn::TensorDataset({x + 1.0}).fingerprint());
  CHECK(nn::TensorDataset({x, x}).fingerprint() != nn::TensorDataset({x}).fingerprint());
}

TEST_CASE("trainer: an epoch whose score is NaN is never the best, unless all are",
          "[vae][trainer]") {
  const auto best = [](std::initializer_list<double> scores) {
    std::vector<vae::EpochReport> history;
    for (const double score : scores) {
      vae::EpochReport& report = history.emplace_back();
      report.epoch = static_cast<int>(history.size());
      report.seconds = score;
    }
    return vae::best_epoch(history, [](const vae::EpochReport& r) { return r.seconds; });
  };
  const double nan = std::nan("");
  CHECK(best({}) == 0);
  CHECK(best({3, 2, 2, 5}) == 2);
  CHECK(best({nan, 2, 1}) == 3);
  CHECK(best({2, nan, 3}) == 1);
  CHECK(best({nan, HUGE_VAL}) == 2);
  CHECK(best({nan, nan}) == 1);
}

TEST_CASE("evaluate_log_px: fewer than one sample is refused", "[vae][errors]") {
  vae::MlpVae model({.rows = 1, .cols = 6, .hidden = {8}, .latent = 2});
  const nn::TensorDataset data({zeros({4, 6})}, {zeros({4, 6})});
  for (const int samples : {0, -1})
    CHECK_THROWS_AS(vae::evaluate_log_px(model, data, 4, Rng(1), samples), ConfigError);
}

TEST_CASE("evaluate: a part of the model that was in eval mode stays in it", "[vae][trainer]") {
  vae::MlpVae model({.rows = 1, .cols = 6, .hidden = {8}, .latent = 2});
  nn::init::torch_default(model, Rng(1));
  model.decoder.eval();
  const nn::TensorDataset data({zeros({4, 6})}, {zeros({4, 6})});
  vae::evaluate_log_px(model, data, 4, Rng(1), 2);
  CHECK(model.training());
  CHECK(model.encoder.training());
  CHECK(model.encoder.loc.training());
  CHECK_FALSE(model.decoder.training());
  CHECK_FALSE(model.decoder.out.training());
}
