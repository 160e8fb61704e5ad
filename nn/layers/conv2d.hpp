#pragma once

#include "autograd/ops.hpp"
#include "nn/module.hpp"

namespace tapestry::nn {

/// Cross-correlation with learned square kernels, plus a bias per output channel:
/// x [B, in, H, W] -> [B, out, H', W'], H' = (H + 2 padding - kernel) / stride + 1.
/// weight [out, in, kernel, kernel], bias [out]. The activation in the options is fused.
class Conv2d : public Layer {
 public:
  Conv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, const ConvOptions& options = {});

  std::string describe() const override;

  Param weight, bias;
  const ConvOptions options;

 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tapestry::nn
