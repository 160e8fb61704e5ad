#include "vae/bounds/levels.hpp"

#include "autograd/ops.hpp"
#include "prob/kl.hpp"

namespace tapestry::vae {

namespace {
std::string name_of(std::size_t level) { return "z" + std::to_string(level + 1); }
}  // namespace

ElboTerms elbo(std::span<const Level> levels, const Tensor& log_lik) {
  ElboTerms terms{.log_lik = log_lik};
  for (std::size_t l = 0; l < levels.size(); ++l)
    terms.kl += {{name_of(l), prob::kl(levels[l].q, levels[l].p)}};
  return terms;
}

ElboTerms elbo_at_draws(std::span<const Level> levels, const Tensor& log_lik) {
  ElboTerms terms{.log_lik = log_lik};
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const auto& [q, p, z] = levels[l];
    terms.kl += {{name_of(l), q.log_prob(z) - p.log_prob(z)}};
  }
  return terms;
}

Tensor log_weight(std::span<const Level> levels, const Tensor& log_lik) {
  return elbo_at_draws(levels, log_lik).elbo();
}

}  // namespace tapestry::vae
