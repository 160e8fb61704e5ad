#include "settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "autograd/json_text.hpp"
#include "autograd/threads.hpp"
#include "autograd/whole_number.hpp"
#include "models.hpp"
#include "nn/file.hpp"

namespace mnist_vae {

using namespace tapestry;
using Json = nlohmann::ordered_json;
using FoundJson = nlohmann::json;  // of other hands: many keys cost no time

namespace {

// Settings that may change when a run is resumed; the others would make it another run.
bool may_change(std::string_view name) {
  return name == "epochs" || name == "patience" || name == "threads" || name == "log-px" ||
         name == "active-units" || name == "explain";
}

void check_rule(const char* flag, const std::string& value, const Rule& rule) {
  const auto same = [&](const char* word) { return value == word; };
  if (rule.words.empty() || std::any_of(rule.words.begin(), rule.words.end(), same)) return;
  throw ConfigError(
      fmt::format("--{} {}: must be one of {}", flag, value, fmt::join(rule.words, ", ")));
}

template <std::integral T>
void check_rule(const char* flag, T value, const Rule& rule) {
  check<ConfigError>(static_cast<double>(value) >= rule.least, "--{} {}: must be at least {}", flag,
                     value, rule.least);
}

void check_rule(const char* flag, double value, const Rule& rule) {
  const bool fits = rule.open ? value > rule.least : value >= rule.least;
  check<ConfigError>(
      std::isfinite(value) && fits, "--{} {}: must be a finite number{}", flag, value,
      rule.open ? fmt::format(" above {}", rule.least) : fmt::format(", {} or more", rule.least));
}

void check_rule(const char* flag, const std::vector<std::int64_t>& widths, const Rule& rule) {
  check<ConfigError>(!widths.empty(), "--{}: needs at least one width", flag);
  for (const std::int64_t width : widths) check_rule(flag, width, rule);
}

// JSON of a file, nested no deeper than settings are: its text is made recursively.
FoundJson parse_flat(const std::string& text, const std::string& name) {
  check<ConfigError>(!json_outline(text, 2).too_deep, "{}: settings are not nested so deeply",
                     name);
  return parse_json(text);
}

Json settings_of(const Config& config) {
  Json json = Json::object();  // a null value that becomes one crashes where there is no memory
  for_each_setting(config, [&](const char* name, const auto& field, const Rule&, const char*) {
    json[name] = field;
  });
  return json;
}

// The value of a setting as its field's type.
template <class Field>
Field setting(const FoundJson& json, const char* name) {
  if constexpr (std::is_same_v<Field, bool>) {
    check<ConfigError>(json.is_boolean(), "{} must be true or false, not {}", name, brief(json));
  } else if constexpr (std::is_integral_v<Field>) {
    return whole_number<Field, ConfigError>(json, name);
  } else if constexpr (std::is_floating_point_v<Field>) {
    check<ConfigError>(json.is_number(), "{} must be a number, not {}", name, brief(json));
  } else if constexpr (std::is_same_v<Field, std::vector<std::int64_t>>) {
    check<ConfigError>(json.is_array(), "{} must be a list of whole numbers, not {}", name,
                       brief(json));
    Field list;
    for (const FoundJson& part : json)
      list.push_back(whole_number<std::int64_t, ConfigError>(part, name));
    return list;
  } else {
    check<ConfigError>(json.is_string(), "{} must be a text, not {}", name, brief(json));
  }
  return json.get<Field>();
}

}  // namespace

bool Config::was_given(const std::string& flag) const {
  return std::find(given.begin(), given.end(), flag) != given.end();
}

bool Config::was_set(const std::string& setting) const {
  return was_given(setting) || std::find(in_file.begin(), in_file.end(), setting) != in_file.end();
}

namespace {

// Sets what the user left open, and notes it for the header.
class Chooser {
 public:
  explicit Chooser(Config& config) : config_(config) {}

