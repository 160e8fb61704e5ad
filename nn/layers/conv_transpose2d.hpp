#pragma once

#include "autograd/ops.hpp"
#include "nn/module.hpp"

namespace tapestry::nn {

/// The transpose of Conv2d as a linear map, which makes images larger again, plus a bias:
/// x [B, in, H, W] -> [B, out, H', W'], H' = (H - 1) stride - 2 padding + kernel.
/// weight [in, out, kernel, kernel], bias [out]. The activation in the options is fused.
class ConvTranspose2d : public Layer {
 public:
  ConvTranspose2d(std::int64_t in, std::int64_t out, std::int64_t kernel,
                  const ConvOptions& options = {});

  std::string describe() const override;

  Param weight, bias;
  const ConvOptions options;

 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tapestry::nn
