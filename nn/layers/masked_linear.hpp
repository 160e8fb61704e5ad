#pragma once

#include <cstdint>
#include <span>

#include "autograd/ops.hpp"
#include "nn/module.hpp"

namespace tapestry::nn {

/// y = act(x (mask * W)^T + b): output o depends on input i only where mask[o][i] is 1. Of such
/// layers are MADE (Germain et al. 2015) and autoregressive flows made.
///
///     const std::vector<std::int32_t> of_inputs{1, 2, 3}, of_units{1, 2, 1, 2};
///     nn::MaskedLinear hidden(nn::order_mask(of_inputs, of_units, nn::Sees::same), Activation::relu);
///     nn::MaskedLinear out(nn::order_mask(of_units, of_inputs, nn::Sees::earlier));
class MaskedLinear : public Layer {
 public:
  /// `mask` [out, in] holds 0 and 1 (DomainError outside [0, 1]). For initial values every output has `in` inputs.
  explicit MaskedLinear(const Tensor& mask, Activation activation = Activation::none);

  std::string describe() const override;

  Param weight, bias;
  Buffer mask;
  const Activation activation;

 protected:
  Tensor forward(const Tensor& x) override;
};

/// The inputs that a unit depends on, by their places in an order.
enum class Sees {
  earlier,  ///< those of an earlier place: for the last layer, whose output i must not depend on input i
  same,  ///< those of an earlier place or the same: for all other layers
};
/// The mask [out, in] of a layer whose inputs have the places `from` and whose units have the places
/// `to` in an order: 1 where the unit depends on the input.
Tensor order_mask(std::span<const std::int32_t> from, std::span<const std::int32_t> to, Sees sees);

}  // namespace tapestry::nn
