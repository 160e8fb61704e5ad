#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Student's t with df degrees of freedom, moved and scaled, elementwise.
///
///     log p(x) = log Gamma((v+1)/2) - log Gamma(v/2) - log(v pi)/2 - log scale
///                - (v+1)/2 log(1 + t^2/v),   v = df, t = (x - loc) / scale
struct StudentT {
  static constexpr const char* kName = "StudentT";
  static constexpr std::array kArguments{"df", "loc", "scale"};

  Tensor df, loc, scale;  ///< positive; finite; positive
  int event_dims;

  StudentT(Arg df, Arg loc, Arg scale, int event_dims = 0);

  Shape shape() const { return broadcast(broadcast(df.shape(), loc.shape()), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng,
                 const Shape& sample_shape = {}) const;  ///< normal over the root of a gamma
  Tensor log_prob(Arg x) const;
  Tensor mean() const;      ///< DomainError unless df > 1
  Tensor variance() const;  ///< DomainError unless df > 2
  Tensor entropy() const;
};

}  // namespace tapestry::prob
