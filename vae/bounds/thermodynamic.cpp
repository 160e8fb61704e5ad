#include "vae/bounds/thermodynamic.hpp"

#include "autograd/ops.hpp"
#include "vae/bounds/importance.hpp"

namespace tapestry::vae {

Tensor thermodynamic_bound(const Tensor& log_w, std::span<const double> betas) {
  check_log_weights(log_w);
  check<ConfigError>(!betas.empty() && betas.front() == 0 && betas.back() < 1,
                     "the betas of a thermodynamic bound begin at 0 and stay below 1");
  Tensor bound;
  for (std::size_t i = 0; i < betas.size(); ++i) {
    const double next = i + 1 < betas.size() ? betas[i + 1] : 1;
    check<ConfigError>(next > betas[i],
                       "the betas of a thermodynamic bound must rise: {} follows {}", next,
                       betas[i]);
    const Tensor term = (next - betas[i]) * sum(softmax(betas[i] * log_w, 0) * log_w, 0);
    bound = i == 0 ? term : bound + term;
  }
  return bound;
}

}  // namespace tapestry::vae
