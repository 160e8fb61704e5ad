#include "nn/layers/embedding.hpp"

#include "autograd/ops.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

Embedding::Embedding(std::int64_t count, std::int64_t width)
    : weight(*this, "weight", sizes("embedding", {count, width}), Start::table()) {}

Tensor Embedding::forward(const Tensor& x) { return take_rows(weight, x); }

std::string Embedding::describe() const {
  return fmt::format("Embedding {} x {}", weight.shape()[0], weight.shape()[1]);
}

}  // namespace tapestry::nn
