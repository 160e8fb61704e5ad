#pragma once

#include "autograd/tensor.hpp"
#include "vae/bounds/density_ratio.hpp"

// Two players (Goodfellow et al. 2014): a critic D climbs `told_apart`, and who made the fakes climbs `passed_for_real`.
// Both are functions of the critic's logit: the logarithm of a sigmoid that was rounded to 0 is no number.

namespace tapestry::vae {

/// [B] log D at fakes, from the critic's logits [B]. It falls and rises with the -log(1 - D) of the game, but its slope is
/// largest where the critic is sure, and there that of log(1 - D) is 0. Recorded.
Tensor passed_for_real(const Tensor& logit_at_fake);

/// The share of draws that the critic names rightly: logits above 0 at real ones, below 0 at fakes. A logit of 0 counts half.
/// 1/2: it cannot tell them apart; 1: it always can. The real and the fake count alike. Not recorded.
double critic_accuracy(const Tensor& logit_at_real, const Tensor& logit_at_fake);

}  // namespace tapestry::vae
