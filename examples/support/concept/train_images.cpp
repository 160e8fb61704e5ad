#include "support/concept/train_images.hpp"

#include <fmt/format.h>

#include "nn/init.hpp"
#include "nn/optim/adam.hpp"

namespace support {

using namespace tapestry;

void train_images(const Concept& c, const std::string& name, nn::Module& model,
                  const vae::Play& play, const nn::Dataset& data, const TrainImages& options,
                  Record& record) {
  nn::init::torch_default(model, c.rng("init"));
  nn::Adam adam(model.parameters());
  const std::int64_t steps = options.epochs * data.size(nn::Part::train) / options.batch;
  vae::Trainer trainer(
      {{"vae", model, adam, play, nn::schedule::cosine(options.lr, steps, 0.1 * options.lr)}}, data,
      {.epochs = options.epochs, .batch = options.batch, .seed = c.seed()});
  trainer.on_epoch = [&](const vae::EpochReport& e) {
    record.add(name + ", -ELBO", e.epoch, -e.test.bound);
    std::string parts;
    for (const auto& [part, nats] : e.test.parts) {
      record.add(name + ", " + part, e.epoch, nats);
      parts += fmt::format(", {} {:.4f}", part, nats);
    }
    if (options.on_epoch) options.on_epoch(e);
    c.keep(record, fmt::format("{}, epoch {}: -ELBO {:.2f}{}, {:.0f} s", name, e.epoch,
                               -e.test.bound, parts, e.seconds));
  };
  trainer.run();
}

}  // namespace support
