#include "vae/trainer.hpp"

#include <omp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "autograd/tape.hpp"
#include "nn/checkpoint.hpp"
#include "nn/optim/clip.hpp"

namespace tapestry::vae {
namespace {

using nlohmann::json;
constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kModel = "model.safetensors";

json to_json(const EpochReport& r) {
  return {{"epoch", r.epoch},
          {"train_neg_elbo", r.train_neg_elbo},
          {"test_neg_elbo", r.test.neg_elbo()},
          {"test_neg_log_lik", r.test.neg_log_lik},
          {"test_kl", r.test.kl},
          {"seconds", r.seconds},
          {"images_per_second", r.images_per_second}};
}

EpochReport report_from(const json& j) {
  return {.epoch = j.at("epoch"),
          .train_neg_elbo = j.at("train_neg_elbo"),
          .test = {.neg_log_lik = j.at("test_neg_log_lik"), .kl = j.at("test_kl")},
          .seconds = j.at("seconds"),
          .images_per_second = j.at("images_per_second")};
}

}  // namespace

Trainer::Trainer(Vae& model, const nn::ImageDataset& data, nn::Optimizer& optimizer,
                 TrainerOptions options)
    : model_(model),
      data_(data),
      optimizer_(optimizer),
      options_(std::move(options)),
      rng_(options_.seed),
      latent_rng_(rng_.stream("latent")),
      batches_(data.train, rng_.stream("batches"),
               {.batch = options_.batch, .binarize = options_.binarize}),
      log_(options_.out / "metrics.jsonl") {
  check<ConfigError>(options_.epochs >= 1, "epochs must be at least 1, not {}", options_.epochs);
  check<ShapeError>(data.image_size() == model.pixels(),
                    "the model is made for {} pixels, {} has images of {}x{}", model.pixels(),
                    data.name, data.rows(), data.cols());
}

Trainer::Outcome Trainer::run() {
  interrupted_ = false;
  model_.train();
  const auto out_of_patience = [&] {
    return options_.patience > 0 && epoch_ - best_epoch_ >= options_.patience;
  };
  while (epoch_ < options_.epochs && !out_of_patience()) {
    train_epoch();
    if (interrupted_) {
      save_checkpoint();
      return Outcome::interrupted;
    }
    finish_epoch();
  }
  // With patience the best epoch's model is on disk already.
  if (options_.patience == 0) save_model();
  return epoch_ < options_.epochs ? Outcome::stopped_early : Outcome::finished;
}

void Trainer::train_epoch() {
  const double before = seconds_, start = omp_get_wtime();
  nn::Batch batch;
  while (!interrupted_ && batches_.next(batch)) {
    step(batch.images);
    seconds_ = before + omp_get_wtime() - start;
    if (on_step) on_step(progress());
  }
}

StepReport Trainer::progress() const {
  const auto done = static_cast<double>(train_.images);
  const auto all = static_cast<double>((options_.epochs - epoch_) * batches_.images_per_epoch());
  return {.epoch = epoch_ + 1,
          .step = (train_.images + options_.batch - 1) / options_.batch,
          .steps = batches_.steps_per_epoch(),
          .train_neg_elbo = train_.neg_elbo(),
          .images_per_second = done / seconds_,
          .seconds_left = seconds_ * (all - done) / done};
}

void Trainer::step(const Tensor& x) {
  ElboOptions elbo = options_.elbo;
  if (options_.kl_warmup > 0) {
    const auto ramp = static_cast<double>(options_.kl_warmup * batches_.steps_per_epoch());
    elbo.beta *= std::min(1.0, static_cast<double>(steps_ + 1) / ramp);
  }
  if (options_.schedule) optimizer_.set_lr(options_.schedule(steps_));
  optimizer_.zero_grad();
  Tape tape;
  const ElboTerms terms = model_.elbo(x, latent_rng_, elbo);
  tape.backward(terms.loss());
  if (options_.clip > 0) nn::clip_grad_norm(optimizer_.parameters(), options_.clip);
  optimizer_.step();
  train_.add(terms);
  ++steps_;
}

void Trainer::finish_epoch() {
  ++epoch_;
  const EpochReport report{
      .epoch = epoch_,
      .train_neg_elbo = train_.neg_elbo(),
      .test = evaluate(model_, data_.test, options_.binarize, rng_.stream("test")),
      .seconds = seconds_,
      .images_per_second = static_cast<double>(train_.images) / seconds_};
  history_.push_back(report);
  train_ = {};
  seconds_ = 0;
  const auto bound = [&](int epoch) {
    return history_[static_cast<std::size_t>(epoch - 1)].test.neg_elbo();
  };
  const bool better = best_epoch_ == 0 || report.test.neg_elbo() < bound(best_epoch_);
  if (better) best_epoch_ = epoch_;
  if (!options_.out.empty()) {
    if (better && options_.patience > 0) save_model();
    log_.append(to_json(report).dump());
    save_checkpoint();
  }
  if (on_epoch) on_epoch(report);
}

void Trainer::save_model() const {
  if (!options_.out.empty()) nn::save(options_.out / kModel, model_);
}

void Trainer::save_checkpoint() const {
  if (options_.out.empty()) return;
  nn::NamedTensors tensors;
  nn::add_prefixed(tensors, "model.", model_.state());
  nn::add_prefixed(tensors, "optimizer.", optimizer_.state());
  json history = json::array();
  for (const EpochReport& r : history_) history.push_back(to_json(r));
  const json state = {{"epoch", epoch_},
                      {"steps", steps_},
                      {"batches", {batches_.state().epoch, batches_.state().position}},
                      {"latent_draw", latent_rng_.state().draw},
                      {"train", {train_.neg_log_lik, train_.kl, train_.images}},
                      {"seconds", seconds_},
                      {"history", history},
                      {"best_epoch", best_epoch_},
                      {"metrics_bytes", log_.size()}};
  nn::save_tensors(options_.out / kCheckpoint, tensors, {{"tapestry.trainer", state.dump()}});
}

bool Trainer::resume() {
  const std::filesystem::path path = options_.out / kCheckpoint;
  if (!std::filesystem::exists(path)) {
    log_.cut_to(0);
    return false;
  }
  const nn::TensorFile file = nn::load_tensors(path);
  const auto found = file.metadata.find("tapestry.trainer");
  check<DataError>(found != file.metadata.end(), "{}: this is no checkpoint of a run",
                   path.string());
  try {
    const json state = json::parse(found->second);
    model_.load_state(nn::take_prefixed(file.tensors, "model."));
    optimizer_.load_state(nn::take_prefixed(file.tensors, "optimizer."));
    epoch_ = state.at("epoch");
    steps_ = state.at("steps");
    batches_.set_state({.epoch = state.at("batches").at(0), .position = state.at("batches").at(1)});
    Rng::State latent = latent_rng_.state();
    latent.draw = state.at("latent_draw");
    latent_rng_.set_state(latent);
    train_ = {.neg_log_lik = state.at("train").at(0),
              .kl = state.at("train").at(1),
              .images = state.at("train").at(2)};
    seconds_ = state.at("seconds");
    history_.clear();
    for (const json& line : state.at("history")) history_.push_back(report_from(line));
    best_epoch_ = state.at("best_epoch");
    log_.cut_to(state.at("metrics_bytes").get<std::uintmax_t>());
  } catch (const json::exception& fault) {
    throw DataError(
        fmt::format("{}: the trainer's state cannot be read ({})", path.string(), fault.what()));
  }
  return true;
}

}  // namespace tapestry::vae
