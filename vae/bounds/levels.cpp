#include "vae/bounds/levels.hpp"

#include "autograd/ops.hpp"
#include "prob/kl.hpp"

namespace tapestry::vae {

ElboTerms elbo(std::span<const Level> levels, const Tensor& log_lik) {
  ElboTerms terms{.log_lik = log_lik};
  for (std::size_t l = 0; l < levels.size(); ++l)
    terms.kl += {{"z" + std::to_string(l + 1), prob::kl(levels[l].q, levels[l].p)}};
  return terms;
}

Tensor log_weight(std::span<const Level> levels, const Tensor& log_lik) {
  Tensor log_w = log_lik;
  for (const Level& at : levels) log_w = log_w + at.p.log_prob(at.z) - at.q.log_prob(at.z);
  return log_w;
}

}  // namespace tapestry::vae
