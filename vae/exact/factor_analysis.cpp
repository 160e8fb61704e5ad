#include "vae/exact/factor_analysis.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/distribution.hpp"
#include "vae/exact/matrices.hpp"

namespace tapestry::vae::exact {

FactorAnalysis FactorAnalysis::from(const Ppca& model) {
  const Tensor variance = broadcast_to(square(model.sigma), {model.outputs()});
  return {model.weight, model.mean, variance};
}

prob::StandardNormal FactorAnalysis::prior(const Shape& batch) const {
  return prob::StandardNormal(prob::join(batch, {latents()}), 1, weight.dtype());
}

prob::Normal FactorAnalysis::likelihood(const Tensor& z) const {
  return {linear(z, weight, mean), sqrt(noise), 1};
}

prob::MultivariateNormal FactorAnalysis::evidence() const {
  return prob::MultivariateNormal::from_covariance(
      mean,
      matmul(weight, weight, {.transpose_right = true}) + noise * eye(outputs(), weight.dtype()));
}

FactorPosterior factor_posterior(const FactorAnalysis& model) {
  const Tensor projection = transpose(model.weight) / model.noise;
  const Tensor precision =
      eye(model.latents(), model.weight.dtype()) + matmul(projection, model.weight);
  return {projection, inverse_of(precision)};
}

prob::MultivariateNormal FactorAnalysis::posterior(const Tensor& x) const {
  const auto [projection, covariance] = factor_posterior(*this);
  return prob::MultivariateNormal::from_covariance(linear(linear(x - mean, projection), covariance),
                                                   covariance);
}

Tensor FactorAnalysis::log_joint(const Tensor& x, const Tensor& z) const {
  return prior().log_prob(z) + likelihood(z).log_prob(x);
}

Tensor FactorAnalysis::log_px(const Tensor& x) const {
  const prob::MultivariateNormal of_z = posterior(x);
  return log_joint(x, of_z.loc) - of_z.log_prob(of_z.loc);
}

prob::MultivariateNormal FactorAnalysis::posterior(const Tensor& x, const Tensor& seen) const {
  // A hole is an entry with infinite noise: its part of W^T Psi^-1 is 0.
  const std::int64_t k = latents();
  const Tensor precise = seen / noise;                                  // [..., D]
  const Tensor away = linear(precise * (x - mean), transpose(weight));  // [..., K]
  const Tensor rows = reshape(precise, precise.shape().inserted(precise.rank() - 1, 1));
  const Tensor precision = eye(k, weight.dtype()) + matmul(transpose(weight) * rows, weight);
  const Tensor covariance = inverse_of(precision);  // [..., K, K]
  const Tensor loc = sum(covariance * reshape(away, away.shape().inserted(away.rank() - 1, 1)), -1);
  return prob::MultivariateNormal::from_covariance(loc, covariance);
}

Tensor FactorAnalysis::log_px(const Tensor& x, const Tensor& seen) const {
  const prob::MultivariateNormal of_z = posterior(x, seen);
  prob::Normal each = likelihood(of_z.loc);
  each.event_dims = 0;
  return prior().log_prob(of_z.loc) + sum(seen * each.log_prob(x), -1) - of_z.log_prob(of_z.loc);
}

Tensor FactorAnalysis::mean_log_px(const RowMoments& data) const {
  // E (x - m)^T C^-1 (x - m) = (E x - m)^T C^-1 (E x - m) + tr(C^-1 S), and
  // C^-1 = Psi^-1 - P^T G P with P = W^T Psi^-1
  const auto [projection, covariance] = factor_posterior(*this);
  const Tensor seen = data.covariance.to(weight.dtype());
  const Tensor each = sum(seen * eye(outputs(), weight.dtype()), -1) / noise;
  const Tensor codes = matmul(matmul(projection, seen), projection, {.transpose_right = true});
  return log_px(data.mean.to(weight.dtype())) - 0.5 * (sum(each) - sum(covariance * codes));
}

Draw FactorAnalysis::sample(Rng& rng, std::int64_t n) const {
  const NoGrad no_grad;
  const Tensor z = prior({n}).sample(rng);
  return {z, likelihood(z).sample(rng)};
}

}  // namespace tapestry::vae::exact
