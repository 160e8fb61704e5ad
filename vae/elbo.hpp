#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// The two parts of the evidence lower bound, for each image, in nats. Nothing is averaged over
/// images here, and beta never enters the bound: a beta-weighted objective is another number with
/// another name.
///
///     log p(x)  >=  elbo  =  E_q[log p(x|z)] - KL(q(z|x) || p(z))        (AEVB, equation 3)
struct ElboTerms {
  Tensor log_lik;   ///< [B] E_q[log p(x|z)], averaged over the samples of z
  Tensor kl;        ///< [B] KL(q||p), exact or estimated
  double beta = 1;  ///< weight of the KL in `objective` only

  Tensor elbo() const;       ///< [B] log_lik - kl
  Tensor objective() const;  ///< [B] log_lik - beta kl, what training maximises
  /// Scalar to minimise: the mean of -objective over the images of the minibatch.
  Tensor loss() const;
  /// Scalar: the estimate of the bound of a whole data set of `images` images from this minibatch,
  /// (N/M) sum of elbo (AEVB, equation 8).
  Tensor data_set_elbo(std::int64_t images) const;
};

/// Means over images of a batch or a data set, in nats per image; neg_elbo = neg_log_lik + kl.
struct ElboMeans {
  double neg_log_lik = 0;
  double kl = 0;
  std::int64_t images = 0;

  double neg_elbo() const { return neg_log_lik + kl; }
  /// Adds the images of one batch to the means.
  void add(const ElboTerms& terms);
};

}  // namespace tapestry::vae
