#include "config.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/kernels/blas.hpp"
#include "nn/nn.hpp"

namespace mnist_vae {

using namespace tapestry;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* kVersion = "0.1.0";

// The one list of settings: flag, field, help. Command line, config.json and the comparison of a
// resumed run all walk it.
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

// Settings that may change when a run is resumed; the others would make it another run.
bool may_change(std::string_view name) {
  return name == "epochs" || name == "patience" || name == "threads" || name == "log-px";
}

void one_of(const char* flag, const std::string& value, std::initializer_list<const char*> known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  throw ConfigError(fmt::format("--{} {}: must be one of {}", flag, value, fmt::join(known, ", ")));
}

template <class T>
void at_least(const char* flag, T value, T least) {
  check<ConfigError>(value >= least, "--{} {}: must be at least {}", flag, value, least);
}

void validate(const Config& c) {
  one_of("binarize", c.binarize, {"dynamic", "threshold", "none"});
  one_of("model", c.model, {"mlp", "conv"});
  one_of("activation", c.activation, {"relu", "tanh", "softplus"});
  one_of("decoder", c.decoder, {"bernoulli", "cbernoulli", "gaussian"});
  one_of("estimator", c.estimator, {"analytic", "generic"});
  one_of("optimizer", c.optimizer, {"adam", "adamw", "adagrad", "rmsprop", "sgd"});
  one_of("schedule", c.schedule, {"constant", "cosine", "exponential", "step"});
  check<ConfigError>(!c.hidden.empty(), "--hidden: needs at least one width");
  for (const std::int64_t width : c.hidden) at_least<std::int64_t>("hidden", width, 1);
  at_least<std::int64_t>("latent", c.latent, 1);
  at_least("samples", c.samples, 1);
  at_least("epochs", c.epochs, 1);
  at_least<std::int64_t>("batch", c.batch, 1);
  if (c.was_given("threads")) at_least("threads", c.threads, 1);
  at_least("threads", c.threads, 0);
  at_least("kl-warmup", c.kl_warmup, 0);
  at_least("patience", c.patience, 0);
  at_least("log-px", c.log_px, 0);
  check<ConfigError>(std::isfinite(c.lr) && c.lr > 0, "--lr {}: must be a finite number above 0",
                     c.lr);
  check<ConfigError>(std::isfinite(c.beta) && c.beta >= 0,
                     "--beta {}: must be a finite number, 0 or more", c.beta);
  check<ConfigError>(std::isfinite(c.clip) && c.clip >= 0,
                     "--clip {}: must be a finite number, 0 or more", c.clip);
}

void read_settings(Config& c, const std::filesystem::path& file) {
  std::ifstream in(file);
  check<ConfigError>(in.good(), "{}: cannot read the settings", file.string());
  Json json;
  try {
    json = Json::parse(in);
    check<ConfigError>(json.is_object(),
                       "{}: settings are a JSON object like that of a run's config.json",
                       file.string());
    for_each_setting(c, [&](const char* name, auto& field, const char*) {
      const auto found = json.find(name);
      if (found == json.end()) return;
      using Field = std::remove_reference_t<decltype(field)>;
      constexpr bool kNumber = std::is_arithmetic_v<Field> && !std::is_same_v<Field, bool>;
      check<ConfigError>(!kNumber || found->is_number(), "{}: {} must be a number, not {}",
                         file.string(), name, found->dump());
      check<ConfigError>(!std::is_integral_v<Field> || !kNumber || found->is_number_integer(),
                         "{}: {} must be a whole number, not {}", file.string(), name,
                         found->dump());
      field = found->template get<Field>();
      json.erase(found);
    });
  } catch (const Json::exception& fault) {
    throw ConfigError(fmt::format("{}: no valid settings ({})", file.string(), fault.what()));
  }
  check<ConfigError>(json.empty(), "{}: unknown setting \"{}\"", file.string(),
                     json.empty() ? "" : json.begin().key());
}

struct Call {  // flags that are no settings
  std::string config, load, out = "runs/mnist_vae";
  bool resume = false;
};

// Reads argv into c and call; what is not on the command line stays as it is.
std::vector<std::string> read_flags(Config& c, Call& call, int argc, char** argv) {
  CLI::App app(
      "Trains a variational autoencoder on images and keeps numbers, pictures and the model in a "
      "folder.\n"
      "Without flags: MNIST, pixels drawn afresh each epoch, 784-400-20, 10 epochs. Numbers are in "
      "nats per image.",
      "mnist_vae");
  app.set_version_flag(
      "--version",
      fmt::format("mnist_vae (Tapestry {})\ncompiler  {}\nBLAS      {}\ndtype     f32", kVersion,
#ifdef __clang__
                  "clang " __clang_version__,
#else
                  "g++ " __VERSION__,
#endif
                  blas_description()));
  for_each_setting(c, [&](const std::string& name, auto& field, const char* help) {
    using Field = std::remove_reference_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, bool>) {
      app.add_flag("--" + name, field, help);
    } else if constexpr (std::is_same_v<Field, std::vector<std::int64_t>>) {
      app.add_option("--" + name, field, help)->delimiter(',')->capture_default_str();
    } else {
      app.add_option("--" + name, field, help)->capture_default_str();
    }
  });
  app.add_option("--out", call.out, "folder for this run")->capture_default_str();
  app.add_flag("--resume", call.resume, "go on from the newest checkpoint in --out");
  app.add_option("--load", call.load,
                 "train nothing: evaluate and draw with the finished model of this folder");
  app.add_option("--config", call.config,
                 "settings from a JSON file, such as a run's config.json; flags win over it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    std::exit(app.exit(wanted));
  } catch (const CLI::ExtrasError&) {
    throw ConfigError(fmt::format("unknown argument {}", app.remaining().front()),
                      "mnist_vae --help lists the flags");
  } catch (const CLI::ParseError& fault) {
    std::string text = fault.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    throw ConfigError(text, "mnist_vae --help lists the flags");
  }
  std::vector<std::string> given;
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() > 0) given.push_back(option->get_name().substr(2));
  }
  return given;
}

