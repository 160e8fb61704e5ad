#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "nn/data/image_dataset.hpp"

namespace mnist_vae {

/// Every flag: the settings, which config.json keeps, and the flags of one call, which it does not.
struct Config {
  // settings; the table below has their help and their limits
  std::string data = "mnist";
  double holdout = 0.1;
  std::string resize;
  std::string binarize = "dynamic";
  std::string model = "mlp";
  std::vector<std::int64_t> hidden = {400};
  std::int64_t latent = 20;
  std::int64_t codes = 64;
  std::string activation = "relu";
  std::string decoder = "bernoulli";
  std::string estimator = "analytic";
  int samples = 1;
  double beta = 1;
  int kl_warmup = 0;
  int epochs = 10;
  std::int64_t batch = 128;
  std::string optimizer = "adam";
  double lr = 1e-3;
  std::string schedule = "constant";
  double clip = 0;
  int patience = 0;
  std::uint64_t seed = 1;
  int threads = 0;
  int log_px = 0;
  bool active_units = false;
  bool explain = false;
  bool smoke = false;
  bool exact = false;

  // this call
  std::filesystem::path out = "runs/mnist_vae";
  bool resume = false;
  std::filesystem::path load;
  int label = -1;                    ///< of the samples; -1: each in turn
  std::string chosen;                ///< the result of `choose_open_settings`
  std::uint64_t split_seed = 1;      ///< of the test images that are held out: the seed of the run
  std::vector<std::string> given;    ///< flags on the command line
  std::vector<std::string> in_file;  ///< settings from a file
  bool was_given(const std::string& flag) const;
  /// Chosen by the user, on the command line or in a file: no default replaces it.
  bool was_set(const std::string& setting) const;
};

/// The values that a setting may have.
struct Rule {
  std::vector<const char*> words = {};                      ///< for a text; empty = any
  double least = -std::numeric_limits<double>::infinity();  ///< for a number, or each of a list
  bool open = false;                                        ///< above `least`, not equal to it
};
inline Rule any() { return {}; }
inline Rule one_of(std::vector<const char*> words) { return {.words = std::move(words)}; }
inline Rule from(double least) { return {.least = least}; }
inline Rule above(double least) { return {.least = least, .open = true}; }

/// The one table of settings: fn(flag, field, rule, help) for each. The command line, config.json,
/// the limits and the comparison of a resumed run come from it.
template <class C, class Fn>
void for_each_setting(C& c, Fn&& fn) {
  fn("data", c.data, any(),
     "mnist, fashion, freyfaces (the header names its own defaults), strokes (drawn, needs no "
     "file), a folder of IDX files, or images of your own: a .npy or .npz file or a folder of PNG");
  fn("holdout", c.holdout, above(0),
     "images of your own: the share to test on, drawn by the seed; none where the data have a test "
     "part");
  fn("resize", c.resize, any(),
     "images of your own: bring all to this size, as 32 or 24x32 (rows x columns)");
  fn("binarize", c.binarize, one_of({"dynamic", "threshold", "none"}),
     "pixels: dynamic (a fresh Bernoulli draw each epoch), threshold or none (grey)");
  fn("model", c.model, one_of({"mlp", "conv", "conditional", "ladder", "vq", "pixel"}),
     "mlp, conv, conditional, ladder, vq or pixel; what each is stands below");
  fn("hidden", c.hidden, from(1), "widths of the hidden layers, for example 400 or 512,256");
  fn("latent", c.latent, from(1),
     "size of z; with 2, a picture of the manifold is made. ladder: of the top layer; vq: of a "
     "vector in the codebook");
  fn("codes", c.codes, from(2), "vq: vectors in the codebook");
  fn("activation", c.activation, one_of({"relu", "tanh", "softplus"}), "relu, tanh or softplus");
  fn("decoder", c.decoder, one_of({"bernoulli", "cbernoulli", "gaussian"}),
     "p(x|z): bernoulli, or for grey pixels cbernoulli (continuous Bernoulli) or gaussian (learned "
     "variance)");
  fn("estimator", c.estimator, one_of({"analytic", "generic", "landing"}),
     "analytic (closed-form KL), generic (everything sampled) or landing (sticking the landing)");
  fn("samples", c.samples, from(1), "draws of z for each image in training");
  fn("beta", c.beta, from(0),
     "weight of the KL in the objective; the numbers printed are always the bound itself");
  fn("kl-warmup", c.kl_warmup, from(0), "epochs over which the weight of the KL grows from 0");
  fn("epochs", c.epochs, from(1), "passes over the training images");
  fn("batch", c.batch, from(1), "images in a minibatch");
  fn("optimizer", c.optimizer, one_of({"adam", "adamw", "adagrad", "rmsprop", "sgd"}),
     "adam, adamw, adagrad, rmsprop or sgd (momentum 0.9)");
  fn("lr", c.lr, above(0), "learning rate");
  fn("schedule", c.schedule, one_of({"constant", "cosine", "exponential", "step"}),
     "of the learning rate: constant, cosine (to 0), exponential (to 1/100), step (x 0.1 each "
     "third)");
  fn("clip", c.clip, from(0), "largest norm of the gradient; 0 = no clipping");
  fn("patience", c.patience, from(0),
     "stop after this many epochs without a better test bound; 0 = never");
  fn("seed", c.seed, any(), "of all random numbers");
  fn("threads", c.threads, from(0), "processor threads; 0 = all cores");
  fn("log-px", c.log_px, from(0),
     "estimate log p(x) of the first 2,000 test images with this many samples each; 0 = no");
  fn("active-units", c.active_units, any(),
     "show after each epoch how many latents are in use on the test images");
  fn("explain", c.explain, any(),
     "measure each epoch (explain.jsonl), and say at the end what is wrong with the run, if "
     "anything; "
     "with --resume, of a run that has ended");
  fn("smoke", c.smoke, any(), "a quick look: first 2,000 images, 1 epoch");
  fn("exact", c.exact, any(),
     "the same bytes from 1, 2, 4 and 8 processes (examples/run --ranks N): each minibatch in 8 "
     "pieces, one thread each");
}

/// Sets the settings that the user left open from the data, the model and the decoder: faces are grey
/// and few, a ladder has several layers, and a density of grey pixels needs grey pixels. Returns its
/// choices, for the header; empty for none.
std::string choose_open_settings(Config& config);

/// The same for images of one's own, which are known by then.
void choose_for_own_images(Config& config, const tapestry::nn::ImageDataset& data);

/// Rows and columns that --resize asks for; 0 and 0 without it. ConfigError unless it is one whole number or two with
/// an x between them, 1 to 4096.
std::pair<std::int64_t, std::int64_t> resize_of(const Config& config);

/// The pixel rule in words: "drawn from Bernoulli(grey) afresh each epoch".
std::string data_rule(const Config& config);

/// The settings that are not at their defaults, and --label where it is given.
std::vector<std::string> changed_settings(const Config& config);

/// The text as one word of a shell: in quotation marks where it must be.
std::string shell_word(const std::string& text);

/// The command that asks for these settings: "examples/run mnist_vae --model conv --epochs 20".
std::string command_text(const Config& config);

/// Throws ConfigError for a value that breaks its rule, or two values that exclude each other.
void validate(const Config& config);

/// The settings as config.json holds them.
std::string to_json(const Config& config);

/// Takes the settings of `file`, a JSON object. Throws ConfigError if it is unreadable or no valid
/// JSON, and for a setting of another type or an unknown one.
void read_settings(Config& config, const std::filesystem::path& file);
/// The same for the text of a file, which errors call `name`.
void parse_settings(Config& config, const std::string& text, const std::string& name);

/// Throws ConfigError if a resumed call asks for other settings than `before`, those of the run's
/// config.json, `file`. Some, such as the number of epochs, may change.
void check_same_run(const Config& before, const Config& now, const std::filesystem::path& file);

}  // namespace mnist_vae
