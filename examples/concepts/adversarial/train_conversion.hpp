#pragma once

#include "concepts/adversarial/two_pens.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/rmsprop.hpp"
#include "vae/training/trainer.hpp"

// How a model of two styles is trained, and its conversions.

namespace concepts {

struct StyleTraining {
  PictureSizes sizes;
  int epochs;
  std::int64_t batch;
  double rate;
  std::uint64_t seed;
};

struct Converted {
  double neg_elbo;  ///< of the test images
  Tensor pictures;  ///< the test images of the source, in the style of the target
};

/// With alpha = 0 there is no critic.
inline Converted train(const ConversionSteps& steps, double alpha, const Styles& styles,
                       const StyleTraining& how) {
  Rng rng(how.seed);
  StyleVae m(how.sizes, alpha, steps);
  nn::init::torch_default(m, rng.stream("init"));
  nn::init::torch_default(m.critic, rng.stream("critic"));
  nn::Adam own(m.parameters(), {.lr = how.rate});
  nn::RmsProp of_critic(m.critic.parameters(), {.lr = 1e-3});
  const nn::TensorDataset data = styles.data();
  vae::Trainer trainer(m.players(own, of_critic), data,
                       {.epochs = how.epochs, .batch = how.batch, .seed = how.seed});
  trainer.run();
  const NoGrad no_grad;
  const Tensor z = m.encoder(styles.source).sample(rng);
  return {trainer.history().back().test.neg_elbo(), m.convert(z, StyleVae::of_style(0, z.dim(0)))};
}

}  // namespace concepts
