#include "vae/training/trainer.hpp"

#include <chrono>

#include "autograd/progress.hpp"
#include "autograd/tape.hpp"
#include "nn/checkpoint.hpp"
#include "nn/file.hpp"
#include "nn/optim/clip.hpp"
#include "vae/training/trainer_state.hpp"

namespace tapestry::vae {
namespace {

constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kModel = "model.safetensors";
constexpr const char* kBest = "best.safetensors";

}  // namespace

Trainer::Trainer(std::vector<Player> players, const nn::Dataset& data, TrainerOptions options)
    : players_(std::move(players)),
      data_(data),
      options_(std::move(options)),
      rng_(options_.seed),
      latent_rng_(rng_.stream("latent")),
      batches_(data, rng_.stream("batches"), {.batch = options_.batch}),
      lock_(writes() ? options_.out : std::filesystem::path()),
      data_fingerprint_(options_.out.empty() ? 0 : data.fingerprint()),
      log_(options_.out / "metrics.jsonl") {
  if (writes()) nn::remove_left_over(options_.out);
  check<ConfigError>(options_.epochs >= 1, "epochs must be at least 1, not {}", options_.epochs);
  check<ConfigError>(!players_.empty(), "a trainer needs at least one player");
  for (std::size_t i = 0; i < players_.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k)
      check<ConfigError>(players_[i].name != players_[k].name, "two players have the name '{}'",
                         players_[i].name);
  }
}

Trainer::Outcome Trainer::run() {
  interrupted_ = false;
  for (const Player& player : players_) player.model.train();
  const auto out_of_patience = [&] {
    return options_.patience > 0 && epoch_ - best_epoch_ >= options_.patience;
  };
  while (epoch_ < options_.epochs && !out_of_patience()) {
    if (!train_epoch()) {
      save_checkpoint();
      return Outcome::interrupted;
    }
    finish_epoch();
  }
  // With patience the best epoch's model is on disk already.
  if (options_.patience == 0) save_model(kModel);
  return epoch_ < options_.epochs ? Outcome::stopped_early : Outcome::finished;
}

namespace {

/// Errors tell the epoch while one is at work.
struct EpochAtWork {
  explicit EpochAtWork(int epoch) { tapestry::progress().epoch = epoch; }
  ~EpochAtWork() { tapestry::progress().epoch = 0; }
};

}  // namespace

bool Trainer::train_epoch() {
  if (stopped()) return false;
  const EpochAtWork at_work(epoch_ + 1);
  using Clock = std::chrono::steady_clock;
  const double before = seconds_;
  const auto start = Clock::now();
  for (const nn::Batch& batch : batches_.epoch()) {
    step(batch);
    seconds_ = before + std::chrono::duration<double>(Clock::now() - start).count();
    if (on_step) on_step(progress());
    if (stopped()) return false;
  }
  return true;
}

StepReport Trainer::progress() const {
  const auto done = static_cast<double>(train_.images);
  const auto all = static_cast<double>((options_.epochs - epoch_) * batches_.images_per_epoch());
  return {.epoch = epoch_ + 1,
          .step = step_of_epoch(),
          .steps = batches_.steps_per_epoch(),
          .train = train_,
          .images_per_second = done / seconds_,
          .seconds_left = seconds_ * (all - done) / done};
}

std::int64_t Trainer::step_of_epoch() const {
  return (train_.images + options_.batch - 1) / options_.batch;
}

Objective Trainer::turn(const Player& player, const nn::Batch& batch) {
  if (options_.team) return options_.team->turn(player, batch, latent_rng_);
  player.optimizer.zero_grad();
  Tape tape;
  const Objective objective = player.play(batch, latent_rng_);
  tape.backward(objective.loss());
  return objective;
}

void Trainer::step(const nn::Batch& batch) {
  tapestry::progress().step = step_of_epoch() + 1;
  Objective first;
  for (const Player& player : players_) {
    if (player.rate) player.optimizer.set_lr(player.rate(batch.step));
    const Objective objective = turn(player, batch);
    if (options_.clip > 0) nn::clip_grad_norm(player.optimizer.parameters(), options_.clip);
    player.optimizer.step();
    if (player.after_step) player.after_step();
    if (&player == &players_.front())
      first = objective;
    else
      first.parts.push_back({player.name, objective.value});
  }
  train_.add(first);
}

