#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Counts that spread more than a Poisson's, of which some are lost and read 0, elementwise.
///
///     w ~ Gamma(theta, theta / mu)     y ~ Poisson(w)     x = y, or 0 with probability pi = sigmoid(zero_logits)
///
///     p(x) = pi [x = 0] + (1 - pi) NB(x; mu, theta),     x = 0, 1, 2, ...
///     NB(x; mu, theta) = Gamma(x + theta) / (Gamma(theta) x!) (theta / (theta + mu))^theta (mu / (theta + mu))^x
///
/// As theta grows NB becomes a Poisson of rate mu. Lopez, Regier, Cole, Jordan and Yosef, Deep generative modeling for
/// single-cell transcriptomics, 2018, supplementary note 4.
struct ZeroInflatedNegativeBinomial {
  static constexpr const char* kName = "ZeroInflatedNegativeBinomial";
  static constexpr std::array kArguments{"mu", "theta", "zero_logits"};

  Tensor mu;           ///< mean of y, positive
  Tensor theta;        ///< inverse dispersion, positive: the variance of y is mu + mu^2 / theta
  Tensor zero_logits;  ///< log odds of a loss, finite
  int event_dims;

  ZeroInflatedNegativeBinomial(Arg mu, Arg theta, Arg zero_logits, int event_dims = 0);

  Shape shape() const {
    return broadcast(broadcast(mu.shape(), theta.shape()), zero_logits.shape());
  }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;  ///< x holds whole numbers in mu's dtype
  Tensor mean() const;           ///< (1 - pi) mu
  Tensor variance() const;       ///< (1 - pi) (mu + mu^2 / theta + pi mu^2)
};

}  // namespace tapestry::prob
