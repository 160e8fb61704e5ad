#pragma once

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

namespace tapestry::nn {

/// How far images are moved, each at random and evenly between minus and plus these numbers.
struct MoveOptions {
  double turn = 0.375;  ///< radians
  double slant = 0.5;   ///< columns a row
  double size = 0.18;   ///< logarithm of the factor by which all is made larger
  double width = 0.15;  ///< logarithm of the factor by which it is made wider and flatter
  double shift = 0.11;  ///< of the side, in both directions
};

/// Square images [B, side^2], each turned, slanted, scaled and shifted about its middle: in most cases a digit stays the digit that
/// it is. Between pixels the value is interpolated, outside it is 0. Not recorded. ShapeError unless the rows are squares.
Tensor moved_images(const Tensor& images, Rng& rng, const MoveOptions& options = {});

}  // namespace tapestry::nn
