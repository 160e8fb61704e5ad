#pragma once

#include <memory>
#include <string>

#include "concepts/decoders/semi_supervised.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "vae/analysis/probe.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/trainer.hpp"

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
  const nn::Batch test = data.range(nn::Part::test, 0, data.size(nn::Part::test), Rng(1));

  double found(nn::Mlp& label) const {
    return vae::probe_accuracy(label, test.images, test.labels);
  }
};

struct Variant {
  std::string name;
  bool enumerate;
  double alpha;
  int epochs;
  enum { all, first_and_last, first } counts = all;  ///< numbers of labels that it is trained with
};
/// Climbs play(images, some labelled ones, their share of all images, rng), from random parameters.
template <class Play>
void climb(nn::Module& model, const Classes& classes, const Labelled& labelled, int epochs,
           const LabelTraining& how, Play&& play) {
  nn::init::torch_default(model, Rng(how.seed).stream("init"));
  nn::Adam adam(model.parameters(), {.lr = how.rate});
  const double share = double(labelled.x.dim(0)) / double(classes.data.size(nn::Part::train));
  const auto on_batch = [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
    return play(b.images, labelled.some(how.batch / 2, rng), share, rng);
  };
  nn::ImageDataset unlabelled = classes.data;  // the accuracy is what is tested
  nn::keep_first(unlabelled, unlabelled.train.count, how.batch);
  vae::Trainer({{"m2", model, adam, on_batch}}, unlabelled,
               {.epochs = epochs, .batch = how.batch, .seed = how.seed})
      .run();
}
/// Trains M2; its label network then classifies.
inline std::unique_ptr<M2> train_m2(const Classes& classes, const Labelled& labelled,
                                    const Variant& v, const LabelTraining& how) {
  auto model = std::make_unique<M2>(vae::ConditionalSizes{
      .hidden = how.hidden, .latent = how.latent, .activation = Activation::softplus});
  climb(*model, classes, labelled, v.epochs, how,
        [&](const Tensor& x, const Labelled& some, double share, Rng& rng) {
          return model->objective(x, some, share, v.alpha, v.enumerate, rng);
        });
  return model;
}

/// The images' labels as numbers, i32 [n].
inline Tensor numbers(const Labelled& l) { return argmax(l.y, -1); }

/// What the labelled images alone teach a network of the same size.
inline double labels_alone(const Classes& classes, const Labelled& l, const LabelTraining& how) {
  const vae::ProbeOptions options{
      .hidden = how.hidden.front(), .steps = 300, .rate = 1e-3, .seed = how.seed};
  return classes.found(*vae::train_probe(l.x, numbers(l), 10, options));
}

/// M1: a VAE of all images, which sees no label.
inline std::unique_ptr<vae::MlpVae> train_m1(const nn::ImageDataset& data, int epochs,
                                             const LabelTraining& how) {
  auto model = std::make_unique<vae::MlpVae>(vae::VaeConfig{
      .hidden = how.hidden, .latent = how.latent, .activation = Activation::softplus});
  nn::init::torch_default(*model, Rng(how.seed).stream("init"));
  nn::Adam adam(model->parameters(), {.lr = 1e-3});
  vae::Trainer({vae::vae_player(*model, adam)}, data,
               {.epochs = epochs, .batch = how.batch, .seed = how.seed})
      .run();
  return model;
}
/// ... and a classifier of its codes.
inline double by_codes(vae::MlpVae& m1, const Classes& classes, const Labelled& l,
                       const LabelTraining& how) {
  const auto code = [&](const Tensor& x) { return m1.encode(x).loc.detach(); };
  const vae::ProbeOptions options{.steps = 300, .rate = 3e-3, .seed = how.seed};
  const auto probe = vae::train_probe(code(l.x), numbers(l), 10, options);
  return vae::probe_accuracy(*probe, code(classes.test.images), classes.test.labels);
}

}  // namespace concepts
