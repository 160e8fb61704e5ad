#include "vae/exact/ppca.hpp"

#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/kernels/symmetric_eigen.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/kl.hpp"
#include "vae/exact/matrices.hpp"

namespace tapestry::vae::exact {

namespace {

/// M = W^T W + sigma^2 I, [K, K].
Tensor m_of(const Ppca& p) {
  return matmul(p.weight, p.weight, {.transpose_left = true}) +
         square(p.sigma) * eye(p.latents(), p.weight.dtype());
}

/// M^-1 W^T (x - m), [..., K].
Tensor posterior_mean(const Ppca& p, const Tensor& x, const Tensor& inverse_of_m) {
  return linear(linear(x - p.mean, transpose(p.weight)), inverse_of_m);
}

/// A q with independent latents, with its covariance written out.
prob::MultivariateNormal with_covariance(const prob::Normal& q) {
  const Tensor scale = prob::expanded(q.scale, q.shape());
  const Tensor column = reshape(scale, scale.shape().inserted(scale.rank(), 1));
  return {q.loc, column * eye(scale.dim(-1), scale.dtype())};
}

}  // namespace

Ppca Ppca::random(std::int64_t outputs, std::int64_t latents, double sigma, Rng& rng) {
  return {rng.normal({outputs, latents}), rng.normal({outputs}), tensor(sigma)};
}

prob::StandardNormal Ppca::prior(const Shape& batch) const {
  return prob::StandardNormal(prob::join(batch, {latents()}), 1, weight.dtype());
}

prob::Normal Ppca::likelihood(const Tensor& z) const { return {linear(z, weight, mean), sigma, 1}; }

prob::MultivariateNormal Ppca::evidence() const {
  const Tensor noise = square(sigma) * eye(outputs(), weight.dtype());
  return prob::MultivariateNormal::from_covariance(
      mean, matmul(weight, weight, {.transpose_right = true}) + noise);
}

prob::MultivariateNormal Ppca::posterior(const Tensor& x) const {
  const Tensor inverse = inverse_of(m_of(*this));
  return prob::MultivariateNormal::from_covariance(posterior_mean(*this, x, inverse),
                                                   square(sigma) * inverse);
}

prob::Normal Ppca::best_diagonal(const Tensor& x) const {
  const Tensor m = m_of(*this);
  const Tensor diagonal_of_m = sum(m * eye(latents(), m.dtype()), -1);
  return {posterior_mean(*this, x, inverse_of(m)), sigma / sqrt(diagonal_of_m), 1};
}

Tensor Ppca::log_joint(const Tensor& x, const Tensor& z) const {
  return prior().log_prob(z) + likelihood(z).log_prob(x);
}

Tensor Ppca::log_px(const Tensor& x) const { return evidence().log_prob(x); }

Tensor Ppca::elbo(const Tensor& x, const prob::MultivariateNormal& q) const {
  // E_q |x - m - W z|^2 = |x - m - W loc|^2 + trace(W L L^T W^T), and the trace is |W L|^2
  const Tensor spread = sum(square(matmul(weight, q.scale_tril)), {-1, -2});
  const Tensor log_lik = likelihood(q.loc).log_prob(x) - 0.5 * spread / square(sigma);
  return log_lik - prob::kl(q, prior(batch_shape(q)));
}

Tensor Ppca::elbo(const Tensor& x, const prob::Normal& q) const {
  return elbo(x, with_covariance(q));
}

Tensor Ppca::gap(const Tensor& x, const prob::MultivariateNormal& q) const {
  return prob::kl(q, posterior(x));
}

Tensor Ppca::gap(const Tensor& x, const prob::Normal& q) const {
  return gap(x, with_covariance(q));
}

Draw Ppca::sample(Rng& rng, std::int64_t n) const {
  const NoGrad no_grad;
  const Tensor z = prior({n}).sample(rng);
  return {z, likelihood(z).sample(rng)};
}

PpcaFit fit_ppca(const RowMoments& data, std::int64_t latents) {
  constexpr const char* kFit = "fit_ppca";
  const std::int64_t d = data.mean.size();
  if (latents < 1 || latents >= d) [[unlikely]]
    fail<ConfigError>(kFit, fmt::format("there must be 1 to {} latents for {} columns, not {}",
                                        d - 1, d, latents));
  const NoGrad no_grad;
  const auto [values, vectors] = symmetric_eigen(data.covariance);
  const Tensor kept = slice(values, 0, 0, latents), left_out = slice(values, 0, latents, d);
  const Tensor variance = tapestry::mean(left_out);
  if (variance.item() <= 1e-12 * values.at({0})) [[unlikely]]
    fail<DomainError>(
        kFit, fmt::format("{} directions hold all the variance of the data", latents),
        "sigma would be 0 and the likelihood infinite; use fewer latents or add noise");
  const Tensor weight = slice(vectors, 1, 0, latents) * sqrt(kept - variance);
  // The data's covariance in the model's coordinates is the model's own: the quadratic form is D.
  const double per_row =
      sum(log(kept)).item() + static_cast<double>(d - latents) * log(variance).item();
  const double log_px =
      -0.5 * (per_row + static_cast<double>(d) * (1 + std::log(2 * std::numbers::pi)));
  return {.model = {weight, data.mean, sqrt(variance)}, .log_px = log_px, .eigenvalues = values};
}

PpcaFit fit_ppca(const Tensor& data, std::int64_t latents) {
  const auto [model, log_px, eigenvalues] = fit_ppca(row_moments(data), latents);
  const DType dtype = data.dtype();
  return {.model = {model.weight.to(dtype), model.mean.to(dtype), model.sigma.to(dtype)},
          .log_px = log_px,
          .eigenvalues = eigenvalues.to(dtype)};
}

}  // namespace tapestry::vae::exact
