#include "nn/layers/conv_transpose2d.hpp"

#include "nn/layers/linear.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

// NOTE: PyTorch takes axis 1 of the weight for the inputs in every convolution; here that is `out`.
// The fans follow it, so that torch_default is PyTorch's default.
ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                 const ConvOptions& opts)
    : weight(*this, "weight", sizes("conv_transpose2d", {in, out, kernel, kernel}),
             Start::weight(out * kernel * kernel, in * kernel * kernel)),
      bias(*this, "bias", {out}, Start::bias(out * kernel * kernel)),
      options(opts) {}

Tensor ConvTranspose2d::forward(const Tensor& x) {
  return conv_transpose2d(x, weight, bias, options);
}

std::string ConvTranspose2d::describe() const {
  const Shape& w = weight.shape();
  const char* act = name(options.activation);
  return fmt::format("ConvTranspose2d {} -> {}, kernel {}, stride {}, padding {}{}{}", w[0], w[1],
                     w[2], options.stride, options.padding, *act ? ", " : "", act);
}

}  // namespace tapestry::nn
