#include "vae/bounds/levels.hpp"

#include "autograd/ops.hpp"
#include "prob/kl.hpp"

namespace tapestry::vae {

namespace {

template <class Kl>
ElboTerms terms_of(std::span<const Level> levels, const Tensor& log_lik, Kl kl_of) {
  ElboTerms terms{.log_lik = log_lik};
  for (std::size_t l = 0; l < levels.size(); ++l)
    terms.kl += {{"z" + std::to_string(l + 1), kl_of(levels[l])}};
  return terms;
}

}  // namespace

ElboTerms elbo(std::span<const Level> levels, const Tensor& log_lik) {
  return terms_of(levels, log_lik, [](const Level& at) { return prob::kl(at.q, at.p); });
}

ElboTerms elbo_at_draws(std::span<const Level> levels, const Tensor& log_lik) {
  return terms_of(levels, log_lik,
                  [](const Level& at) { return at.q.log_prob(at.z) - at.p.log_prob(at.z); });
}

Tensor log_weight(std::span<const Level> levels, const Tensor& log_lik) {
  return elbo_at_draws(levels, log_lik).elbo();
}

}  // namespace tapestry::vae
