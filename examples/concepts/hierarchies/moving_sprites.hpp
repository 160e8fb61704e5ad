#pragma once

#include <cmath>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "nn/data/sprites.hpp"

namespace concepts {

using namespace tapestry;

/// Sprites that move in a straight line at a constant speed.
struct MovingSprites {
  Tensor x;       ///< [N, T, 256] grey pixels
  Tensor centre;  ///< [N, T, 2] column and row of the centre, in pixels
};

/// Size and shape are the sequence's own. Speeds are up to 0.9 pixels a frame in each direction, and no centre
/// comes nearer to the edge than 2.5 pixels.
inline MovingSprites moving_sprites(std::int64_t n, std::int64_t frames, Rng& rng) {
  std::vector<double> at;
  std::vector<Tensor> drawn;
  const auto steps = static_cast<double>(frames - 1);
  for (std::int64_t i = 0; i < n; ++i) {
    const double size = 3 + rng.uniform();
    const auto shape = static_cast<nn::SpriteShape>(rng.below(nn::kSpriteShapes));
    double start[2], speed[2];
    for (int axis : {0, 1}) {
      speed[axis] = 1.8 * rng.uniform() - 0.9;
      const double way = steps * speed[axis], room = 11 - std::abs(way);
      start[axis] = 2.5 + room * rng.uniform() + std::max(0.0, -way);
    }
    for (std::int64_t t = 0; t < frames; ++t) {
      for (int axis : {0, 1}) at.push_back(start[axis] + static_cast<double>(t) * speed[axis]);
      drawn.push_back(nn::draw_sprite(at[at.size() - 2], at.back(), size, shape));
    }
  }
  return {reshape(stack(drawn, 0), {n, frames, -1}), tensor(at, {n, frames, 2})};
}

/// Mean distance in pixels between the sprites in x [B, 256] and `centre` [B, 2].
inline double distance(const Tensor& x, const Tensor& centre) {
  const auto at = nn::measure_sprites(reshape(x, {-1, 16, 16}));
  return mean(sqrt(sum(square(stack({at.x, at.y}, 1) - centre), -1))).item();
}

}  // namespace concepts
