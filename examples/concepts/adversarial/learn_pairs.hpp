#pragma once

#include <algorithm>
#include <vector>

#include "concepts/adversarial/joint_normals.hpp"
#include "concepts/adversarial/learned_inference.hpp"
#include "concepts/adversarial/turns.hpp"

// The game of learned inference, played with numbers.

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

}  // namespace concepts
