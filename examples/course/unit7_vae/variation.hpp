#pragma once

#include "agree.hpp"

/// What the judge knows about the decoder of task 7.3. A folder of variations/ defines it in facts.cpp; an
/// instructor's overlay may hold others.
struct Facts {
  const char* name;
  const char* pixels;  ///< what its runs must have: "binary" or "grey"
  std::unique_ptr<tiny::Decoder> (*make)(const tiny::Sizes&);
  /// Wrong answers to log p(x|z), [B], and their hints; of the decoder that `make` made.
  std::vector<course::Mistake> (*mistakes)(tiny::Decoder&, const tiny::Tensor& z,
                                           const tiny::Tensor& x);
  /// -ELBO of the test images after a run that is worth its points, in nats an image.
  struct Band {
    double least, most;
  } strokes, sprites;
};
const Facts& variation();
