#pragma once

#include <algorithm>

#include "concepts/experiments/iwae_training.hpp"

// What is measured of the cells.

namespace concepts {

/// Of each test image: log p(x) from many weights, and how many of them count; f64 [N].
struct LogPxOfImages {
  Tensor log_px, ess;
};

/// Of the first `count` test images, each from `samples` draws; the coins of the pixels are the same for every cell.
inline LogPxOfImages log_px_of_images(LayeredVae& model, const nn::ImageDataset& data,
                                      std::int64_t count, int samples, const Rng& rng) {
  const NoGrad no_grad;
  Rng draws = rng.stream("draws");
  const std::int64_t most = std::max(1, 5000 / samples);
  std::vector<Tensor> log_px, ess;
  for (std::int64_t first = 0; first < count; first += most) {
    const nn::Batch b =
        data.range(nn::Part::test, first, std::min(most, count - first), rng.stream("coins"));
    const vae::LogPx of = vae::log_px(model.log_weights(b.images, draws, samples));
    log_px.push_back(of.log_px.to(DType::f64));
    ess.push_back(of.ess.to(DType::f64));
  }
  return {concat(log_px, 0), concat(ess, 0)};
}

/// The same, from the cell's folder if an earlier run left it there.
inline LogPxOfImages measured_log_px(const Concept& c, const std::filesystem::path& folder,
                                     LayeredVae& model, const nn::ImageDataset& data) {
  const std::filesystem::path file = folder / "log_px.safetensors";
  if (!folder.empty() && std::filesystem::exists(file)) {
    const nn::NamedTensors kept = nn::load_tensors(file).tensors;
    return {kept.at(0).value, kept.at(1).value};
  }
  const LogPxOfImages of =
      log_px_of_images(model, data, c.choose(10000, 100), c.choose(5000, 50), c.rng("measure"));
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
  const LogPxOfImages of = measured_log_px(c, folder_of(c, cell, by), model, digits);
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
