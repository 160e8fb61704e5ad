#pragma once

#include <functional>
#include <string>

#include "autograd/tensor.hpp"
#include "support/plot/plot.hpp"

namespace support {

/// A panel with the distributions over three outcomes as a triangle: its corners are certainty, its
/// middle is the uniform distribution. fn(P) is the shade at P [3]; darker is more.
///
///     Simplex("entropy", entropy).point("uniform", full({3}, 1.0 / 3)).plot()
class Simplex {
 public:
  Simplex(const std::string& title, const std::function<double(const tapestry::Tensor&)>& fn);

  Simplex& line(const std::string& label, const std::vector<tapestry::Tensor>& path);
  Simplex& point(const std::string& label, const tapestry::Tensor& P);
  const Plot& plot() const { return plot_; }

 private:
  Plot plot_;
};

}  // namespace support
