#include "vae/exact/mixture.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/categorical.hpp"
#include "vae/exact/table.hpp"

namespace tapestry::vae::exact {

NormalMixture NormalMixture::example() {
  return {log(tensor({0.3, 0.5, 0.2})), tensor({-2.0, 1.0, 2.5}), tensor({0.6, 0.5, 0.8})};
}

Tensor NormalMixture::weights() const { return softmax(logits); }

prob::Mixture<prob::Normal> NormalMixture::distribution() const {
  return {logits, prob::Normal(loc, scale)};
}

Tensor NormalMixture::log_joint(const Tensor& x) const {
  // Repeated in full: two numbers [2,1] against two components [2] could be an axis too many.
  const Tensor column = reshape(x, x.shape().inserted(x.rank(), 1));
  const Tensor against_each = broadcast_to(column, broadcast(column.shape(), loc.shape()));
  return log_softmax(logits) + prob::Normal(loc, scale).log_prob(against_each);
}

Tensor NormalMixture::log_px(const Tensor& x) const { return distribution().log_prob(x); }

Tensor NormalMixture::log_posterior(const Tensor& x) const {
  return table::log_posterior(log_joint(x));
}

Tensor NormalMixture::responsibilities(const Tensor& x) const { return exp(log_posterior(x)); }

Tensor NormalMixture::elbo(const Tensor& x, const Tensor& log_q) const {
  return table::elbo(log_joint(x), log_q);
}

Tensor NormalMixture::mean() const { return distribution().mean(); }

Tensor NormalMixture::variance() const { return distribution().variance(); }

Draw NormalMixture::sample(Rng& rng, std::int64_t n) const {
  const NoGrad no_grad;
  const Tensor z = prob::Categorical(prob::expanded(logits, {n, parts()})).sample(rng);
  return {z, prob::Normal(take_rows(loc, z), take_rows(scale, z)).sample(rng)};
}

}  // namespace tapestry::vae::exact
