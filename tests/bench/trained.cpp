#include "trained.hpp"

#include <fmt/format.h>
#include "threads.hpp"

#include "autograd/ops.hpp"
#include "nn/data/batcher.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/safetensors.hpp"
#include "tapestry_step.hpp"

namespace tapestry::bench {
namespace {

constexpr const char *kModel = "model.", *kAdam = "adam.", *kMinibatches = "minibatches";

const nn::ImageDataset& images() {
  static const nn::ImageDataset data =
      nn::load_dataset(nn::find_dataset("mnist") ? "mnist" : "strokes");
  return data;
}

std::int64_t minibatches_of(const Case& c) { return std::max<std::int64_t>(4, 2048 / c.batch); }

// Everything that the file depends on; the number is that of its layout.
std::string key_of(const Case& c, int steps) {
  return fmt::format(
      "1: {} hidden {} latent {} activation {} batch {} samples {}; {} steps on {} {}",
      c.model.kind == vae::VaeConfig::Kind::conv ? "conv" : "mlp", fmt::join(c.model.hidden, "-"),
      c.model.latent, static_cast<int>(c.model.activation), c.batch, c.samples, steps,
      images().train.count, images().name);
}

// Minibatches of one epoch after the other.
class Stream {
 public:
  explicit Stream(const Case& c)
      : batches_(images().train, Rng(1).stream("batches"),
                 {.batch = c.batch, .binarize = nn::Binarize::dynamic, .drop_last = true}) {}

  const Tensor& next() {
    while (!batches_.next(batch_)) {}
    return batch_.images;
  }

 private:
  nn::Batcher batches_;
  nn::Batch batch_;
};

void train(const Case& c, int steps, const std::filesystem::path& file, const std::string& key) {
  use_threads(processors());
  Stream stream(c);
  TapestryStep tapestry(c, fresh_state(c));
  double told = seconds_now();
  for (int step = 1; step <= steps; ++step) {
    tapestry.step_on(stream.next());
    if (seconds_now() - told < 5 && step < steps) continue;
    fmt::print(stderr, "{}: step {} of {} before anything is timed, loss {:.1f}\n", c.name, step,
               steps, tapestry.loss());
    told = seconds_now();
  }
  std::vector<Tensor> minibatches;
  for (std::int64_t i = 0; i < minibatches_of(c); ++i) minibatches.push_back(stream.next());
  nn::NamedTensors all = {{kMinibatches, stack(minibatches, 0)}};
  nn::add_prefixed(all, kModel, tapestry.parameters());
  nn::add_prefixed(all, "", tapestry.adam());
  std::filesystem::create_directories(file.parent_path());
  nn::save_tensors(file, all, {{"case", key}});
}

State read(const std::filesystem::path& file, const std::string& key) {
  if (!std::filesystem::exists(file)) return {};
  const nn::TensorFile found = nn::load_tensors(file);
  const auto made_for = found.metadata.find("case");
  if (made_for == found.metadata.end() || made_for->second != key) return {};
  State state = {.parameters = nn::take_prefixed(found.tensors, kModel),
                 .adam = {},
                 .minibatches = {},
                 .file = file};
  nn::add_prefixed(state.adam, kAdam, nn::take_prefixed(found.tensors, kAdam));
  for (const nn::NamedTensor& t : found.tensors) {
    if (t.name != kMinibatches) continue;
    for (std::int64_t i = 0; i < t.value.dim(0); ++i) {
      state.minibatches.push_back(reshape(slice(t.value, 0, i, i + 1), {t.value.dim(1), -1}));
    }
  }
  return state;
}

}  // namespace

State Start::of(const Case& c) const {
  if (steps == 0) return fresh_state(c);
  const std::filesystem::path file = folder / fmt::format("{}-{}.safetensors", c.name, steps);
  const std::string key = key_of(c, steps);
  State state = read(file, key);
  if (state.file.empty()) {
    train(c, steps, file, key);
    state = read(file, key);
  }
  fmt::print(stderr, "{}: after {} steps on {}, {} denormals ({})\n", c.name, steps, images().name,
             count_denormals(state.parameters) + count_denormals(state.adam), file.string());
  return state;
}

}  // namespace tapestry::bench
