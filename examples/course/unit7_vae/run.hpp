#pragma once

// What a run is: its settings, its data, and the numbers of an epoch as they are handed in. Given; the
// checks use the original.

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn/data/image_dataset.hpp"
#include "nn/data/sprites.hpp"

namespace tiny {

/// The settings of a run, by the names that its file has. All but the data seed are yours to change, within the
/// limits below.
struct Run {
  std::string data =
      "strokes";  ///< strokes: drawn digits, 28 x 28; sprites: figures, 16 x 16; mnist
  std::string pixels = "binary";  ///< binary: 0 or 1; grey: any number from 0 to 1
  std::int64_t data_seed = 1;     ///< of the digits; of the division of the sprites
  std::int64_t seed = 1;          ///< of initial values, order and noise
  std::int64_t images = 1000, batch = 50, epochs = 20;
  std::int64_t hidden = 64, latent = 8;
  double rate = 0.003;  ///< of Adam
};

/// A run from its values by name: those of a file, which `text(name)` returns. std::invalid_argument names a
/// value that is no number.
inline Run run_of(const std::function<std::string(const std::string& name)>& text) {
  const auto number = [&](const char* name, auto value, const char* kind) {
    const std::string given = text(name);
    const char* end = given.data() + given.size();
    const auto [stop, error] = std::from_chars(given.data(), end, value);
    if (error != std::errc() || stop != end)
      throw std::invalid_argument(fmt::format("{} = {} is not a {}", name, given, kind));
    return value;
  };
  const auto count = [&](const char* name) { return number(name, std::int64_t{}, "whole number"); };
  return {.data = text("data"),
          .pixels = text("pixels"),
          .data_seed = count("data_seed"),
          .seed = count("seed"),
          .images = count("images"),
          .batch = count("batch"),
          .epochs = count("epochs"),
          .hidden = count("hidden"),
          .latent = count("latent"),
          .rate = number("rate", double{}, "number")};
}

/// The same from a file of the current folder, lines "name = value", for play.cpp. std::runtime_error says what
/// is missing, what nobody asks for and what stands there twice.
inline Run run_in(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("there is no " + file + " in this folder");
  const auto trimmed = [](const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    return first == std::string::npos
               ? ""
               : text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
  };
  std::map<std::string, std::string> values;
  for (std::string line; std::getline(in, line);) {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::size_t is = line.find('=');
    if (is == std::string::npos)
      throw std::runtime_error(file + ": a line is no name = value: " + line);
    const std::string name = trimmed(line.substr(0, is));
    std::string value = trimmed(line.substr(is + 1));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (!values.emplace(name, value).second)
      throw std::runtime_error(file + " has two lines " + name + " = ...");
  }
  std::set<std::string> asked;
  const Run run = run_of([&](const std::string& name) {
    if (!values.contains(name)) throw std::runtime_error(file + " has no line " + name + " = ...");
    asked.insert(name);
    return values.at(name);
  });
  for (const auto& [name, value] : values)
    if (!asked.contains(name))
      throw std::runtime_error(file + " has a line " + name + " = ..., which nobody asks for");
  return run;
}

/// std::invalid_argument names the first setting that costs the grader too much time or is no setting.
inline void refuse_beyond_limits(const Run& run) {
  const auto within = [](const char* name, std::int64_t value, std::int64_t least,
                         std::int64_t most) {
    if (value < least || value > most)
      throw std::invalid_argument(
          fmt::format("{} = {} is not between {} and {}", name, value, least, most));
  };
  within("images", run.images, 100, 2000);
  within("batch", run.batch, 1, run.images);
  within("hidden", run.hidden, 1, 64);
  within("latent", run.latent, 1, 16);
  within("epochs", run.epochs, 1, 100);
  within("minibatches in an epoch", (run.images + run.batch - 1) / run.batch, 1, 60);
  within("images times epochs", run.images * run.epochs, 100, 30000);
  within("seed", run.seed, 0, 1000000000);
  if (!(run.rate > 0 && run.rate < 1))
    throw std::invalid_argument(fmt::format("rate = {} is not between 0 and 1", run.rate));
  if (run.pixels != "binary" && run.pixels != "grey")
    throw std::invalid_argument("pixels is \"binary\" or \"grey\", not " + run.pixels);
}

/// The data of a run: so many images to learn from and 100 to test on. MNIST is there only if $TAPESTRY_DATA
/// has it; nothing is downloaded. std::invalid_argument for another name.
inline tapestry::nn::ImageDataset data_of(const Run& run) {
  using namespace tapestry;
  nn::ImageDataset data;
  if (run.data == "strokes") {
    data = nn::drawn_digits(run.images, 100, static_cast<std::uint64_t>(run.data_seed));
  } else if (run.data == "sprites") {  // each of the 576 once, in an order that the data seed makes
    const nn::Sprites sprites = nn::all_sprites();
    data.name = "sprites";
    data.train = data.test = sprites.bytes();
    const auto order = Rng(static_cast<std::uint64_t>(run.data_seed))
                           .stream("sprites")
                           .permutation(sprites.size());
    const auto take = [&](nn::ByteImages& part, std::int64_t first, std::int64_t count) {
      const nn::ByteImages all = part;
      part.count = count;
      part.pixels.clear();
      for (std::int64_t i = first; i < first + count; ++i) {
        const auto image = all.image(order[static_cast<std::size_t>(i)]);
        part.pixels.insert(part.pixels.end(), image.begin(), image.end());
      }
    };
    take(data.train, 0, sprites.size() - 100);
    take(data.test, sprites.size() - 100, 100);
  } else if (run.data != "mnist") {
    throw std::invalid_argument("data is \"strokes\", \"sprites\" or \"mnist\", not " + run.data);
  } else {
    data = nn::load_dataset(run.data);
    nn::keep_first(data, run.images, 100);
  }
  data.binarize = run.pixels == "binary" ? nn::Binarize::threshold : nn::Binarize::none;
  return data;
}

/// The losses of an epoch as they are handed in: in a line, with all nine digits that a float has.
inline std::string printed(const std::vector<double>& losses) {
  std::string text;
  for (const double l : losses) text += fmt::format("{}{:#.9g}", text.empty() ? "" : " ", l);
  return text;
}

}  // namespace tiny
