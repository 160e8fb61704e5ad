#pragma once

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "concepts/hierarchies/diffusion_digits.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/record.hpp"
#include "vae/training/trainer.hpp"

// A training of half an hour and more, that may be interrupted.

namespace concepts {

/// A diffusion with its average of parameters, and the processor minutes that it took: all in one checkpoint.
struct DiffusionRun : nn::Module {
  DiffusionRun(const nn::ImageDataset& data, std::int64_t channels, const Rng& rng)
      : model(*this, "diffusion", pixel_parts(data.train), channels, data.rows()) {
    nn::init::torch_default(model, rng);
    nn::init::zeros(model.denoise.net.out.weight);  // begins as the answer for independent pixels
    nn::init::zeros(model.denoise.net.out.bias);
  }
  nn::Child<Diffusion> model;
  nn::Buffer minutes{*this, "minutes", zeros({1})};
};

struct DiffusionTraining {
  int epochs = 12, fall = 4;  ///< the rate stays, and falls over the last `fall` epochs
  std::int64_t batch = 64;
  double rate = 2e-3;                 ///< of Adam, before it falls
  std::filesystem::path folder = {};  ///< of the checkpoint; empty = none
};

/// Goes on from the checkpoint in the folder, if there is one. As the rate stays until it falls, the number of epochs may
/// be changed on the way. The record gets the bits of the path for the first 2,000 test images after each epoch, by the
/// parameters as they are, passes and processor minutes.
inline void train_diffusion(const support::Concept& c, const nn::ImageDataset& data,
                            DiffusionRun& run, const DiffusionTraining& how,
                            support::Record& record) {
  nn::ImageDataset images = data;
  nn::keep_first(images, data.train.count, std::min<std::int64_t>(data.test.count, 2000));
  const std::int64_t steps = images.train.count / how.batch, held = steps * (how.epochs - how.fall);
  const nn::Schedule fall = nn::schedule::cosine(how.rate, steps * how.fall, how.rate / 20);
  nn::Adam adam(run.model.denoise.parameters());
  std::clock_t before = std::clock();
  if (!how.folder.empty()) std::filesystem::create_directories(how.folder);
  vae::Trainer trainer(
      {{.name = "diffusion",
        .model = run,
        .optimizer = adam,
        .play = [&](const nn::Batch& b, Rng& rng) { return run.model.elbo(levels(b.images), rng); },
        .rate = nn::schedule::warm_up(
            100, [=](std::int64_t t) { return fall(std::max<std::int64_t>(0, t - held)); }),
        .after_step =
            [&] {
              run.model.average.follow();
              const std::clock_t now = std::clock();
              const double minutes = static_cast<double>(now - before) / CLOCKS_PER_SEC / 60;
              run.minutes.set_value(run.minutes.value() + minutes);
              before = now;
            }}},
      images,
      {.epochs = how.epochs, .batch = how.batch, .clip = 800, .seed = c.seed(), .out = how.folder});
  const auto bits = [&](const vae::EpochReport& e) {  // of the path, which is what learns
    const auto path = std::ranges::find(e.test.parts, "kl.path", [](auto& p) { return p.first; });
    return bits_per_dimension(path->second, data.image_size());
  };
  trainer.on_epoch = [&](const vae::EpochReport& e) {
    c.keep(record, fmt::format("epoch {}: {:.4f} bits of the path, {:.1f} processor minutes",
                               e.epoch, bits(e), run.minutes.value().at({0})));
  };
  trainer.resume();
  trainer.run();
  for (const vae::EpochReport& e : trainer.history())
    record.add("bits of the path while training", e.epoch, bits(e));
  record.numbers["passes"] = how.epochs;
  record.numbers["processor minutes"] = run.minutes.value().at({0});
}

}  // namespace concepts
