#include "nn/layers/conv2d.hpp"

#include "nn/layers/linear.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

Conv2d::Conv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, const ConvOptions& opts)
    : weight(*this, "weight", sizes("conv2d", {out, in, kernel, kernel}),
             Start::weight(in * kernel * kernel, out * kernel * kernel)),
      bias(*this, "bias", {out}, Start::bias(in * kernel * kernel)),
      options(opts) {}

Tensor Conv2d::forward(const Tensor& x) { return conv2d(x, weight, bias, options); }

std::string Conv2d::describe() const {
  const Shape& w = weight.shape();
  const char* act = name(options.activation);
  return fmt::format("Conv2d {} -> {}, kernel {}, stride {}, padding {}{}{}", w[1], w[0], w[2],
                     options.stride, options.padding, *act ? ", " : "", act);
}

}  // namespace tapestry::nn
