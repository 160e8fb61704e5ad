#include "vae/bounds/info.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {

Objective info_objective(const ElboTerms& terms, const Tensor& divergence, const InfoWeights& w) {
  const double of_kl = 1 - w.alpha, of_divergence = w.alpha + w.lambda - 1;
  check<ConfigError>(
      of_kl >= 0 && of_divergence >= 0,
      "InfoVAE: alpha {} and lambda {} give the KL the weight {} and the divergence the "
      "weight {}; both must be at least 0",
      w.alpha, w.lambda, of_kl, of_divergence);
  check<ShapeError>(divergence.rank() == 0,
                    "InfoVAE: the divergence has shape {}, expected a scalar", divergence.shape());
  const Tensor kl = terms.kl.total();
  Tensor value = terms.log_lik - of_kl * kl;
  if (of_divergence > 0) value = value - of_divergence * divergence;
  return {.value = value,
          .bound = terms.elbo(),
          .parts = {{"log_lik", terms.log_lik},
                    {"kl", kl},
                    {"divergence", broadcast_to(divergence, kl.shape())}}};
}

}  // namespace tapestry::vae