// A run's settings are fixed; what a resumed call asks differently is refused rather than ignored.
void check_same_run(const Config& before, const Config& now, const std::filesystem::path& file) {
  Json old_settings = Json::parse(to_json(before)), new_settings = Json::parse(to_json(now));
  for (const auto& [name, value] : new_settings.items()) {
    if (may_change(name) || old_settings[name] == value) continue;
    throw ConfigError(fmt::format("--{} {}: the run in {} has {}", name, value.dump(),
                                  file.parent_path().string(), old_settings[name].dump()),
                      "leave the flag out, or start another run with another --out");
  }
}

void check_out(const Config& c) {
  const std::filesystem::path settings = c.out / "config.json";
  if (c.resume) {
    check<ConfigError>(std::filesystem::is_directory(c.out), "--resume: there is no folder {}",
                       c.out.string());
  } else if (std::filesystem::exists(settings)) {
    throw ConfigError(fmt::format("--out {}: holds a run already", c.out.string()),
                      "add --resume to go on with it, or name another folder");
  }
  std::error_code fault;
  std::filesystem::create_directories(c.out, fault);
  const std::filesystem::path probe = c.out / ".writable";
  const bool writable = !fault && std::ofstream(probe).put('x').good();
  std::filesystem::remove(probe, fault);
  check<ConfigError>(writable, "--out {}: cannot write there", c.out.string());
}

}  // namespace

bool Config::was_given(const std::string& flag) const {
  return std::find(given.begin(), given.end(), flag) != given.end();
}

Config parse(int argc, char** argv) {
  Config c;
  Call call;
  c.given = read_flags(c, call, argc, argv);
  std::filesystem::path base = call.config;
  const auto exclusive = [&](const char* a, const char* b) {
    check<ConfigError>(!(c.was_given(a) && c.was_given(b)), "--{} and --{} cannot be combined", a,
                       b);
  };
  exclusive("load", "resume");
  exclusive("load", "config");
  exclusive("resume", "config");
  if (!call.load.empty()) {
    base = std::filesystem::path(call.load) / "config.json";
    check<ConfigError>(std::filesystem::exists(base),
                       "--load {}: no finished run there (config.json is missing)", call.load);
    if (!c.was_given("out")) call.out = call.load;
  } else if (call.resume &&
             std::filesystem::exists(std::filesystem::path(call.out) / "config.json")) {
    base = std::filesystem::path(call.out) / "config.json";
  }
  if (!base.empty()) {
    const std::vector<std::string> given = c.given;
    c = {};
    read_settings(c, base);
    const Config before = c;
    Call again;
    read_flags(c, again, argc, argv);
    c.given = given;
    if (call.resume) check_same_run(before, c, base);
    if (!call.load.empty()) {
      for (const std::string& flag : given) {
        const bool fits = flag == "load" || flag == "out" || flag == "data" || flag == "seed" ||
                          flag == "threads" || flag == "log-px";
        check<ConfigError>(fits, "--{}: means nothing with --load, which trains nothing", flag);
      }
    }
  }
  c.out = call.out;
  c.load = call.load;
  c.resume = call.resume;
  if (c.smoke) {
    if (base.empty() && !c.was_given("epochs")) c.epochs = 1;
    if (!c.was_given("out") && c.load.empty() && !c.resume) {
      c.out = "runs/mnist_vae_smoke";  // scratch: a former quick look is replaced
      std::error_code ignored;
      std::filesystem::remove(c.out / "config.json", ignored);
    }
  }
  validate(c);
  if (c.load.empty()) check_out(c);
  return c;
}

std::string to_json(const Config& config) {
  Json json;
  for_each_setting(config,
                   [&](const char* name, const auto& field, const char*) { json[name] = field; });
  return json.dump(2) + "\n";
}

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
