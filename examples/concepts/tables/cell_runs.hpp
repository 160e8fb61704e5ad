#pragma once

#include <algorithm>
#include <string>

#include "concepts/tables/drawn_cells.hpp"
#include "concepts/tables/scvi.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "support/concept/train_images.hpp"
#include "vae/analysis/probe.hpp"
#include "vae/bounds/importance.hpp"

// What a model of counts knows of cells that it was not trained on.

namespace concepts {

/// Mean and deviation of the log of a cell's total in each batch, [S, 1].
inline std::pair<Tensor, Tensor> moments_of_totals(const Cells& of) {
  const Tensor logs = log(sum(of.x, -1, true)), share = of.s / sum(of.s, 0);
  const Tensor loc = matmul(share, logs, {.transpose_left = true});
  const Tensor away = square(logs - matmul(of.s, loc));
  return {loc, sqrt(matmul(share, away, {.transpose_left = true}))};
}

/// The share of test cells whose label a probe finds in the mean of z.
inline double found(Scvi& model, const Cells& train, const Cells& test, Tensor Cells::*label,
                    int classes) {
  const auto z = [&](const Cells& of) { return model.encode(of.x, of.s).z.loc; };
  const auto probe =
      vae::train_probe(z(train), train.*label, classes, {.hidden = 50, .steps = 500});
  return vae::probe_accuracy(*probe, z(test), test.*label);
}

/// Root of the mean squared error of a guess [N, 1].
inline double error_of_log_l(const Tensor& guess, const Cells& cells) {
  return std::sqrt(mean(square(guess - cells.log_l)).item());
}

/// Trains one model and notes what it knows of the test cells.
inline void measure(const support::Concept& c, const std::string& name, const CountSteps& steps,
                    const Cells& train, const Cells& test, support::Record& r) {
  const auto [loc, scale] = moments_of_totals(train);
  const std::int64_t genes = train.x.dim(1);
  Scvi model({genes, DrawnCells::kBatches, c.choose(64, 32), 2}, loc, scale, steps);
  if (name == "Poisson") model.loss.set_trainable(false), model.log_theta.set_trainable(false);
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    return model.elbo(b.images, b.labels, rng);
  };
  const nn::TensorDataset data({train.x, train.s}, {test.x, test.s});
  support::train_images(c, name, model, play, data,
                        {.epochs = c.choose(40, 25), .batch = c.choose(100, 50), .lr = 1e-2}, r);
  r.numbers[name + ", batch"] = found(model, train, test, &Cells::batch, 2);
  r.numbers[name + ", type"] = found(model, train, test, &Cells::type, 4);
  const NoGrad no_grad;
  Rng rng = c.rng("measure");
  const auto log_px = vae::log_px(model.log_weights(test.x, test.s, rng, c.choose(500, 100)));
  r.numbers[name + ", log p"] = mean(log_px.log_px).item();
  const auto q = model.encode(test.x, test.s);
  r.numbers[name + ", log l"] = error_of_log_l(q.log_l.loc, test);
  const Tensor lost = mean(sigmoid(model.decode(q.z.loc, q.log_l.loc, test.s).zero_logits), 0);
  for (std::int64_t g = 0; g < genes; ++g) r.add(name + ", lost", double(g), lost.at({g}));
  for (std::int64_t i = 0; i < std::min<std::int64_t>(400, test.x.dim(0)); ++i)
    r.add(fmt::format("{}, z of type {:.0f} in batch {:.0f}", name, test.type.at({i}),
                      test.batch.at({i})),
          q.z.loc.at({i, 0}), q.z.loc.at({i, 1}));
}

}  // namespace concepts
