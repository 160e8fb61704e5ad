#pragma once

#include "nn/layers/gaussian_window.hpp"

// How a step of DRAW reads and paints: the whole image, or through windows. Numbers are the paper's equations.

namespace concepts {

using namespace tapestry;

struct CanvasSizes {
  std::int64_t side = 28, steps = 8;               ///< T
  std::int64_t state = 160, latents = 10;          ///< of each recurrent network, of each step
  std::int64_t read_window = 8, write_window = 8;  ///< N, for Windows

  std::int64_t pixels() const { return side * side; }
};

/// Each step reads and paints the whole image: section 3.1.
struct WholeImage : nn::Module {
  explicit WholeImage(const CanvasSizes& of) : paint(*this, "paint", of.state, of.pixels()) {}

  static std::int64_t numbers_read(const CanvasSizes& of) { return 2 * of.pixels(); }
  Tensor read(const Tensor& x, const Tensor& error, const Tensor&) {
    return concat({x, error}, -1);
  }
  Tensor write(const Tensor& h) { return paint(h); }  // (17), (18)

  nn::Child<nn::Linear> paint;
};

/// Each step reads and paints a patch, where and how large it chooses: sections 3.2 and 3.3.
struct Windows : nn::Module {
  explicit Windows(const CanvasSizes& of)
      : look(*this, "look", of.state, of.side, of.read_window),
        place(*this, "place", of.state, of.side, of.write_window),
        paint(*this, "paint", of.state, of.write_window * of.write_window) {}

  static std::int64_t numbers_read(const CanvasSizes& of) {
    return 2 * of.read_window * of.read_window;
  }
  Tensor read(const Tensor& x, const Tensor& error, const Tensor& h) {
    const auto window = look(h);  // (19) to (27)
    return concat({window.read(x), window.read(error)}, -1);
  }
  Tensor write(const Tensor& h) { return place(h).write(paint(h)); }  // (28), (29)

  nn::Child<nn::GaussianWindow> look, place;
  nn::Child<nn::Linear> paint;
};

}  // namespace concepts
