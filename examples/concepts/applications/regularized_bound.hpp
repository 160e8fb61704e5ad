#pragma once

#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "prob/kl.hpp"
#include "prob/mixture.hpp"
#include "vae/exact/ppca.hpp"

/// The model of regularized_bound.cpp (C78), which begins with its equations.
namespace tapestry::concepts {

using vae::exact::Ppca;

constexpr std::int64_t kLatents = 3, kExamples = 1000;

struct Encoder {
  Parameter weight, log_s;  // z ~ N(x A, s^2)
  explicit Encoder(Rng rng)
      : weight("A", 0.1 * rng.normal({10, kLatents})), log_s("log_s", zeros({kLatents})) {}
  prob::Normal operator()(const Tensor& x) {
    const Tensor loc = matmul(x, weight);
    return {loc, exp(log_s) + zeros(loc.shape()), 1};
  }
};

inline Tensor kl_to_prior(const prob::Normal& q) {
  return prob::kl(q, prob::StandardNormal(q.shape(), 1));
}

/// r_2: the squared distance between the means of q(z) and of the prior.
inline Tensor off_centre(const prob::Mixture<prob::Normal>& aggregated) {
  return sum(square(aggregated.mean()));
}

/// Equation 17.29 over the data x [I, D], with r_1 the KL and r_2 as above.
inline Tensor regularized(const Ppca& model, Encoder& encoder, const Tensor& x, double lambda_1,
                          double lambda_2) {
  const prob::Normal q = encoder(x);
  const prob::Mixture<prob::Normal> aggregated(zeros({x.dim(0)}), q);
  return -mean(model.elbo(x, q)) + lambda_1 * mean(kl_to_prior(q)) +
         lambda_2 * off_centre(aggregated);
}

/// The loss of the beta-VAE, equation 17.30.
inline Tensor beta_vae(const Ppca& model, Encoder& encoder, const Tensor& x, double beta) {
  const prob::Normal q = encoder(x);
  const Tensor kl = kl_to_prior(q), log_lik = model.elbo(x, q) + kl;
  return -mean(log_lik - beta * kl);
}

}  // namespace tapestry::concepts
