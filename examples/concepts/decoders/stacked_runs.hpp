#pragma once

#include <memory>

#include "concepts/decoders/semi_supervised_baselines.hpp"
#include "concepts/decoders/stacked_vae.hpp"

// How M2 is trained on codes of M1.

namespace concepts {

struct CodeRun {
  const Classes& classes;
  const Labelled& labelled;
  const LabelTraining& how;
  Plan plan;
};

/// M1 stays as it is.
inline std::unique_ptr<CodeM2> train_on_codes(const CodeRun& run, vae::MlpVae& m1,
                                              const StackSteps& steps) {
  auto m2 = std::make_unique<CodeM2>(vae::ConditionalSizes{.pixels = m1.config.latent,
                                                           .hidden = run.how.hidden,
                                                           .latent = run.how.latent,
                                                           .activation = Activation::softplus});
  const StackedVae both{m1, *m2, steps};
  climb(*m2, run.classes, run.labelled, run.plan, run.how,
        [&](const Tensor& x, const Labelled& some, const LabelWeights& w, Rng& rng) {
          return both.play(x, some, w, rng);
        });
  return m2;
}

/// The share of test images whose class is found.
inline double found(const StackedVae& both, const Classes& classes) {
  const NoGrad no_grad;
  const Tensor codes = both.m1.encode(classes.test.images).loc;
  return vae::probe_accuracy(both.m2.label, codes, classes.test.labels);
}

inline vae::Play bound_of(const StackedVae& both) {
  return
      [&both](const nn::Batch& b, Rng& rng) -> vae::Objective { return both.elbo(b.images, rng); };
}
/// The mean -ELBO of test images.
inline double test_bound(nn::Module& model, const vae::Play& bound, const nn::Dataset& data) {
  return vae::evaluate(model, bound, data, nn::Part::test, Rng(3)).neg_elbo();
}

}  // namespace concepts
