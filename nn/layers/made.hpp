#pragma once

#include <optional>

#include "nn/callable.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/masked_linear.hpp"

namespace tapestry::nn {

struct MadeSizes {
  std::int64_t size;         ///< Z, of the vector
  std::int64_t hidden;       ///< units
  std::int64_t outputs = 2;  ///< numbers for each element
  std::int64_t context = 0;  ///< C; 0 = none
  bool reversed = false;     ///< the order goes from the last element to the first
};

/// A masked network of one hidden layer of elu (Germain, Gregor, Murray and Larochelle, MADE, 2015): from z
/// [..., Z], and a context h [B, C] if it has one, to [..., outputs Z]. Output i, of each block of
/// Z, depends on h and on the elements of z before i in the order, not on z_i and not on later ones.
///
///     nn::Child<nn::Made> net{*this, "net", nn::MadeSizes{.size = 32, .hidden = 320, .context = 64}};
///     const Tensor both = net(z, h), shift = slice(both, -1, 0, 32);
class Made : public Callable<Made> {
 public:
  /// ConfigError for sizes below 1 (context: below 0).
  explicit Made(const MadeSizes& sizes);

  Tensor forward(const Tensor& z);
  Tensor forward(const Tensor& z, const Tensor& h);
  std::string describe() const override;

  const MadeSizes sizes;
  Child<MaskedLinear> hidden;
  Child<MaskedLinear> out;
  std::optional<Child<Linear>> context;  ///< of h, added to the hidden layer
};

}  // namespace tapestry::nn
