#include "prob/all_bits.hpp"

#include <vector>

#include "autograd/error.hpp"

namespace tapestry::prob {

Tensor all_bits(std::int64_t n, DType dtype) {
  check<ConfigError>(n >= 1 && n <= 16,
                     "{} bits that are summed over, expected 1 to 16: there are 2^n terms", n);
  const std::int64_t count = std::int64_t{1} << n;
  std::vector<double> bits;
  bits.reserve(static_cast<std::size_t>(count * n));
  for (std::int64_t s = 0; s < count; ++s)
    for (std::int64_t k = 0; k < n; ++k) bits.push_back(static_cast<double>(s >> k & 1));
  return tensor(bits, {count, n}, dtype);
}

}  // namespace tapestry::prob