void Trainer::finish_epoch() {
  ++epoch_;
  EpochReport report{.epoch = epoch_,
                     .train = train_,
                     .seconds = seconds_,
                     .images_per_second = static_cast<double>(train_.images) / seconds_};
  const Player& first = players_.front();
  report.test = evaluate(first.model, first.play, data_, nn::Part::test, rng_.stream("test"));
  if (first.code)
    report.active_units =
        evaluate_active_units(first.model, first.code, data_, nn::Part::test, rng_.stream("test"));
  if (first.codes)
    report.perplexity =
        evaluate_perplexity(first.model, first.codes, data_, nn::Part::test, rng_.stream("test"));
  history_.push_back(report);
  train_ = {};
  seconds_ = 0;
  best_epoch_ = vae::best_epoch(history_, [&](const EpochReport& r) { return score(r); });
  if (writes()) {
    if (best_epoch_ == epoch_) save_model(options_.patience > 0 ? kModel : kBest);
    log_.append(to_json(report));
    save_checkpoint();
  }
  if (on_epoch) on_epoch(report);
}

double Trainer::score(const EpochReport& report) const {
  const Means& means = report.test.images > 0 ? report.test : report.train;
  if (options_.score) return options_.score(means);
  if (!means.has_bound())
    throw ConfigError(fmt::format("the objective of '{}' has no bound to tell a good epoch by",
                                  players_.front().name),
                      "TrainerOptions::score names the number that stands for it");
  return means.neg_elbo();
}

void Trainer::save_model(const char* name) const {
  if (writes()) nn::save(options_.out / name, players_.front().model);
}

// The first player's tensors have no prefix: a VAE's checkpoint has the names of its model.
std::string Trainer::prefix(const Player& player) const {
  return &player == &players_.front() ? "" : player.name + ".";
}

void Trainer::save_checkpoint() const {
  if (!writes()) return;
  nn::NamedTensors tensors;
  for (const Player& player : players_) {
    nn::add_prefixed(tensors, prefix(player) + "model.", player.model.state());
    nn::add_prefixed(tensors, prefix(player) + "optimizer.", player.optimizer.state());
  }
  nn::save_tensors(options_.out / kCheckpoint, tensors,
                   to_metadata({.epoch = epoch_,
                                .batches = batches_.state(),
                                .latent_draw = latent_rng_.state().draw,
                                .train = train_,
                                .seconds = seconds_,
                                .history = history_,
                                .best_epoch = best_epoch_,
                                .metrics_bytes = log_.size(),
                                .data = data_fingerprint_}));
}

bool Trainer::resume() {
  const std::filesystem::path path = options_.out / kCheckpoint;
  if (!std::filesystem::exists(path)) {
    if (writes()) log_.cut_to(0);
    return false;
  }
  const nn::TensorFile file = nn::load_tensors(path);
  TrainerState state;
  try {
    state = read_state(file.metadata, batches_, options_.batch,
                       [&](const EpochReport& report) { return score(report); });
    if (state.data != 0 && data_fingerprint_ != 0 && state.data != data_fingerprint_)
      throw DataError("the run began with other data",
                      "put them back as they were, or start again in another folder");
    for (const Player& player : players_) {
      player.model.load_state(nn::take_prefixed(file.tensors, prefix(player) + "model."));
      player.optimizer.load_state(nn::take_prefixed(file.tensors, prefix(player) + "optimizer."));
    }
  } catch (const DataError& fault) {
    throw DataError(path.string() + ": " + fault.message, fault.hint);
  }
  if (writes()) log_.cut_to(state.metrics_bytes, state.epoch);
  epoch_ = state.epoch;
  batches_.set_state(state.batches);
  Rng::State latent = latent_rng_.state();
  latent.draw = state.latent_draw;
  latent_rng_.set_state(latent);
  train_ = state.train;
  seconds_ = state.seconds;
  history_ = std::move(state.history);
  best_epoch_ = state.best_epoch;
  return true;
}

}  // namespace tapestry::vae
