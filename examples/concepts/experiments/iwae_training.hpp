#pragma once

#include <filesystem>

#include "concepts/experiments/iwae_cells.hpp"
#include "concepts/experiments/iwae_table.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"

// How a cell of the paper's table is trained.

namespace concepts {

using support::Concept;

/// The learning rate of a step, the same within a stage.
inline nn::Schedule paper_rate(int fraction, std::int64_t steps_of_pass) {
  return [=](std::int64_t step) {
    std::int64_t pass = step / steps_of_pass;
    int stage = 0;
    while (stage < 7 && pass >= passes_of_stage(stage, fraction))
      pass -= passes_of_stage(stage++, fraction);
    return 1e-3 * std::pow(10.0, -stage / 7.0);
  };
}

/// The layers of the paper's two models, or narrow ones.
inline std::vector<LayerSizes> paper_layers(int count, bool narrow) {
  if (narrow)
    return count == 1 ? std::vector<LayerSizes>{{16, 4}} : std::vector<LayerSizes>{{16, 6}, {8, 4}};
  return count == 1 ? std::vector<LayerSizes>{{200, 50}}
                    : std::vector<LayerSizes>{{200, 100}, {100, 50}};
}

/// What a cell climbs of its log weights [K, B].
inline Tensor climbed(const Cell& cell, const Tensor& log_w) {
  return cell.weighted ? vae::iwae_bound(log_w) : mean(log_w, 0);
}

/// The steps that can be taken wrongly.
struct TableSteps {
  LayeredSteps weights = {};
  decltype(&climbed) climb = climbed;
  bool operator==(const TableSteps&) const = default;
};

/// The folder where a cell goes on; none for a small run or a wrong one.
inline std::filesystem::path folder_of(const Concept& c, const Cell& cell, const TableSteps& by) {
  return c.quick() || by != TableSteps{} ? "" : c.out(cell.name());
}

/// Glorot's weights, and an output whose biases give each pixel its mean over the training images.
inline void first_values(LayeredVae& model, const nn::ByteImages& images, const Rng& rng) {
  nn::init::xavier_uniform(model, rng);
  const std::int64_t D = images.image_size();
  std::vector<double> sums(static_cast<std::size_t>(D));
  for (std::size_t i = 0; i < images.pixels.size(); ++i)
    sums[i % sums.size()] += images.pixels[i] / 255.0;
  const Tensor p = clamp(tensor(sums) / static_cast<double>(images.count), 0.001, 0.999);
  model.image.logits.bias.set_value(log(p / (1.0 - p)).to(default_dtype()));
}

/// The training images without the last `held`, which become the test part: the paper holds 400 out.
inline nn::ImageDataset holding_out(const nn::ImageDataset& digits, std::int64_t held) {
  nn::ImageDataset data = digits;
  data.classes = 0;
  data.train_labels.clear();
  data.test_labels.clear();
  const auto cut = data.train.pixels.end() - held * data.image_size();
  data.test.count = held;
  data.test.pixels.assign(cut, data.train.pixels.end());
  data.train.count -= held;
  data.train.pixels.erase(cut, data.train.pixels.end());
  return data;
}

/// Trains the model of a cell, or goes on where the folder of an earlier run stopped; adds the curve "NAME, bound" over the passes,
/// of images held out, and returns the minutes.
inline double train_cell(const Concept& c, const Cell& cell, LayeredVae& model,
                         const nn::ImageDataset& data, const TableSteps& by, Record& r) {
  const std::filesystem::path folder = folder_of(c, cell, by);
  if (!folder.empty()) std::filesystem::create_directories(folder);
  const std::int64_t batch = 20, steps = data.train.count / batch;
  nn::Adam adam(model.parameters(), {.eps = 1e-4});
  const vae::Play play = [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
    const Tensor L = by.climb(cell, model.log_weights(b.images, rng, cell.draws));
    return {.value = L, .bound = L};
  };
  vae::Trainer trainer({{"vae", model, adam, play, paper_rate(cell.fraction, steps)}}, data,
                       {.epochs = c.choose(passes(cell.fraction), 3),
                        .batch = batch,
                        .seed = c.seed(),
                        .out = folder});
  trainer.on_epoch = [&](const vae::EpochReport& e) {
    c.keep(r, fmt::format("{}: pass {}, bound {:.2f}, {:.0f} s", cell.name(), e.epoch, e.test.bound,
                          e.seconds));
  };
  if (!folder.empty()) trainer.resume();
  trainer.run();
  double seconds = 0;
  r.curves.erase(cell.name() + ", bound");  // an earlier run's, which is the beginning of this one
  for (const vae::EpochReport& e : trainer.history()) {
    seconds += e.seconds;
    r.add(cell.name() + ", bound", e.epoch, e.test.bound);
  }
  return seconds / 60;
}

}  // namespace concepts
