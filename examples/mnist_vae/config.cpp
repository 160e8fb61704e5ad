#include "config.hpp"

#include <cmath>

#include "nn/nn.hpp"

namespace mnist_vae {

using namespace tapestry;

vae::VaeConfig model_config(const Config& c, const nn::ImageDataset& data) {
  return {.kind = c.model == "conv" ? vae::VaeConfig::Kind::conv : vae::VaeConfig::Kind::mlp,
          .rows = data.rows(),
          .cols = data.cols(),
          .hidden = c.hidden,
          .latent = c.latent,
          .activation = c.activation == "tanh"       ? Activation::tanh
                        : c.activation == "softplus" ? Activation::softplus
                                                     : Activation::relu,
          .decoder = c.decoder == "gaussian"     ? vae::DecoderKind::gaussian
                     : c.decoder == "cbernoulli" ? vae::DecoderKind::continuous_bernoulli
                                                 : vae::DecoderKind::bernoulli};
}

std::unique_ptr<nn::Optimizer> make_optimizer(const Config& c, std::vector<Parameter*> parameters) {
  if (c.optimizer == "adamw")
    return std::make_unique<nn::AdamW>(std::move(parameters), nn::AdamWOptions{.lr = c.lr});
  if (c.optimizer == "adagrad")
    return std::make_unique<nn::Adagrad>(std::move(parameters), nn::AdagradOptions{.lr = c.lr});
  if (c.optimizer == "rmsprop")
    return std::make_unique<nn::RmsProp>(std::move(parameters), nn::RmsPropOptions{.lr = c.lr});
  if (c.optimizer == "sgd")
    return std::make_unique<nn::Sgd>(std::move(parameters),
                                     nn::SgdOptions{.lr = c.lr, .momentum = 0.9});
  return std::make_unique<nn::Adam>(std::move(parameters), nn::AdamOptions{.lr = c.lr});
}

vae::TrainerOptions trainer_options(const Config& c, const nn::ImageDataset& data) {
  const std::int64_t steps_per_epoch = (data.train.count + c.batch - 1) / c.batch;
  const std::int64_t steps = std::max<std::int64_t>(1, c.epochs * steps_per_epoch);
  nn::Schedule schedule;
  if (c.schedule == "cosine") schedule = nn::schedule::cosine(c.lr, steps);
  if (c.schedule == "exponential")
    schedule = nn::schedule::exponential(c.lr, std::pow(0.01, 1.0 / static_cast<double>(steps)));
  if (c.schedule == "step") schedule = nn::schedule::step(c.lr, (steps + 2) / 3, 0.1);
  return {.epochs = c.epochs,
          .batch = c.batch,
          .binarize = nn::binarize_rule(c.binarize),
          .elbo = {.estimator = c.estimator == "generic" ? vae::Estimator::generic
                                                         : vae::Estimator::analytic,
                   .samples = c.samples,
                   .beta = c.beta},
          .kl_warmup = c.kl_warmup,
          .schedule = std::move(schedule),
          .clip = c.clip,
          .patience = c.patience,
          .seed = c.seed,
          .out = c.out};
}

std::string data_rule(const Config& c) {
  if (c.binarize == "dynamic") return "pixels drawn from Bernoulli(grey) afresh each epoch";
  if (c.binarize == "threshold") return "pixels 1 above half grey, else 0";
  return "grey pixels in [0, 1]";
}

std::string bound_warning(const Config& c) {
  if (c.binarize == "none" && c.decoder == "bernoulli") {
    return "with grey pixels a Bernoulli likelihood is a cross entropy: the numbers are no bound "
           "on log p(x)";
  }
  if (c.binarize != "none" && c.decoder != "bernoulli") {
    return "a density over pixels that are only 0 or 1 has no upper limit: compare these numbers "
           "with nothing else";
  }
  return {};
}

}  // namespace mnist_vae
