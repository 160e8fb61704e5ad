#include "support/concept/train_images.hpp"

#include <fmt/format.h>

#include "nn/init.hpp"
#include "support/concept/train.hpp"

namespace support {

using namespace tapestry;

void train_images(const Concept& c, const std::string& name, nn::Module& model,
                  const vae::Play& play, const nn::Dataset& data, const TrainImages& options,
                  Record& record) {
  nn::init::torch_default(model, c.rng("init"));
  const auto note = [&](const vae::EpochReport& e) {
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
  train(model, play, data,
        {.epochs = options.epochs,
         .batch = options.batch,
         .rate = options.lr,
         .seed = c.seed(),
         .falls_to = 0.1},
        note);
}

}  // namespace support
