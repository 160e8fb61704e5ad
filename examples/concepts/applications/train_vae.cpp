#include "concepts/applications/train_vae.hpp"

#include <fmt/format.h>

#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "vae/training/trainer.hpp"

namespace support {

using namespace tapestry;

std::unique_ptr<vae::MlpVae> train_vae(const Concept& c, const nn::ImageDataset& data,
                                       vae::VaeConfig config, const TrainVae& options) {
  config.rows = data.rows();
  config.cols = data.cols();
  auto model = std::make_unique<vae::MlpVae>(config);
  nn::init::torch_default(*model, c.rng("init"));
  nn::Adam adam(model->parameters(), {.lr = options.lr});
  const std::int64_t batches = (data.train.count + options.batch - 1) / options.batch;
  const nn::Schedule rate = nn::schedule::cosine(options.lr, options.epochs * batches);
  vae::Trainer trainer({vae::vae_player(*model, adam, {}, rate)}, data,
                       {.epochs = options.epochs, .batch = options.batch, .seed = c.seed()});
  trainer.run();
  const vae::EpochReport& last = trainer.history().back();
  fmt::print("{} images of {}, {} epochs: test -ELBO {:.2f} = {:.2f} + {:.2f} KL nats/image\n",
             data.train.count, data.name, options.epochs, last.test.neg_elbo(),
             last.test.neg_log_lik(), last.test.kl());
  model->eval();
  return model;
}

vae::VaeConfig digits_network(const Concept& c) {
  return {.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 10)};
}

TrainVae digits_training(const Concept& c) {
  return {.epochs = c.choose(15, 20), .batch = c.choose(128, 50), .lr = c.choose(1e-3, 3e-3)};
}

}  // namespace support
