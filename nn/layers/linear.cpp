#include "nn/layers/linear.hpp"

#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

Linear::Linear(std::int64_t in, std::int64_t out, Activation act)
    : weight(*this, "weight", sizes("linear", {out, in}), Start::weight(in, out)),
      bias(*this, "bias", {out}, Start::bias(in)),
      activation(act) {}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias, activation); }

std::string Linear::describe() const {
  const char* act = name(activation);
  return fmt::format("Linear {} -> {}{}{}", weight.shape()[1], weight.shape()[0], *act ? ", " : "",
                     act);
}

}  // namespace tapestry::nn
