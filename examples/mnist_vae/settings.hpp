#pragma once

#include "config.hpp"

// What config.json keeps of a Config, and what of it is refused.
namespace mnist_vae {

/// The one list of settings: fn(flag, field, help) for each. The command line, config.json and the
/// comparison of a resumed run all walk it.
template <class C, class Fn>
void for_each_setting(C& c, Fn&& fn) {
  fn("data", c.data,
     "mnist, fashion, freyfaces, strokes (drawn, needs no file), or a folder of IDX files");
  fn("binarize", c.binarize,
     "pixels: dynamic (a fresh Bernoulli draw each epoch), threshold or none (grey)");
  fn("model", c.model, "mlp or conv");
  fn("hidden", c.hidden, "widths of the hidden layers, for example 400 or 512,256");
  fn("latent", c.latent, "size of z; with 2, a picture of the manifold is made");
  fn("activation", c.activation, "relu, tanh or softplus");
  fn("decoder", c.decoder,
     "p(x|z): bernoulli, cbernoulli (continuous Bernoulli) or gaussian (learned variance)");
  fn("estimator", c.estimator, "analytic (closed-form KL) or generic (everything sampled)");
  fn("samples", c.samples, "draws of z for each image in training");
  fn("beta", c.beta,
     "weight of the KL in the objective; the numbers printed are always the bound itself");
  fn("kl-warmup", c.kl_warmup, "epochs over which the weight of the KL grows from 0");
  fn("epochs", c.epochs, "passes over the training images");
  fn("batch", c.batch, "images in a minibatch");
  fn("optimizer", c.optimizer, "adam, adamw, adagrad, rmsprop or sgd (momentum 0.9)");
  fn("lr", c.lr, "learning rate");
  fn("schedule", c.schedule,
     "of the learning rate: constant, cosine (to 0), exponential (to 1/100), step (x 0.1 each "
     "third)");
  fn("clip", c.clip, "largest norm of the gradient; 0 = no clipping");
  fn("patience", c.patience, "stop after this many epochs without a better test bound; 0 = never");
  fn("seed", c.seed, "of all random numbers");
  fn("threads", c.threads, "processor threads; 0 = all cores");
  fn("log-px", c.log_px,
     "estimate log p(x) of the first 2,000 test images with this many samples each; 0 = no");
  fn("smoke", c.smoke, "a quick look: first 2,000 images, 1 epoch");
}

/// Throws ConfigError for a value that cannot be.
void validate(const Config& config);

/// Takes the settings that `file` has, a JSON object. Throws ConfigError: unreadable, no valid JSON,
/// a setting of another type, an unknown one.
void read_settings(Config& config, const std::filesystem::path& file);

/// A run's settings are fixed; what a resumed call asks differently is refused rather than ignored.
/// `file` is the config.json that gave `before`.
void check_same_run(const Config& before, const Config& now, const std::filesystem::path& file);

}  // namespace mnist_vae
