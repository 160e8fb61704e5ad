#include "nn/layers/time_embedding.hpp"

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"

namespace tapestry::nn {

TimeEmbedding::TimeEmbedding(std::int64_t width, double longest, double shortest)
    : longest_(longest), shortest_(shortest) {
  check<ConfigError>(width >= 4 && width % 2 == 0,
                     "time_embedding: width must be even and at least 4, not {}", width);
  check<ConfigError>(shortest > 0 && shortest < longest && std::isfinite(longest),
                     "time_embedding: 0 < shortest < longest, not {} and {}", shortest, longest);
  const std::int64_t waves = width / 2;
  for (std::int64_t k = 0; k < waves; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(waves - 1);
    rates_.push_back(2 * std::numbers::pi / longest * std::pow(longest / shortest, share));
  }
}

Tensor TimeEmbedding::forward(const Tensor& t) {
  check<ShapeError>(t.rank() >= 1 && t.dim(-1) == 1,
                    "time_embedding: t has the shape {}, but its last axis must be 1", t.shape());
  const Tensor angle = t * tensor(rates_, {static_cast<std::int64_t>(rates_.size())}, t.dtype());
  return concat({sin(angle), cos(angle)}, -1);
}

std::string TimeEmbedding::describe() const {
  return fmt::format("TimeEmbedding {}, wavelengths {} to {}", 2 * rates_.size(), longest_,
                     shortest_);
}

}  // namespace tapestry::nn
