#include "nn/layers/dropout.hpp"

#include "autograd/ops.hpp"

namespace tapestry::nn {

Dropout::Dropout(double probability) : p(probability) {
  check<ConfigError>(p >= 0 && p < 1, "dropout: p must be in [0, 1), not {}", p);
}

Tensor Dropout::forward(const Tensor& x) {
  if (!training()) return x;
  return random.use([&](Rng& rng) { return dropout(x, p, rng); });
}

std::string Dropout::describe() const { return fmt::format("Dropout {}", p); }

}  // namespace tapestry::nn
