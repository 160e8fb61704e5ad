#include "nn/layers/linear.hpp"

#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

Linear::Linear(std::int64_t in, std::int64_t out, Activation act)
    : weight(*this, "weight", sizes("linear", {out, in}), Start::weight(in, out)),
      bias(*this, "bias", {out}, Start::bias(in)),
      activation(act) {}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias, activation); }

namespace {

Tensor activated(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return relu(x);
    case Activation::tanh:
      return tanh(x);
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::softplus:
      return softplus(x);
  }
  return x;
}

}  // namespace

Tensor Linear::of_both(Arg first, Arg second) {
  return in_scope(first.loc, [&] {
    const Tensor x = as_tensor(first), y = as_tensor(second);
    const std::int64_t in = weight.shape()[1], n = x.dim(-1), m = y.dim(-1);
    check<ShapeError>(n + m == in,
                      "x {} and y {} have {} + {} numbers in their last axes, expected {}",
                      x.shape(), y.shape(), n, m, in);
    if (x.shape().with(-1, m) == y.shape()) return forward(concat({x, y}, -1));
    const Tensor of_x = linear(x, slice(weight, 1, 0, n), bias);
    return activated(of_x + linear(y, slice(weight, 1, n, in)), activation);
  });
}

std::string Linear::describe() const {
  const char* act = activation_name(activation);
  return fmt::format("Linear {} -> {}{}{}", weight.shape()[1], weight.shape()[0], *act ? ", " : "",
                     act);
}

const char* activation_name(Activation activation) {
  switch (activation) {
    case Activation::none:
      return "";
    case Activation::relu:
      return "relu";
    case Activation::tanh:
      return "tanh";
    case Activation::sigmoid:
      return "sigmoid";
    case Activation::softplus:
      return "softplus";
  }
  return "";
}

}  // namespace tapestry::nn
