#pragma once

#include "concepts/adversarial/learned_inference.hpp"
#include "concepts/adversarial/train_players.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/probe.hpp"

// The game of learned inference, played with digits.

namespace concepts {

/// Of a game from new parameters: test images with their labels, decoded codes of them, and decoded draws of the prior.
struct Digits {
  Tensor x, labels, again, made;
};
template <class Critic>
Digits learn_digits(const support::Concept& c, const nn::ImageDataset& data,
                    const JointSteps& steps, int game_number) {
  const std::int64_t pixels = data.image_size(), latents = 8, hidden = 64;
  ImagePair pair(pixels, latents, hidden);
  Critic critic(pixels, latents, 2 * hidden);
  const JointGame game{[&](const Tensor& x, Rng&) { return pair.E(x); },
                       [&](const Tensor& z, Rng&) { return pair.G(z); },
                       [&](const Tensor& x, const Tensor& z) { return critic.logit(x, z); },
                       latents, steps};
  nn::Adam adam(pair.parameters(), {.lr = 4e-3, .beta1 = 0.5}),
      critic_adam(critic.parameters(), {.lr = 4e-3, .beta1 = 0.5});
  const auto play = [&](auto& b, Rng& noise) { return game.play(b, noise); };
  const auto judge = [&](auto& b, Rng& noise) { return game.judge(b, noise); };
  train_players(c, data,
                {{fmt::format("pair {}", game_number), pair, adam, play},
                 {fmt::format("critic {}", game_number), critic, critic_adam, judge}},
                20, c.choose(100, 40));
  const NoGrad no_grad;
  pair.eval();
  Rng rng = c.rng("made");
  const nn::Batch test = support::rows_of(data, nn::Part::test, rng);
  return {test.images, test.labels, pair.G(pair.E(test.images)),
          pair.G(rng.normal({500, latents}))};
}

/// Games of digits from different starts. A game has no one end, so what games reach is a mean over them.
struct Games {
  Digits first;
  double kept = 0;  ///< share of the test digits whose class is that of G(E(x))
  double sure = 0;  ///< share of the samples of a class that the classifier is sure of
};
/// The share of images of a class that the classifier is sure of.
inline double share_of_sure(nn::Mlp& named, const Tensor& images) {
  return mean(greater(max(softmax(named(images)), -1), 0.9).to(DType::f32)).item();
}
template <class Critic>
Games play_games(const support::Concept& c, const nn::ImageDataset& data, const JointSteps& steps,
                 nn::Mlp& named, int count) {
  Games games;
  for (int k = 0; k < count; ++k) {
    const Digits of = learn_digits<Critic>(c, data, steps, k);
    const double kept = vae::probe_accuracy(named, of.again, of.labels),
                 sure = share_of_sure(named, of.made);
    fmt::print("game {}: the class of {:.3f} is kept, sure of {:.3f} of the samples\n", k + 1, kept,
               sure);
    games.kept += kept / count, games.sure += sure / count;
    if (k == 0) games.first = of;
  }
  return games;
}

}  // namespace concepts
