#pragma once

#include <memory>
#include <string>

#include "concepts/decoders/semi_supervised.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/analysis/probe.hpp"

// How M1 and M2 are trained.

namespace concepts {

/// Training images whose labels may be seen, `count` / 10 of each class.
inline Labelled choose_labelled(const nn::ImageDataset& data, std::int64_t count, Rng rng) {
  std::vector<std::int32_t> chosen;
  std::vector<std::int64_t> left(10, count / 10);
  for (const std::int32_t i : rng.permutation(data.size(nn::Part::train)))
    if (left[data.train_labels[static_cast<std::size_t>(i)]]-- > 0) chosen.push_back(i);
  const nn::Batch rows = data.batch(nn::Part::train, chosen, Rng(1), 0);
  return {rows.images, take_rows(eye(10), rows.labels)};
}

struct LabelTraining {
  std::vector<std::int64_t> hidden;
  std::int64_t latent, batch;
  double rate;
  std::uint64_t seed;
};

/// What a program measures: the share of test images whose class is found.
struct Classes {
  const nn::ImageDataset& data;
  const nn::Batch test = support::rows_of(data, nn::Part::test);

  double found(nn::Mlp& label) const {
    return vae::probe_accuracy(label, test.images, test.labels);
  }
};

/// Which terms M2 climbs, and how long.
struct Plan {
  double alpha;
  int epochs;
  bool enumerate = true;  ///< a missing label is summed over
};
/// Climbs play(images, some labelled ones, weights, rng), from random parameters. `after(n)` is called after epoch n.
template <class Play>
void climb(
    nn::Module& model, const Classes& classes, const Labelled& labelled, const Plan& plan,
    const LabelTraining& how, Play&& play, const std::function<void(int)>& after = [](int) {}) {
  nn::init::torch_default(model, Rng(how.seed).stream("init"));
  const LabelWeights weights{
      .share = double(labelled.x.dim(0)) / double(classes.data.size(nn::Part::train)),
      .alpha = plan.alpha,
      .enumerate = plan.enumerate};
  const auto on_batch = [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
    return play(b.images, labelled.some(how.batch / 2, rng), weights, rng);
  };
  nn::ImageDataset unlabelled = classes.data;  // the accuracy is what is tested
  nn::keep_first(unlabelled, unlabelled.train.count, how.batch);
  support::train(model, on_batch, unlabelled,
                 {plan.epochs, how.batch, how.rate, how.seed, support::kConstantRate},
                 [&](const vae::EpochReport& e) { after(e.epoch); });
}
/// Trains M2; its label network then classifies. `note(n, accuracy)` is called after epoch n.
template <class Note>
std::unique_ptr<M2> train_m2(const Classes& classes, const Labelled& labelled, const Plan& plan,
                             const LabelTraining& how, Note&& note) {
  auto model = std::make_unique<M2>(vae::ConditionalSizes{
      .hidden = how.hidden, .latent = how.latent, .activation = Activation::softplus});
  climb(
      *model, classes, labelled, plan, how,
      [&](const Tensor& x, const Labelled& some, const LabelWeights& w, Rng& rng) {
        return model->objective(x, some, w, rng);
      },
      [&](int epoch) { note(epoch, classes.found(model->label)); });
  return model;
}

}  // namespace concepts
