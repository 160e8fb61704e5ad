#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

/// A learned vector for each of `count` symbols: x i32 [...] with values in 0..count-1 -> [...,
/// width]. weight [count, width].
class Embedding : public Layer {
 public:
  Embedding(std::int64_t count, std::int64_t width);

  std::string describe() const override;

  Param weight;

 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tapestry::nn
