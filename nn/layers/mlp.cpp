#include "nn/layers/mlp.hpp"

#include <fmt/ranges.h>

namespace tapestry::nn {

Mlp::Mlp(const std::vector<std::int64_t>& sizes, Activation activation,
         std::optional<Activation> last) {
  check<ConfigError>(sizes.size() >= 2,
                     "mlp: got the sizes [{}], expected the input's and those of one layer or more",
                     fmt::join(sizes, ", "));
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const bool is_last = i + 2 == sizes.size();
    layers_.push_back(std::make_unique<Linear>(sizes[i], sizes[i + 1],
                                               is_last ? last.value_or(activation) : activation));
    adopt(std::to_string(i), *layers_.back());
  }
}

Tensor Mlp::forward(const Tensor& x) { return after_first((*layers_.front())(x)); }

Tensor Mlp::of_both(Arg x, Arg y) {
  return in_scope(x.loc, [&] { return after_first(layers_.front()->of_both(x, y)); });
}

Tensor Mlp::after_first(Tensor h) {
  for (std::size_t i = 1; i < layers_.size(); ++i) h = (*layers_[i])(h);
  return h;
}

std::string Mlp::describe() const {
  std::string text = fmt::format("Mlp {}", layers_.front()->weight.shape()[1]);
  for (const auto& layer : layers_) text += fmt::format(" -> {}", layer->weight.shape()[0]);
  const Activation inner = layers_.front()->activation, last = layers_.back()->activation;
  if (inner != Activation::none) text += fmt::format(", {}", name(inner));
  if (last != inner)
    text += fmt::format(", last {}", last == Activation::none ? "plain" : name(last));
  return text;
}

}  // namespace tapestry::nn
