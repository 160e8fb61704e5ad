#pragma once

#include <vector>

#include "nn/layers/linear.hpp"

namespace tapestry::nn {

/// Linear layers in a row, named 0, 1, ... ("trunk.0.weight"): x [..., sizes.front()] -> [...,
/// sizes.back()].
///
///     nn::Child<nn::Mlp> trunk{*this, "trunk", {784, 400, 400}, Activation::relu};
///     nn::Child<nn::Mlp> logits{*this, "logits", {20, 400, 784}, Activation::relu, Activation::none};
///
/// The first ends in an activation, for the heads that follow. The second ends without one: its
/// outputs are the parameters of a distribution.
class Mlp : public Layer {
 public:
  /// `sizes` are the numbers that go in and come out of each layer. `activation` follows every
  /// layer; with `last` given, the last one has that instead. ConfigError for fewer than two sizes,
  /// or one below 1.
  Mlp(const std::vector<std::int64_t>& sizes, Activation activation,
      std::optional<Activation> last = {});

  std::size_t size() const { return layers_.size(); }
  Linear& operator[](std::size_t i) const { return *layers_.at(i); }
  std::string describe() const override;

  /// The same of concat({x, y}, -1) where the leading axes of x and y broadcast, as in Linear::of_both.
  Tensor of_both(Arg x, Arg y);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  Tensor after_first(Tensor h);

  std::vector<std::unique_ptr<Linear>> layers_;
};

}  // namespace tapestry::nn
