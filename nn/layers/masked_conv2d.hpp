#pragma once

#include "autograd/ops.hpp"
#include "nn/module.hpp"

namespace tapestry::nn {

/// Whether an output pixel depends on the input pixel in its own place: hidden, it does not.
enum class Center { hidden, seen };

/// A convolution that keeps the size of its maps and in which a pixel depends only on pixels that come before
/// it in reading order, those above and those to its left: PixelCNN (van den Oord, Kalchbrenner and
/// Kavukcuoglu 2016). The first layer of a model of pixels hides the centre (their mask A), the
/// others see it (mask B). x [B, in, H, W] -> [B, out, H, W].
class MaskedConv2d : public Layer {
 public:
  /// `kernel` is odd (ConfigError).
  MaskedConv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, Center center,
               Activation activation = Activation::none);

  std::string describe() const override;

  Param weight, bias;  ///< [out, in, kernel, kernel], [out]
  Buffer mask;         ///< [kernel, kernel], of 0 and 1
  const ConvOptions options;

 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tapestry::nn
