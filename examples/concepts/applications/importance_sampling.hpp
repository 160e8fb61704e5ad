#pragma once

#include "autograd/ops.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/exact/ppca.hpp"

/// The model of importance_sampling.cpp (C67), which begins with its equations.
namespace tapestry::concepts {

using vae::exact::Ppca;

/// The function of the notebook: it is large where N(0, 1) hardly ever looks.
inline Tensor f(const Tensor& y) { return 20.446 * exp(-square(square(y - 3.0))); }

/// f(y) p(y) / q(y) for n draws y of q.
inline Tensor weighed(Tensor (*of)(const Tensor&), const prob::Normal& p, const prob::Normal& q,
                      std::int64_t n, Rng& rng) {
  return vae::importance_terms(of, p, q, n, rng);
}

/// log w [N, B] of N samples z [N, B, K] of q, for each row of x [B, D].
inline Tensor log_weights(const Ppca& model, const Tensor& x, const Tensor& z,
                          const Tensor& log_q) {
  return model.log_joint(x, z) - log_q;
}

/// (sum w)^2 / sum w^2.
inline Tensor effective(const Tensor& log_w) { return vae::effective_sample_size(log_w); }

}  // namespace tapestry::concepts
