#include "nn/layers/layer_norm.hpp"

#include "autograd/ops.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

LayerNorm::LayerNorm(std::int64_t features, double epsilon)
    : weight(*this, "weight", sizes("layer_norm", {features}), 1.0),
      bias(*this, "bias", {features}, 0.0),
      eps(epsilon) {}

Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, weight, bias, eps); }

std::string LayerNorm::describe() const { return fmt::format("LayerNorm {}", weight.size()); }

}  // namespace tapestry::nn
