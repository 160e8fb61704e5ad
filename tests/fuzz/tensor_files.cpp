// safetensors files: weights, the checkpoint of a run, a captured step.
#include <nlohmann/json.hpp>

#include "fuzz/target.hpp"
#include "nn/capture.hpp"
#include "nn/checkpoint.hpp"
#include "nn/checksum.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/optim/adam.hpp"
#include "support/scratch_folder.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/trainer_state.hpp"

namespace tapestry::fuzz {

namespace {

constexpr const char* kState = "tapestry.trainer";
constexpr std::int64_t kBatch = 2;

// The smallest run: five images of two pixels.
struct Run {
  vae::MlpVae model{vae::VaeConfig{.rows = 1, .cols = 2, .hidden = {2}, .latent = 1}};
  nn::Adam adam{prepared(model)};
  nn::TensorDataset data{{tensor({{0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}, {0.0, 0.0}, {1.0, 0.0}})},
                         {tensor({{0.0, 1.0}})}};
  nn::Batcher batches{data, Rng(1), {.batch = kBatch}};

  static std::vector<Parameter*> prepared(nn::Module& m) {
    nn::init::torch_default(m, Rng(1));
    return m.parameters();
  }
};

Run& run() {
  static Run run;
  return run;
}

// A captured step names each tensor of model and optimizer: a small model, so that few bytes do.
struct Captured {
  nn::Linear layer{1, 1};
  nn::Adam adam{Run::prepared(layer)};
};

Captured& captured() {
  static Captured captured;
  return captured;
}

double score(const vae::EpochReport& report) { return -report.train.bound; }

// One epoch and a part of the next.
std::string trained_checkpoint(const ScratchFolder& folder) {
  Run run;
  vae::Trainer trainer({vae::vae_player(run.model, run.adam)}, run.data,
                       {.epochs = 2, .batch = kBatch, .out = folder.path()});
  trainer.on_step = [](const vae::StepReport& at) {
    if (at.epoch == 2) vae::Trainer::interrupt();
  };
  trainer.run();
  return slurp(folder / "checkpoint.safetensors");
}

// What the checksum is for is not asked here: a reader has to stand what a forger writes, too.
vae::TrainerState read_state(const std::string& text) {
  const nn::Metadata signed_text{
      {kState, text},
      {std::string(kState) + ".checksum", fmt::format("{:016x}", nn::checksum(text))}};
  return vae::read_state(signed_text, run().batches, kBatch, score);
}

void read_weights(std::string_view input) {
  accepted<DataError>([&] {
    const nn::TensorFile file = nn::parse_tensors(input, "input");
    std::size_t bytes = 0;
    for (const nn::NamedTensor& t : file.tensors) bytes += nn::bytes_of(t.value).size();
    must(bytes < input.size(), "tensors have no more bytes than their file");
    run().model.load_state(file.tensors);
  });
}

void read_checkpoint(std::string_view input) {
  accepted<DataError>([&] {
    const nn::TensorFile file = nn::parse_tensors(input, "input");
    const auto state = file.metadata.find(kState);
    if (state != file.metadata.end()) read_state(state->second);
    run().model.load_state(nn::take_prefixed(file.tensors, "model."));
    run().adam.load_state(nn::take_prefixed(file.tensors, "optimizer."));
  });
}

void read_trainer_state(std::string_view input) {
  accepted<DataError>([&] {
    const vae::TrainerState state = read_state(std::string(input));
    const std::string text = vae::to_metadata(state).at(kState);
    must(vae::to_metadata(read_state(text)).at(kState) == text, "a state read is written alike");
    for (const vae::EpochReport& report : state.history)
      must(nlohmann::json::accept(vae::to_json(report)), "a line of metrics is JSON");
  });
}

void read_capture(std::string_view input) {
  accepted<DataError>([&] {
    const nn::Capture step = nn::parse_capture(input, "input");
    nn::restore(step, captured().layer, &captured().adam);
  });
}

// The first byte is how many lines the checkpoint knows.
void read_metrics(std::string_view input) {
  if (input.empty()) return;
  accepted<DataError>([&] {
    vae::MetricsLog::check_whole(input.substr(1), input[0], "input");
    must(input.size() == 1 || input.back() == '\n', "kept lines are whole");
  });
}

std::vector<std::string> weights_seeds() {
  const ScratchFolder folder;
  nn::save(folder / "model", run().model, {{"made by", "a test"}});
  nn::save_tensors(folder / "all",
                   {{"half", tensor(std::vector<double>{0.5, 1.5}, {1, 2}, DType::f64)},
                    {"none", zeros({0, 3})},
                    {"steps", index_tensor(std::vector<std::int32_t>{1, 2, 3}, {3})}});
  return {slurp(folder / "model"), slurp(folder / "all")};
}

std::vector<std::string> checkpoint_seeds() {
  const ScratchFolder folder;
  return {trained_checkpoint(folder)};
}

std::vector<std::string> state_seeds() {
  const ScratchFolder folder;
  trained_checkpoint(folder);
  return {nn::load_tensors(folder / "checkpoint.safetensors").metadata.at(kState)};
}

std::vector<std::string> capture_seeds() {
  const ScratchFolder folder;
  nn::Capture step = nn::capture(captured().layer, &captured().adam);
  step.inputs = {{"x", tensor({{0.0, 1.0}})}};
  step.rngs = {{"latent", Rng(3).state()}};
  step.notes = {{"program", "a test"}};
  nn::save_capture(folder / "step", step);
  return {slurp(folder / "step")};
}

std::vector<std::string> metrics_seeds() {
  const ScratchFolder folder;
  trained_checkpoint(folder);
  return {'\1' + slurp(folder / "metrics.jsonl"), std::string("\0", 1)};
}

}  // namespace

extern const Target kWeights{"weights", "a safetensors file, and its weights into a model",
                             read_weights, weights_seeds, 200};
extern const Target kCheckpoint{"checkpoint",
                                "the checkpoint of a run, with its checksum put right",
                                read_checkpoint, checkpoint_seeds, 200};
extern const Target kTrainerState{"trainer_state", "the trainer's state inside a checkpoint",
                                  read_trainer_state, state_seeds, 200};
extern const Target kCapture{"capture", "a captured step", read_capture, capture_seeds, 200};
extern const Target kMetrics{"metrics", "metrics.jsonl on resume", read_metrics, metrics_seeds, 4};

}  // namespace tapestry::fuzz
