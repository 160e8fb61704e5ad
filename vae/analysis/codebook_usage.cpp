#include "vae/analysis/codebook_usage.hpp"

#include <cmath>
#include <vector>

#include "autograd/constraint.hpp"

namespace tapestry::vae {

Tensor code_shares(const Tensor& code, std::int64_t codes) {
  check<ShapeError>(code.size() > 0, "code_shares: there is no code in {}", code.shape());
  std::vector<double> share(static_cast<std::size_t>(codes));
  for (const std::int32_t k : code.view<std::int32_t>()) {
    check<DomainError>(k >= 0 && k < codes, "code_shares: code {}, expected 0..{}", k, codes - 1);
    share[static_cast<std::size_t>(k)] += 1.0 / static_cast<double>(code.size());
  }
  return tensor(share, {codes}, DType::f64);
}

double perplexity(const Tensor& probabilities) {
  double entropy = 0, total = 0;
  for (const double p : probabilities.to_vector()) {
    check<DomainError>(p >= 0, "perplexity: got the probability {}, expected at least 0", p);
    total += p;
    if (p > 0) entropy -= p * std::log(p);
  }
  check<DomainError>(std::abs(total - 1) < 1e-4, "perplexity: the probabilities sum to {}, not 1",
                     total);
  return std::exp(entropy);
}

}  // namespace tapestry::vae
