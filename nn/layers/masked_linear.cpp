#include "nn/layers/masked_linear.hpp"

#include "autograd/constraint.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {
namespace {

/// The shape [out, in] of a mask.
Shape checked(const Tensor& mask) {
  check<ShapeError>(mask.rank() == 2, "masked linear: the mask has shape {}, expected [out, in]",
                    mask.shape());
  check_values("masked linear", "mask", mask.to(default_dtype()), kUnitInterval);
  return sizes("masked linear", mask.shape());
}

}  // namespace

MaskedLinear::MaskedLinear(const Tensor& given, Activation act)
    : weight(*this, "weight", checked(given), Start::weight(checked(given)[1], checked(given)[0])),
      bias(*this, "bias", {given.dim(0)}, Start::bias(given.dim(1))),
      mask(*this, "mask", given.to(default_dtype())),
      activation(act) {}

Tensor MaskedLinear::forward(const Tensor& x) {
  return linear(x, weight * mask.value(), bias, activation);
}

std::string MaskedLinear::describe() const {
  const char* act = name(activation);
  return fmt::format("MaskedLinear {} -> {}{}{}", weight.shape()[1], weight.shape()[0],
                     *act ? ", " : "", act);
}

Tensor order_mask(std::span<const std::int32_t> from, std::span<const std::int32_t> to, Sees sees) {
  std::vector<double> mask;
  for (const std::int32_t unit : to)
    for (const std::int32_t input : from)
      mask.push_back(sees == Sees::same ? input <= unit : input < unit);
  return tensor(mask).with_shape({std::ssize(to), std::ssize(from)});
}

}  // namespace tapestry::nn
