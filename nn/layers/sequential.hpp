#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

/// Layers one after the other, named 0, 1, ...:
///
///     Sequential net;
///     net.add<Linear>(784, 400).add<Relu>().add<Linear>(400, 10);
///     Tensor y = net(x);
class Sequential : public Layer {
 public:
  /// Constructs an L at the end; returns this, for the next `add`.
  template <class L, class... Args>
  Sequential& add(Args&&... args) {
    auto layer = std::make_unique<L>(std::forward<Args>(args)...);
    adopt(std::to_string(layers_.size()), *layer);
    layers_.push_back(std::move(layer));
    return *this;
  }
  std::size_t size() const { return layers_.size(); }
  Layer& operator[](std::size_t i) const { return *layers_.at(i); }

 protected:
  /// ConfigError when there are no layers.
  Tensor forward(const Tensor& x) override;

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace tapestry::nn
