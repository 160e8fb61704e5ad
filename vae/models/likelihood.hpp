#pragma once

#include <string_view>
#include <variant>

#include "prob/bernoulli.hpp"
#include "prob/continuous_bernoulli.hpp"
#include "prob/normal.hpp"

namespace tapestry::vae {

/// What a decoder says about pixels. The kind is chosen at run time (`--decoder`).
enum class DecoderKind { bernoulli, continuous_bernoulli, gaussian };

/// p(x|z) over whole images: x is [..., B, D], log_prob is [..., B].
class Likelihood {
 public:
  Likelihood(prob::Bernoulli p) : p_(std::move(p)) {}
  Likelihood(prob::ContinuousBernoulli p) : p_(std::move(p)) {}
  Likelihood(prob::Normal p) : p_(std::move(p)) {}

  Tensor log_prob(const Tensor& x) const;
  Tensor mean() const;  ///< the grey picture to show
  Tensor sample(Rng& rng) const;
  /// The coins of a Bernoulli decoder, null for another kind: what a coder of pixels needs.
  const prob::Bernoulli* bernoulli() const { return std::get_if<prob::Bernoulli>(&p_); }

 private:
  std::variant<prob::Bernoulli, prob::ContinuousBernoulli, prob::Normal> p_;
};

}  // namespace tapestry::vae
