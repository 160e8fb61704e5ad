#include "nn/layers/masked_conv2d.hpp"

#include "nn/layers/linear.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {
namespace {

/// 1 at every place before the centre in reading order, and at the centre if it is seen.
Tensor reading_order(std::int64_t kernel, Center center) {
  check<ConfigError>(kernel % 2 == 1, "masked conv2d: kernel is {}, expected an odd number",
                     kernel);
  const std::int64_t middle = kernel * kernel / 2;
  const std::int64_t ones_at_first = center == Center::seen ? middle + 1 : middle;
  return less(arange(kernel * kernel), static_cast<double>(ones_at_first))
      .to(default_dtype())
      .with_shape({kernel, kernel});
}

}  // namespace

MaskedConv2d::MaskedConv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, Center center,
                           Activation activation)
    : weight(*this, "weight", sizes("masked conv2d", {out, in, kernel, kernel}),
             Start::weight(in * kernel * kernel, out * kernel * kernel)),
      bias(*this, "bias", {out}, Start::bias(in * kernel * kernel)),
      mask(*this, "mask", reading_order(kernel, center)),
      options{.padding = static_cast<int>(kernel / 2), .activation = activation} {}

Tensor MaskedConv2d::forward(const Tensor& x) {
  return conv2d(x, weight * mask.value(), bias, options);
}

std::string MaskedConv2d::describe() const {
  const Shape& w = weight.shape();
  const char* act = name(options.activation);
  return fmt::format("MaskedConv2d {} -> {}, kernel {}{}{}", w[1], w[0], w[2], *act ? ", " : "",
                     act);
}

}  // namespace tapestry::nn
