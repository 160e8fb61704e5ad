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

  Param weight, bias;
  const Activation activation;

 protected:
  Tensor forward(const Tensor& x) override;
};

/// "relu"; empty for none.
const char* activation_name(Activation activation);

}  // namespace tapestry::nn
