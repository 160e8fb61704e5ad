#include "prob/later_pixels.hpp"

#include <utility>
#include <vector>

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"

namespace tapestry::prob {

Tensor later_pixels(std::int64_t rows, std::int64_t cols, std::int64_t radius) {
  for (const auto& [name, value] : {std::pair{"rows", rows}, {"cols", cols}, {"radius", radius}})
    check<ConfigError>(value >= 1, "later_pixels: {} = {}, expected at least 1", name, value);
  std::vector<std::int32_t> later;
  for (std::int64_t i = 0; i < rows * cols; ++i)
    for (std::int64_t down = 0; down <= radius; ++down)
      for (std::int64_t right = down == 0 ? 1 : -radius; right <= radius; ++right) {
        const std::int64_t y = i / cols + down, x = i % cols + right;
        const bool inside = y < rows && x >= 0 && x < cols;
        later.push_back(static_cast<std::int32_t>(inside ? y * cols + x : rows * cols));
      }
  return index_tensor(later, {rows * cols, 2 * radius * (radius + 1)});
}

Tensor at_later(const Tensor& v, const Tensor& later) {
  const std::int64_t D = later.dim(0), K = later.dim(1), n = v.size() / D;
  const Tensor columns = concat({transpose(reshape(v, {n, D})), zeros({1, n}, v.dtype())}, 0);
  return reshape(transpose(take_rows(columns, later), {2, 0, 1}), join(v.shape(), {K}));
}

void check_later(Caller caller, const Tensor& later) {
  const auto j = later.view<std::int32_t>();
  const std::int64_t D = later.dim(0), K = later.dim(1);
  for (std::int64_t n = 0; n < std::ssize(j); ++n) {
    const std::int64_t value = j[static_cast<std::size_t>(n)];
    if (value <= n / K || value > D) [[unlikely]]
      fail<DomainError>(caller, fmt::format("later must be above its row and at most {}, but "
                                            "later[{}, {}] = {}",
                                            D, n / K, n % K, value));
  }
}

}  // namespace tapestry::prob