  template <class Field>
  void operator()(const char* name, Field& field, const std::type_identity_t<Field>& value) {
    if (config_.was_set(name) || field == value) return;
    field = value;
    if constexpr (std::is_same_v<Field, std::vector<std::int64_t>>)
      chosen_.push_back(fmt::format("--{} {}", name, fmt::join(value, ",")));
    else
      chosen_.push_back(fmt::format("--{} {}", name, value));
  }
  std::string text() const { return fmt::format("{}", fmt::join(chosen_, " ")); }

 private:
  Config& config_;
  std::vector<std::string> chosen_;
};

// Grey images that are black or white but for few pixels are drawn from coins; the values of others mean something.
bool nearly_binary(const nn::ByteImages& images) {
  if (images.channels != 1) return false;
  constexpr std::uint8_t kEdge = 32;
  const auto between = std::ranges::count_if(
      images.pixels, [](std::uint8_t byte) { return byte >= kEdge && byte < 256 - kEdge; });
  return between * 5 < std::ssize(images.pixels);
}

}  // namespace

std::string choose_open_settings(Config& c) {
  Chooser choose(c);
  if (c.model == "ladder") {
    choose("hidden", c.hidden, {512, 256, 128, 64, 32});
    choose("latent", c.latent, 4);
  }
  // Without it the upper layers, or all of z beside the pixels before, stay at the prior.
  if ((c.model == "ladder" || c.model == "pixel") && !c.smoke) choose("kl-warmup", c.kl_warmup, 5);
  if (c.model == "vq") choose("latent", c.latent, 16);
  if (c.data == "freyfaces") {
    if (takes(model_of(c), "decoder")) {
      choose("decoder", c.decoder, "gaussian");
      choose("hidden", c.hidden, {200});
      choose("latent", c.latent, 2);
    }
    choose("batch", c.batch, 32);
    if (!c.smoke) choose("epochs", c.epochs, 100);
  }
  if (c.decoder != "bernoulli") choose("binarize", c.binarize, "none");
  return choose.text();
}

void choose_for_own_images(Config& c, const nn::ImageDataset& data) {
  constexpr std::int64_t kFew = 5000, kSteps = 5000;
  Chooser choose(c);
  if (!nearly_binary(data.train) && takes(model_of(c), "decoder")) {
    if (c.binarize == "none" || !c.was_set("binarize")) choose("decoder", c.decoder, "gaussian");
    if (c.decoder != "bernoulli") choose("binarize", c.binarize, "none");
  }
  if (data.train.count < kFew) {
    choose("batch", c.batch, 32);
    const std::int64_t steps = (data.train.count + c.batch - 1) / c.batch;
    if (!c.smoke)
      choose("epochs", c.epochs,
             static_cast<int>(std::clamp<std::int64_t>(kSteps / steps, 10, 200)));
  }
  if (!choose.text().empty()) c.chosen += (c.chosen.empty() ? "" : " ") + choose.text();
}

std::pair<std::int64_t, std::int64_t> resize_of(const Config& c) {
  if (c.resize.empty()) return {0, 0};
  constexpr std::int64_t kMost = 4096;
  const std::size_t cross = std::min(c.resize.find('x'), c.resize.size());
  const auto side = [&](std::string_view text) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    check<ConfigError>(
        fault == std::errc() && end == text.data() + text.size() && value >= 1 && value <= kMost,
        "--resize {}: must be a size such as 32 or 24x32, each from 1 to {}", c.resize, kMost);
    return value;
  };
  const std::string_view text = c.resize;
  const std::int64_t rows = side(text.substr(0, cross));
  return {rows, cross < text.size() ? side(text.substr(cross + 1)) : rows};
}

std::string data_rule(const Config& c) {
  if (c.binarize == "dynamic") return "drawn from Bernoulli(grey) afresh each epoch";
  if (c.binarize == "threshold") return "1 above half grey, else 0";
  return "grey, in [0, 1]";
}

