#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "autograd/kernels/blas.hpp"
#include "settings.hpp"

namespace mnist_vae {

using namespace tapestry;

namespace {

constexpr const char* kVersion = "0.1.0";

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

}  // namespace mnist_vae
