#include "concepts/hierarchies/train_sequences.hpp"

#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "vae/training/trainer.hpp"

namespace concepts {

using namespace tapestry;

void train_sequences(const support::Concept& c, nn::Module& model, const vae::Play& play,
                     const nn::TensorDataset& data, const std::string& name,
                     const TrainSequences& options, support::Record& record) {
  nn::init::torch_default(model, c.rng(name));
  nn::Adam adam(model.parameters());
  const std::int64_t batches = (data.size(nn::Part::train) + options.batch - 1) / options.batch;
  const nn::Schedule rate = nn::schedule::cosine(options.lr, options.epochs * batches);
  vae::Trainer trainer(
      {{name, model, adam, play, rate}}, data,
      {.epochs = options.epochs, .batch = options.batch, .clip = 100, .seed = c.seed()});
  const auto frames =
      static_cast<double>(data.range(nn::Part::test, 0, 1, c.rng("shape")).images.dim(1));
  trainer.on_epoch = [&](const vae::EpochReport& report) {
    record.add(name, report.epoch, report.test.bound / frames);
    if (report.test.is_elbo()) record.add(name + ", KL", report.epoch, report.test.kl() / frames);
    c.keep(record, fmt::format("{}, epoch {}: {:.3f} nats a frame", name, report.epoch,
                               report.test.bound / frames));
  };
  trainer.run();
  model.eval();
}

}  // namespace concepts
