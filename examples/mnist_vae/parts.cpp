#include "parts.hpp"

#include <cmath>

#include "models.hpp"
#include "nn/data/batcher.hpp"
#include "nn/data/own_images.hpp"
#include "nn/nn.hpp"

namespace mnist_vae {

using namespace tapestry;

namespace {

vae::DecoderKind decoder_kind(const Config& c) {
  return c.decoder == "gaussian"     ? vae::DecoderKind::gaussian
         : c.decoder == "cbernoulli" ? vae::DecoderKind::continuous_bernoulli
                                     : vae::DecoderKind::bernoulli;
}

}  // namespace

nn::ImageDataset load_images(Config& c) {
  const bool may_replace = c.data == "mnist" && !c.was_given("data") && !c.resume && c.load.empty();
  if (may_replace && !nn::find_dataset("mnist")) {
    fmt::print(
        "MNIST is not on this machine; training on strokes, digits drawn by the program (see "
        "--data)\n");
    c.data = "strokes";
  }
  nn::ImageDataset data;
  if (nn::is_own_images(c.data)) {
    const auto [rows, cols] = resize_of(c);
    data = nn::load_own_images(
        c.data, {.holdout = c.holdout, .seed = c.split_seed, .rows = rows, .cols = cols});
    choose_for_own_images(c, data);
  } else {
    for (const char* flag : {"holdout", "resize"})
      check<ConfigError>(!c.was_given(flag), "--{}: means nothing with --data {}, {}", flag, c.data,
                         "which has a test part and one size");
    data = nn::load_dataset(c.data);
  }
  if (c.smoke) nn::keep_first(data, 2000, 2000);
  data.binarize = nn::binarize_rule(c.binarize);
  if (model_of(c).kind == vae::VaeConfig::Kind::conditional) {
    check<ConfigError>(data.classes > 0, "--model conditional: {} has no labels", c.data);
    check<ConfigError>(c.label < data.classes, "--label {}: {} has the labels 0 to {}", c.label,
                       c.data, data.classes - 1);
  }
  return data;
}

vae::AnyVae make_model(const Config& c, const nn::ImageDataset& data) {
  return vae::make_vae({.kind = model_of(c).kind,
                        .rows = data.rows(),
                        .cols = data.cols(),
                        .channels = data.channels(),
                        .hidden = c.hidden,
                        .latent = c.latent,
                        .classes = std::max(1, data.classes),
                        .codes = c.codes,
                        .activation = c.activation == "tanh"       ? Activation::tanh
                                      : c.activation == "softplus" ? Activation::softplus
                                                                   : Activation::relu,
                        .decoder = decoder_kind(c)});
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

vae::Player player(const Config& c, const vae::AnyVae& model, nn::Optimizer& optimizer,
                   const nn::ImageDataset& data) {
  const std::int64_t steps_per_epoch = (data.train.count + c.batch - 1) / c.batch;
  const std::int64_t steps = std::max<std::int64_t>(1, c.epochs * steps_per_epoch);
  nn::Schedule schedule;
  if (c.schedule == "cosine") schedule = nn::schedule::cosine(c.lr, steps);
  if (c.schedule == "exponential")
    schedule = nn::schedule::exponential(c.lr, std::pow(0.01, 1.0 / static_cast<double>(steps)));
  if (c.schedule == "step") schedule = nn::schedule::step(c.lr, (steps + 2) / 3, 0.1);
  nn::Schedule beta;
  if (c.kl_warmup > 0)
    beta = nn::schedule::warm_up(c.kl_warmup * steps_per_epoch, nn::schedule::constant(1));
  return vae::vae_player(
      model, optimizer,
      {.estimator = c.estimator == "generic"   ? vae::Estimator::generic
                    : c.estimator == "landing" ? vae::Estimator::sticking_the_landing
                                               : vae::Estimator::analytic,
       .samples = c.samples,
       .beta = c.beta},
      std::move(schedule), std::move(beta));
}

vae::Explainer::Options explain_options(const Config& c) {
  return {
      .decoder = decoder_kind(c), .latent = c.latent, .seed = c.seed, .out = c.out, .print = true};
}

vae::TrainerOptions trainer_options(const Config& c) {
  return {.epochs = c.epochs,
          .batch = c.batch,
          .clip = c.clip,
          .patience = c.patience,
          .seed = c.seed,
          .out = c.out};
}

}  // namespace mnist_vae
