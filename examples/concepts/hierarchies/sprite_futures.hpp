#pragma once

#include <string>

#include "concepts/hierarchies/frame_heads.hpp"
#include "concepts/hierarchies/moving_sprites.hpp"
#include "support/concept/record.hpp"
#include "support/plot/plot.hpp"

// Moving sprites of which a model sees the first frames and makes the others.

namespace concepts {

struct SpriteFutures {
  MovingSprites shown;
  std::int64_t seen;            ///< frames that the model saw
  std::vector<Tensor> guessed;  ///< those after them, [N, 256] each
};

/// How far off they are, by frames ahead: the curves `name` and "standing still", in pixels.
inline void note_distances(support::Record& r, const std::string& name, const SpriteFutures& of) {
  const std::vector<Tensor> x = frames(of.shown.x), centre = frames(of.shown.centre);
  const auto seen = static_cast<std::size_t>(of.seen);
  for (std::size_t k = 0; k < of.guessed.size(); ++k) {
    const auto ahead = static_cast<double>(k + 1);
    r.add(name, ahead, distance(of.guessed[k], centre[seen + k]));
    r.add("standing still", ahead, distance(x[seen - 1], centre[seen + k]));
  }
}

/// Four sprites in time, and below each the frames that were seen and what the model made.
inline support::Plot sprite_sheet(const std::string& title, const SpriteFutures& of) {
  std::vector<Tensor> rows, guessed;
  for (const Tensor& frame : frames(of.shown.x)) rows.push_back(slice(frame, 0, 0, 4));
  guessed.assign(rows.begin(), rows.begin() + of.seen);
  for (const Tensor& frame : of.guessed) guessed.push_back(slice(frame, 0, 0, 4));
  const Tensor both = reshape(stack({stack(rows, 1), stack(guessed, 1)}, 1), {-1, 16, 16});
  return support::Plot(title, "", "").images(both, static_cast<int>(rows.size()));
}

}  // namespace concepts
