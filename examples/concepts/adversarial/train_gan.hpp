#pragma once

#include <memory>
#include <vector>

#include "concepts/adversarial/vae_gan.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/training/trainer.hpp"

// How a VAE-GAN, or the VAE of the same networks, is trained, and what is measured then.

namespace concepts {

/// A critic of one number, a + b x.
struct LineCritic : nn::Module {
  nn::Param weight{*this, "weight", {2}, 0.0};
  Tensor logit(const Tensor& x) { return slice(weight, 0, 0, 1) + slice(weight, 0, 1, 2) * x; }
};

/// Learns to tell masses p from q at points x; returns the value of the game at the end.
inline double learn(LineCritic& d, const Tensor& x, const Tensor& p, const Tensor& q) {
  nn::Adam adam(d.parameters(), {.lr = 0.05});
  double loss = 0;
  for (int step = 0; step < 500; ++step) {
    loss = nn::descend(adam, [&] {
      const Tensor logit = d.logit(x);
      return -sum(p * log_sigmoid(logit) + q * log_sigmoid(-logit));
    });
  }
  return -loss;
}

struct GanTraining {
  PictureSizes sizes;
  int epochs;
  std::int64_t batch;
  double critic_rate;  ///< of Adam; 1e-3 for the others
  std::uint64_t seed;
};

struct TrainedGan {
  std::shared_ptr<VaeGan> model;
  Tensor x, made, drawn;    ///< test images, their reconstructions and draws, [n, side, side]
  double error, sharpness;  ///< squared, per image; Laplacian energy of the reconstructions
  double accuracy;          ///< of the critic: test images against reconstructions and draws
};

inline TrainedGan train(const VaeGanSteps& steps, const nn::ImageDataset& data, bool gan,
                        const GanTraining& how) {
  Rng rng(how.seed);
  const auto m = std::make_shared<VaeGan>(how.sizes, 0.1, steps);
  nn::init::torch_default(*m, rng.stream("init"));
  nn::init::torch_default(m->critic, rng.stream("critic"));
  nn::Adam both(m->parameters()), encoder(m->encoder.parameters(), {.beta1 = 0.5}),
      decoder(m->decoder.parameters(), {.beta1 = 0.5}),
      critic(m->critic.parameters(), {.lr = how.critic_rate, .beta1 = 0.5});
  const auto bound = [&](const nn::Batch& b, Rng& noise) { return m->bound(b, noise); };
  vae::Trainer trainer(gan ? m->players(encoder, decoder, critic)
                           : std::vector<vae::Player>{{"vae", *m, both, bound}},
                       data,
                       {.epochs = how.epochs,
                        .batch = how.batch,
                        .score = [](const vae::Means& means) { return -means.value; },
                        .seed = how.seed});
  trainer.run();
  const NoGrad no_grad;
  const Tensor x = support::rows_of(data, nn::Part::test, rng).images;
  const Tensor made = m->picture(m->encoder(x).sample(rng));
  const Tensor drawn = m->picture(m->prior().sample(rng, {x.dim(0)}));
  return {m,
          data.as_images(x),
          data.as_images(made),
          data.as_images(drawn),
          mean(sum(square(x - made), -1)).item(),
          mean(vae::laplacian_energy(data.as_images(made))).item(),
          vae::critic_accuracy(m->critic.logit(x), m->critic.logit(concat({made, drawn}, 0)))};
}

}  // namespace concepts
