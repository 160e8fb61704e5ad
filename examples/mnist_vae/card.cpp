#include "card.hpp"

#include <numeric>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "command_line.hpp"
#include "models.hpp"
#include "nn/file.hpp"
#include "nn/safetensors.hpp"
#include "vae/training/progress.hpp"

namespace mnist_vae {

using namespace tapestry;

namespace {

constexpr std::int64_t kWitnesses = 16;

// The sizes of the draws of z, in their order: a ladder begins at the top. Codes are not drawn.
std::vector<std::int64_t> drawn(const Config& c) {
  switch (model_of(c).kind) {
    case vae::VaeConfig::Kind::vq:
      return {};
    case vae::VaeConfig::Kind::ladder: {
      const auto up = vae::ladder_latents(c.latent, c.hidden.size());
      return {up.rbegin(), up.rend()};
    }
    default:
      return {c.latent};
  }
}

nn::Batch first_test_images(const Config& c, const nn::ImageDataset& data) {
  std::vector<std::int32_t> index(static_cast<std::size_t>(std::min(kWitnesses, data.test.count)));
  std::iota(index.begin(), index.end(), 0);
  nn::Batch batch =
      data.batch(nn::Part::test, index, Rng(c.seed).stream("witness").stream("pixels"), 0);
  batch.index = {};
  return batch;
}

}  // namespace

void write_card(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data,
                const vae::EpochReport& kept) {
  const auto count = [](auto n) { return vae::with_commas(static_cast<double>(n)); };
  nn::write_file_atomically(
      c.out / "model.md",
      fmt::format(
          "# {} {}, trained on {}\n\n"
          "| | |\n|---|---|\n"
          "| model | {} {}, {} parameters |\n"
          "| data | {}: {} training and {} test images of {}x{} |\n"
          "| pixels | {} |\n"
          "| trained for | {} epochs, objective: {} bound, beta {}, optimizer {}, learning rate {} "
          "|\n"
          "| test -ELBO | {:.2f} nats per image = {:.2f} reconstruction + {:.2f} KL, sampled z |\n"
          "| seed | {} |\n"
          "| made by | Tapestry {} |\n\n"
          "To make it again:\n\n    {}\n\n"
          "`model.safetensors` holds the weights and `config.json` the settings. "
          "`witness.safetensors` holds "
          "{} test images, the noise\nand -ELBO of each: a copy of the model elsewhere must say "
          "the same "
          "(docs/howto/move_to_pytorch.md).\n",
          c.model, shape_text(c, data.image_size()), data.name, c.model,
          shape_text(c, data.image_size()), count(model.module->parameter_count()), data.name,
          count(data.train.count), count(data.test.count), data.rows(), data.cols(), data_rule(c),
          kept.epoch, c.estimator, c.beta, c.optimizer, c.lr, kept.test.neg_elbo(),
          kept.test.neg_log_lik(), kept.test.kl(), c.seed, kVersion, command_text(c),
          std::min(kWitnesses, data.test.count)));
}

void write_witness(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data) {
  const NoGrad no_grad;
  model.module->eval();
  const nn::Batch batch = first_test_images(c, data);
  nn::NamedTensors tensors = {{"images", batch.images}};
  if (batch.labels.defined()) tensors.push_back({"labels", batch.labels});

  const Rng start = Rng(c.seed).stream("witness").stream("noise");
  Rng noise = start, rng = start;
  int draw = 0;
  for (const std::int64_t latents : drawn(c))
    tensors.push_back(
        {fmt::format("noise.{}", draw++), noise.normal({batch.images.dim(0), latents})});
  const vae::Objective says = model.objective(batch, rng, {});
  tensors.push_back({"neg_elbo", neg(says.bound)});
  nn::save_tensors(c.out / "witness.safetensors", tensors, {{"model", c.model}});
}

}  // namespace mnist_vae
