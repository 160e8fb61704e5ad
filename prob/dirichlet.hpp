#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Probability vectors: positive, with sum 1 along the last axis. The event is at least that axis.
///
///     log p(x) = sum_k (a_k - 1) log x_k + log Gamma(sum a) - sum_k log Gamma(a_k)
struct Dirichlet {
  static constexpr const char* kName = "Dirichlet";
  static constexpr std::array kArguments{"concentration"};

  Tensor concentration;  ///< positive; [..., K]
  int event_dims;

  explicit Dirichlet(Arg concentration, int event_dims = 1);

  Shape shape() const { return concentration.shape(); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {})
      const;  ///< from K gammas, implicit reparameterisation
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
};

}  // namespace tapestry::prob
