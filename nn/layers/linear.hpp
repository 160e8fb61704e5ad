#pragma once

#include "autograd/ops.hpp"
#include "nn/module.hpp"

namespace tapestry::nn {

/// y = act(x W^T + b): x [..., in] -> [..., out], weight [out, in], bias [out]. The activation is
/// fused.
class Linear : public Layer {
 public:
  Linear(std::int64_t in, std::int64_t out, Activation activation = Activation::none);

  std::string describe() const override;

  /// The same of concat({x, y}, -1) where the leading axes of x and y broadcast: each is multiplied by
  /// its own columns of the weight, and nothing is repeated. x [B, n], y [C, 1, m] -> [C, B, out], n + m = in.
  Tensor of_both(Arg x, Arg y);

  Param weight, bias;
  const Activation activation;

 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tapestry::nn
