#include "vae/model.hpp"

#include "autograd/ops.hpp"
#include "vae/variants/conv.hpp"
#include "vae/variants/mlp.hpp"

namespace tapestry::vae {

Vae::Vae(std::int64_t pixels, std::int64_t latent) : pixels_(pixels), latent_(latent) {}

ElboTerms Vae::elbo(const Tensor& x, Rng& rng, const ElboOptions& options) {
  const auto likelihood = [this](const Tensor& z) { return decode(z); };
  return sgvb(options.estimator, x, encode(x), prior(), likelihood, rng,
              {.samples = options.samples, .beta = options.beta, .baseline = options.baseline});
}

LogEvidence Vae::log_px(const Tensor& x, Rng& rng, int samples) {
  const NoGrad evaluation;
  return importance_log_px(
      x, encode(x), prior(), [this](const Tensor& z) { return decode(z); }, rng, samples);
}

Tensor Vae::reconstruct(const Tensor& x, Rng& rng) {
  const NoGrad evaluation;
  return decode(encode(x).sample(rng)).mean();
}

Tensor Vae::generate(std::int64_t n, Rng& rng) {
  const NoGrad evaluation;
  return decode(prior().sample(rng, {n})).mean();
}

std::unique_ptr<Vae> make_vae(const VaeConfig& c) {
  check<ConfigError>(c.latent >= 1, "latent must be at least 1, not {}", c.latent);
  check<ConfigError>(!c.hidden.empty(), "a VAE needs at least one hidden layer");
  for (const std::int64_t width : c.hidden) {
    check<ConfigError>(width >= 1, "hidden layers must have at least 1 unit, not {}", width);
  }
  if (c.kind == VaeConfig::Kind::conv) return std::make_unique<ConvVae>(c);
  return std::make_unique<MlpVae>(c);
}

}  // namespace tapestry::vae
