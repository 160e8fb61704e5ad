#include "support/train_vae.hpp"

#include <fmt/format.h>

#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "vae/trainer.hpp"

namespace support {

using namespace tapestry;

std::unique_ptr<vae::Vae> train_vae(const Concept& c, const nn::ImageDataset& data,
                                    vae::VaeConfig config, const TrainVae& options) {
  config.rows = data.rows();
  config.cols = data.cols();
  auto model = vae::make_vae(config);
  nn::init::torch_default(*model, c.rng("init"));
  nn::Adam adam(model->parameters(), {.lr = options.lr});
  const std::int64_t batches = (data.train.count + options.batch - 1) / options.batch;
  vae::Trainer trainer(*model, data, adam,
                       {.epochs = options.epochs,
                        .batch = options.batch,
                        .binarize = options.binarize,
                        .schedule = nn::schedule::cosine(options.lr, options.epochs * batches),
                        .seed = c.seed()});
  trainer.run();
  const vae::EpochReport& last = trainer.history().back();
  fmt::print("{} images of {}, {} epochs: test -ELBO {:.2f} = {:.2f} + {:.2f} KL nats/image\n",
             data.train.count, data.name, options.epochs, last.test.neg_elbo(),
             last.test.neg_log_lik, last.test.kl);
  model->eval();
  return model;
}

vae::VaeConfig digits_network(const Concept& c) {
  return {.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 10)};
}

TrainVae digits_training(const Concept& c, nn::Binarize rule) {
  return {.epochs = c.choose(15, 20),
          .batch = c.choose(128, 50),
          .lr = c.choose(1e-3, 3e-3),
          .binarize = rule};
}

}  // namespace support
