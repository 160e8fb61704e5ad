#pragma once

#include "nn/layers/dropout.hpp"
#include "nn/layers/linear.hpp"
#include "prob/standard_normal.hpp"

// The autoencoder for collaborative filtering of Liang, Krishnan, Hoffman and Jebara (2018): from the
// items that a user clicked on to those that the user may like.

namespace tapestry::vae {

/// The clicks x [..., I] of a user, given their number: each is an item drawn from softmax(logits).
///
///     log p(x | z) = sum_i x_i log softmax(logits(z))_i
///
/// This is the probability of the clicks in one order; prob::Multinomial counts all orders, log n! -
/// sum_i log x_i! more, which no parameter changes.
struct ClickLikelihood {
  Tensor logits;  ///< [..., I]

  Tensor log_prob(const Tensor& x) const;  ///< x [B, I] -> [..., B], in nats
};

struct ClickVaeConfig {
  std::int64_t items = 0;
  std::int64_t hidden = 600;  ///< of the encoder and of the decoder
  std::int64_t latent = 200;
  double dropout = 0.5;  ///< of the input, in training: a user is known by half of the clicks
};

/// Mult-VAE: q(z|x) from the clicks, divided by their Euclidean norm so that active users look like
/// others; prior N(0, I); a decoder from z to the logits of all items. One tanh layer each. The paper lets the
/// weight of the KL (BoundOptions::beta) grow from 0 in training and stops where the ranking is best, below 1.
class ClickVae : public nn::Module {
 public:
  /// ConfigError for sizes below 1 or dropout outside [0, 1).
  explicit ClickVae(const ClickVaeConfig& config);

  /// clicks [B, I], whole numbers >= 0 (DomainError) -> q(z|x), event_dims = 1 over Z. All zeros are
  /// a user without clicks, of whom nothing is known.
  prob::Normal encode(const Tensor& clicks);
  prob::StandardNormal prior() const { return prob::StandardNormal({latent}, 1); }
  ClickLikelihood decode(const Tensor& z);

  /// Scores [B, I] to rank the items by: the logits at the mean of q. Not recorded.
  /// ConfigError in training mode, where dropout would hide half of the clicks.
  Tensor scores(const Tensor& clicks);

  const std::int64_t latent;
  nn::Child<nn::Dropout> dropout;
  nn::Child<nn::Linear> encoder, loc, log_variance, decoder, logits;
};

}  // namespace tapestry::vae
