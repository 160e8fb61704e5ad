#include "vae/models/likelihood.hpp"

namespace tapestry::vae {

Tensor Likelihood::log_prob(const Tensor& x) const {
  return std::visit([&](const auto& p) { return p.log_prob(x); }, p_);
}
Tensor Likelihood::mean() const {
  return std::visit([](const auto& p) { return p.mean(); }, p_);
}
Tensor Likelihood::sample(Rng& rng) const {
  return std::visit([&](const auto& p) { return p.sample(rng); }, p_);
}

}  // namespace tapestry::vae
