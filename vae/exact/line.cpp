#include "vae/exact/line.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/kl.hpp"

namespace tapestry::vae::exact {

Line Line::example() { return {tensor(1.0), tensor(std::sqrt(0.5))}; }

prob::StandardNormal Line::prior(const Shape& shape, int event_dims) const {
  return prob::StandardNormal(shape, event_dims, w.dtype());
}

prob::Normal Line::likelihood(const Tensor& z, int event_dims) const {
  return {w * z, s, event_dims};
}

prob::Normal Line::evidence() const { return {zeros({}, w.dtype()), sqrt(square(w) + square(s))}; }

prob::Normal Line::posterior(const Tensor& x) const {
  const Tensor variance_of_x = square(w) + square(s);
  return {w * x / variance_of_x, s / sqrt(variance_of_x)};
}

Tensor Line::log_joint(const Tensor& x, const Tensor& z) const {
  return prior(z.shape()).log_prob(z) + likelihood(z).log_prob(x);
}

Tensor Line::log_px(const Tensor& x) const { return evidence().log_prob(x); }

Tensor Line::expected_log_lik(const Tensor& x, const prob::Normal& q) const {
  // E_q (x - w z)^2 = (x - w mean)^2 + w^2 variance
  return likelihood(q.loc).log_prob(x) - 0.5 * square(w * q.scale / s);
}

Tensor Line::elbo(const Tensor& x, const prob::Normal& q) const {
  return expected_log_lik(x, q) - prob::kl(q, prior(q.shape()));
}

Tensor Line::gap(const Tensor& x, const prob::Normal& q) const { return prob::kl(q, posterior(x)); }

Draw Line::sample(Rng& rng, std::int64_t n) const {
  const NoGrad no_grad;
  const Tensor z = prior({n}).sample(rng);
  return {z, likelihood(z).sample(rng)};
}

}  // namespace tapestry::vae::exact
