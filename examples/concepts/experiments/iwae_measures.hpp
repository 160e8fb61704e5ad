#pragma once

#include <algorithm>

#include "concepts/experiments/iwae_training.hpp"

// What is measured of the cells.

namespace concepts {

/// log p(x) of each test image, of the same coins for every cell; from the cell's folder if an earlier run left it there.
inline vae::LogPx measured_log_px(const Concept& c, const std::filesystem::path& folder,
                                  LayeredVae& model, const nn::ImageDataset& data) {
  const std::filesystem::path file = folder / "log_px.safetensors";
  if (!folder.empty() && std::filesystem::exists(file)) {
    const nn::NamedTensors kept = nn::load_tensors(file).tensors;
    return {.log_px = kept.at(0).value, .ess = kept.at(1).value, .se = {}};
  }
  const auto weights = [&](const nn::Batch& b, Rng& rng, int samples) {
    return model.log_weights(b.images, rng, samples);
  };
  const vae::LogPx of =
      vae::log_px_of_rows(model, weights, data, nn::Part::test, c.choose(10000, 100),
                          c.rng("measure"), c.choose(5000, 50));
  if (!folder.empty()) nn::save_tensors(file, {{"log_px", of.log_px}, {"ess", of.ess}});
  return of;
}

/// Trains and measures one cell; returns log p(x) of each test image.
inline Tensor measure_cell(const Concept& c, const Cell& cell, LayeredVae& model,
                           const nn::ImageDataset& digits, const TableSteps& by, Record& r) {
  const nn::ImageDataset data = holding_out(digits, c.choose(400, 20));
  first_values(model, data.train, c.rng("init"));
  const auto note = [&](const std::string& what, double x) {
    r.numbers[cell.name() + ", " + what] = x;
  };
  note("minutes", train_cell(c, cell, model, data, by, r));
  const vae::LogPx of = measured_log_px(c, folder_of(c, cell, by), model, digits);
  const prob::Estimate nats = prob::estimate(-of.log_px);
  note("-log p(x)", nats.mean.item());
  note("s.e.", nats.standard_error.item());
  note("effective samples", mean(of.ess).item());
  Rng rng = c.rng("activity");
  const Tensor x = digits.range(nn::Part::test, 0, c.choose(1000, 50), c.rng("pixels")).images;
  const std::vector<Tensor> activity = model.activity(x, rng, c.choose(100, 5));
  for (std::size_t l = 0; l < activity.size(); ++l) {
    std::vector<double> each = activity[l].to_vector();
    std::ranges::sort(each, std::greater{});
    const std::string layer = fmt::format("z{}", l + 1);
    r.curves.erase(cell.name() + ", activity in " + layer);
    note("active in " + layer,
         static_cast<double>(std::ranges::count_if(each, [](double v) { return v > 0.01; })));
    for (std::size_t k = 0; k < each.size(); ++k)
      r.add(cell.name() + ", activity in " + layer, static_cast<double>(k + 1), each[k]);
  }
  return of.log_px;
}

/// Trains and measures the cells, and adds how much each two of one fraction differ, over the same images and coins.
inline void measure_table(const Concept& c, const nn::ImageDataset& digits, const TableSteps& by,
                          Record& r) {
  std::vector<std::pair<Cell, Tensor>> done;
  for (const Cell& cell : iwae_cells()) {
    if (c.quick() && cell.fraction != 27) continue;
    LayeredVae model(digits.image_size(), paper_layers(cell.layers, c.quick()), by.weights);
    const Tensor log_px = measure_cell(c, cell, model, digits, by, r);
    for (const auto& [other, of_other] : done) {
      if (!comparable(other, cell)) continue;
      const prob::Estimate gain = prob::estimate(log_px - of_other);
      r.numbers[gain_of(other, cell)] = gain.mean.item();
      r.numbers[gain_of(other, cell) + ", s.e."] = gain.standard_error.item();
    }
    done.emplace_back(cell, log_px);
    c.keep(r, fmt::format("{}: -log p(x) {:.2f}", cell.name(), -mean(log_px).item()));
  }
}

}  // namespace concepts
