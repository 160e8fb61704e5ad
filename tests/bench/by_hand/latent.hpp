#pragma once

#include "by_hand/dense.hpp"

namespace tapestry::bench {

/// q(z|x) = N(loc, exp(log_variance)) from the last layer h of an encoder, and z = loc + scale e.
struct Latent {
  Latent(Parameters& p, const Case& c, std::int64_t in);

  void sample(const float* h, const float* e);  ///< z [samples, batch, width]
  double kl(std::int64_t image) const;          ///< from q(z|x) to N(0, I), nats
  /// From dz, plus what the bound itself says of q, to dh and the gradients of both layers.
  void backward(const float* h, const float* e, float* dh);

  Dense loc, log_variance;
  std::int64_t batch, samples, width;
  bool iwae;
  Floats z, dz, scale;
};

/// log p(x|z) of an image of 0/1 pixels whose j-th logit is logit(j); d = scale (sigmoid(logit) - x), its
/// gradient turned round, in the same pass.
template <class Logit>
float bernoulli(std::int64_t pixels, const float* x, Logit logit, float scale, float* d) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t j = 0; j < pixels; ++j) {
    const float s = logit(j);
    total += x[j] * s - math::softplus(s);
    d[j] = scale * (math::sigmoid(s) - x[j]);
  }
  return total;
}

}  // namespace tapestry::bench
