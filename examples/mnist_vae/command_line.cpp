#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "../support/near_miss.hpp"
#include "autograd/error.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/version.hpp"
#include "folder.hpp"
#include "models.hpp"

namespace mnist_vae {

using namespace tapestry;

namespace {

struct Call {  // flags of one call, which are not saved in config.json
  std::string config, load, out = "runs/mnist_vae";
  bool resume = false;
  int label = -1;
};

// Descriptions that fit a terminal of 80 columns.
struct Narrow : CLI::Formatter {
  std::string make_option_desc(const CLI::Option* option) const override {
    const std::string text = option->get_description();
    std::string lines;
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      const bool fits = width + 1 + end - at <= 80 - column_width_;
      if (at > 0) lines += fits ? ' ' : '\n';
      width = (fits ? width + 1 : 0) + end - at;
      lines += text.substr(at, end - at);
      at = end + 1;
    }
    return lines;
  }
};

// "400,200": every part a whole number.
std::vector<std::int64_t> read_widths(const std::string& text) {
  std::vector<std::int64_t> widths;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    std::int64_t width = 0;
    check<ConfigError>(
        CLI::detail::lexical_cast(part, width) && !part.empty(),
        "--hidden {}: must be whole numbers with a comma between them, as in 512,256", text);
    widths.push_back(width);
    at = end + 1;
  }
  return widths;
}

// Throws for an argument that is no flag; suggests one that is spelled almost the same.
[[noreturn]] void throw_unknown(const CLI::App& app) {
  const std::string argument = app.remaining().front();
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) flags.push_back(option->get_name());
  const std::string flag = argument.substr(0, argument.find('='));
  const std::string near = support::near_miss(flag, flags);
  throw ConfigError(
      fmt::format("unknown argument {}", argument),
      near.empty() ? "mnist_vae --help lists the flags" : fmt::format("did you mean {}?", near));
}

// Reads argv into c and call, and returns the flags that it found; other settings keep their
// values.
std::vector<std::string> read_flags(Config& c, Call& call, int argc, char** argv) {
  CLI::App app(
      "Trains a variational autoencoder on images and keeps numbers, pictures and the\n"
      "model in a folder. Without flags: MNIST, pixels drawn afresh each epoch,\n"
      "784-400-20, 10 epochs. Numbers are in nats per image.",
      "mnist_vae");
  app.formatter(std::make_shared<Narrow>());
  app.footer(models_text());
  app.set_version_flag(
      "--version", fmt::format("mnist_vae (Tapestry {})\ncompiler  {}\nBLAS      {}\ndtype     f32",
                               kLibraryVersion,
#ifdef __clang__
                               "clang " __clang_version__,
#else
                               "g++ " __VERSION__,
#endif
                               blas_description()));
  for_each_setting(c, [&](const std::string& name, auto& field, const Rule&, const char* help) {
    using Field = std::remove_reference_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, bool>) {
      app.add_flag("--" + name, field, help);
    } else if constexpr (std::is_same_v<Field, std::vector<std::int64_t>>) {
      app.add_option_function<std::string>(
             "--" + name, [&](const std::string& text) { field = read_widths(text); }, help)
          ->default_str(fmt::format("{}", fmt::join(field, ",")));
    } else {
      const auto option = app.add_option("--" + name, field, help)->capture_default_str();
      if constexpr (std::is_integral_v<Field>) option->type_name("WHOLE NUMBER");
      if constexpr (std::is_unsigned_v<Field>) {  // the C library would read -1 as 2^64 - 1
        option->check([](const std::string& text) {
          return std::string(text.find('-') == text.npos ? "" : "must be a whole number from 0");
        });
      }
      if constexpr (std::is_floating_point_v<Field>) option->type_name("NUMBER");
    }
  });
  app.add_option("--out", call.out, "folder for this run")->capture_default_str();
  app.add_flag("--resume", call.resume, "go on from the newest checkpoint in --out");
  app.add_option("--load", call.load,
                 "train nothing: evaluate and draw with the finished model of this folder");
  app.add_option("--label", call.label, "conditional: samples of this label alone")
      ->type_name("WHOLE NUMBER")
      ->check([](const std::string& text) {
        return std::string(text.find('-') == text.npos ? "" : "must be a whole number from 0");
      });
  app.add_option("--config", call.config,
                 "settings from a JSON file, such as a run's config.json; flags win over it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    std::exit(app.exit(wanted));
  } catch (const CLI::ExtrasError&) {
    throw_unknown(app);
  } catch (const CLI::ConversionError& fault) {  // "Could not convert: --lr = abc"
    const std::string text = fault.what();
    const std::size_t flag = text.find("--"), equals = text.find(" = ");
    const CLI::Option* option = app.get_option(text.substr(flag, equals - flag));
    const bool whole = option->get_type_name() == "WHOLE NUMBER";
    throw ConfigError(fmt::format("{} {}: must be a {}", option->get_name(),
                                  text.substr(equals + 3), whole ? "whole number" : "number"),
                      option->get_description());
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

// Scratch: it replaces an earlier quick look.
bool is_quick_look(const Config& c) {
  return c.smoke && !c.was_given("out") && c.load.empty() && !c.resume;
}

// What follows from the flags of this call. Throws ConfigError for a setting that breaks its rule.
void complete(Config& c, const Call& call, bool from_file) {
  c.out = call.out;
  c.load = call.load;
  c.label = call.label;
  c.resume = call.resume;
  if (c.smoke && !from_file && !c.was_given("epochs")) c.epochs = 1;
  if (is_quick_look(c)) c.out = "runs/mnist_vae_smoke";
  c.split_seed = c.seed;
  c.chosen = choose_open_settings(c);
  validate(c);
}

}  // namespace

Config parse_flags(int argc, char** argv) {
  Config c;
  Call call;
  c.given = read_flags(c, call, argc, argv);
  complete(c, call, false);
  return c;
}

Config parse(int argc, char** argv) {
  Config c;
  Call call;
  const auto is_there = [](const std::filesystem::path& file) {
    std::error_code fault;
    return std::filesystem::exists(file, fault);
  };
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
    check<ConfigError>(is_there(base), "--load {}: no finished run there (config.json is missing)",
                       call.load);
    if (!c.was_given("out")) call.out = call.load;
  } else if (call.resume && is_there(std::filesystem::path(call.out) / "config.json")) {
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
      check<ConfigError>(!c.was_given("explain"),
                         "--explain: a finished run is explained by --resume --explain --out {}",
                         call.load);
      for (const std::string& flag : given) {
        const bool fits = flag == "load" || flag == "out" || flag == "data" || flag == "seed" ||
                          flag == "threads" || flag == "log-px" || flag == "label";
        check<ConfigError>(fits, "--{}: means nothing with --load, which trains nothing", flag);
      }
    }
  }
  complete(c, call, !base.empty());
  if (!c.load.empty()) {  // --seed is of this call; the images held out are those of the run
    Config of_run;
    read_settings(of_run, base);
    c.split_seed = of_run.seed;
  }
  std::error_code ignored;
  if (is_quick_look(c)) std::filesystem::remove(c.out / "config.json", ignored);
  if (c.load.empty()) check_out(c);
  return c;
}

}  // namespace mnist_vae