void validate(const Config& c) {
  if (c.was_given("threads")) check_rule("threads", c.threads, from(1));
  for_each_setting(c, [](const char* flag, const auto& value, const Rule& rule, const char*) {
    check_rule(flag, value, rule);
  });
  check_flags(c);
  check<ConfigError>(c.holdout < 1, "--holdout {}: must be below 1, a share of the images",
                     c.holdout);
  resize_of(c);
  try {
    json_text(Json(c.data));
  } catch (const Json::exception&) {
    throw ConfigError("--data: the name is no UTF-8 text, and config.json could not hold it",
                      "rename the folder, or name a link to it");
  }
  check<ConfigError>(c.threads <= kMaxThreads, "--threads {}: must be at most {}", c.threads,
                     kMaxThreads);
  if (c.decoder != "bernoulli" && c.binarize != "none") {
    throw ConfigError(
        fmt::format("--decoder {} --binarize {}: a density over pixels that are only 0 or 1 has no "
                    "upper limit",
                    c.decoder, c.binarize),
        "--binarize none gives it grey pixels, --decoder bernoulli is for these");
  }
}

void read_settings(Config& c, const std::filesystem::path& file) {
  std::string text;
  try {
    text = nn::read_file(file);
  } catch (const DataError& fault) {
    throw ConfigError(fault.message);
  }
  parse_settings(c, text, file.string());
}

void parse_settings(Config& c, const std::string& text, const std::string& name) {
  FoundJson json;
  try {
    json = parse_flat(text, name);
  } catch (const FoundJson::exception& fault) {
    throw ConfigError(fmt::format("{}: no valid settings ({})", name, fault.what()));
  }
  check<ConfigError>(json.is_object(),
                     "{}: settings are a JSON object like that of a run's config.json", name);
  for_each_setting(c, [&](const char* key, auto& field, const Rule&, const char*) {
    const auto found = json.find(key);
    if (found == json.end()) return;
    try {
      field = setting<std::remove_reference_t<decltype(field)>>(*found, key);
    } catch (const ConfigError& fault) {
      throw ConfigError(fmt::format("{}: {}", name, fault.message));
    }
    c.in_file.push_back(key);
    json.erase(found);
  });
  check<ConfigError>(json.empty(), "{}: unknown setting \"{}\"", name,
                     json.empty() ? "" : json.begin().key());
}

std::vector<std::string> changed_settings(const Config& c) {
  const Json now = settings_of(c), before = settings_of({});
  std::vector<std::string> changed;
  for (const auto& [name, value] : now.items())
    if (value != before[name]) changed.push_back(name);
  if (c.label >= 0) changed.push_back("label");
  return changed;
}

std::string shell_word(const std::string& text) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == text.npos) return text;
  std::string quoted = "'";
  for (const char c : text) c == '\'' ? quoted += R"('\'')" : quoted += c;
  return quoted + "'";
}

std::string command_text(const Config& c) {
  const Json settings = settings_of(c);
  std::string text = "examples/run mnist_vae";
  for (const std::string& name : changed_settings(c)) {
    if (!settings.contains(name)) continue;  // a flag of one call
    const Json& value = settings[name];
    text += " --" + name;
    if (value.is_boolean()) continue;
    std::string shown = value.is_string() ? value.get<std::string>() : json_text(value);
    if (value.is_array()) shown = shown.substr(1, shown.size() - 2);  // 512,256
    text += " " + shell_word(shown);
  }
  return text;
}

std::string to_json(const Config& config) {
  return json_text(settings_of(config), 2, NotUtf8::replace) + "\n";
}

void check_same_run(const Config& before, const Config& now, const std::filesystem::path& file) {
  const Json old_settings = settings_of(before), new_settings = settings_of(now);
  for (const auto& [name, value] : new_settings.items()) {
    if (may_change(name) || old_settings[name] == value) continue;
    throw ConfigError(fmt::format("--{} {}: the run in {} has {}", name, json_text(value),
                                  file.parent_path().string(), json_text(old_settings[name])),
                      "leave the flag out, or start another run with another --out");
  }
}

}  // namespace mnist_vae
