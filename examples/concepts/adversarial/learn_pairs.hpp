#pragma once

#include <algorithm>
#include <vector>

#include "concepts/adversarial/joint_normals.hpp"
#include "concepts/adversarial/learned_inference.hpp"
#include "concepts/adversarial/train_players.hpp"
#include "concepts/adversarial/turns.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/concept/images.hpp"

// The game of learned inference played twice: with numbers, and with digits.

namespace concepts {

/// Of numbers: an encoder q(z|x) and a decoder p(x|z).
struct Line {
  LinearNormal q{0.1, 0.5}, p{0.9, 1.5};
};

/// Plays to the end. Returns the largest slope that a turn of the critic left in the encoder.
inline double play(const support::Concept& c, const JointSteps& steps, Line& line) {
  QuadraticJoint critic;
  const JointGame game{[&](const Tensor& x, Rng& rng) { return line.q.given(x).rsample(rng); },
                       [&](const Tensor& z, Rng& rng) { return line.p.given(z).rsample(rng); },
                       [&](const Tensor& x, const Tensor& z) { return critic.logit(x, z); }, 1,
                       steps};
  std::vector<Parameter*> both = line.q.parameters();
  for (Parameter* parameter : line.p.parameters()) both.push_back(parameter);
  const int count = 1500;
  const nn::Schedule rate = nn::schedule::cosine(1e-2, count);
  nn::Adam of_both(both, {.beta1 = 0}), of_critic(critic.parameters(), {.beta1 = 0});
  Rng rng = c.rng("game");
  double slope = 0;
  for (int step = 0; step < count; ++step) {
    of_both.set_lr(rate(step)), of_critic.set_lr(5 * rate(step));
    const nn::Batch batch{rng.normal({500, 1})};
    of_both.zero_grad();
    nn::descend(of_critic, [&] { return game.judge(batch, rng).loss(); });
    slope = std::max(slope, slope_in(line.q));
    nn::descend(of_both, [&] { return game.play(batch, rng).loss(); });
  }
  return slope;
}

/// Test images with their labels, decoded codes of them, and decoded draws of the prior.
struct Digits {
  Tensor x, labels, again, made;
};
template <class Critic>
Digits learn_digits(const support::Concept& c, const nn::ImageDataset& data,
                    const JointSteps& steps) {
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
  train_players(c, data, {{"pair", pair, adam, play}, {"critic", critic, critic_adam, judge}}, 20,
                c.choose(100, 40));
  const NoGrad no_grad;
  pair.eval();
  Rng rng = c.rng("made");
  const nn::Batch test = support::rows_of(data, nn::Part::test, rng);
  return {test.images, test.labels, pair.G(pair.E(test.images)),
          pair.G(rng.normal({500, latents}))};
}

}  // namespace concepts
