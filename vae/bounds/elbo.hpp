#pragma once

#include <initializer_list>

#include "vae/bounds/objective.hpp"

namespace tapestry::vae {

/// The KL of each group of latents, by name. A model with one group gives its tensor.
///
///     .kl = kl(q, p)
///     .kl = {{"z1", kl(q1, p1)}, {"z2", kl(q2, p2)}}
class KlGroups {
 public:
  KlGroups() = default;
  KlGroups(Tensor kl) : groups_{{"z", std::move(kl)}} {}
  KlGroups(std::initializer_list<NamedPart> groups) : groups_(groups) {}

  /// [B] the sum over the groups, which is the KL of all latents. Recorded. DomainError without a group.
  Tensor total() const;
  const std::vector<NamedPart>& groups() const { return groups_; }
  /// Adds group by group; a name that is new becomes a group.
  KlGroups& operator+=(const KlGroups& other);

 private:
  std::vector<NamedPart> groups_;
};

/// The two parts of the evidence lower bound, for each image, in nats. Nothing is averaged over
/// images here, and beta never enters the bound: a beta-weighted objective is another number with
/// another name. ShapeError unless both parts have one shape, or one of them is a single number: if a
/// distribution lacks its event_dims, one of them has an axis too many. `objective` and what follows from it throw a
/// DomainError where no KL can be meant: it is below 0 for all of 16 images or more, by half a nat on average.
///
///     log p(x)  >=  elbo  =  E_q[log p(x|z)] - KL(q(z|x) || p(z))        (AEVB, equation 3)
struct ElboTerms {
  Tensor log_lik;    ///< [B] E_q[log p(x|z)], averaged over the samples of z
  KlGroups kl = {};  ///< [B] KL(q||p), exact or estimated; in named groups where z has several
  double beta = 1;   ///< weight of the KL in `objective` only

  Tensor elbo() const;       ///< [B] log_lik - kl
  Tensor objective() const;  ///< [B] log_lik - beta kl, what training maximises
  /// Scalar to minimise: the mean of -objective over the images of the minibatch.
  Tensor loss() const;
  /// Scalar: the estimate of the bound of a whole data set of `images` images from this minibatch,
  /// (N/M) sum of elbo (AEVB, equation 8).
  Tensor data_set_elbo(std::int64_t images) const;

  /// Adds the terms of the next step of a sequence; terms without log_lik are the start of such a sum.
  ElboTerms& operator+=(const ElboTerms& next);
  /// value = objective(), bound = elbo(), parts "log_lik", "kl" and, of several groups, "kl.NAME" each.
  operator Objective() const;
};

}  // namespace tapestry::vae
