#pragma once

#include <utility>
#include <vector>

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"
#include "prob/flows/flow.hpp"

namespace tapestry::prob {

/// The distribution of a sample of `base` after the steps of a flow: with z_0 ~ base and z_k =
/// f_k(z_k-1),
///
///     log q(z_K) = log q_0(z_0) - sum_k log |det df_k/dz_k-1|
///
/// Its own samples come with their density. Another point has one only if the steps can be undone:
/// log_prob exists for invertible steps. As a posterior it goes where a normal goes:
///
///     auto encode(const Tensor& x) { return prob::Transformed(normal(x), std::vector{flow(x)}); }
template <class Base, Flow Step>
struct Transformed {
  static constexpr const char* kName = "Transformed";

  Base base;  ///< over vectors
  std::vector<Step> steps;
  int event_dims = 1;

  /// ShapeError unless base.event_dims is 1.
  Transformed(Base of, std::vector<Step> through) : base(std::move(of)), steps(std::move(through)) {
    check<ShapeError>(base.event_dims == 1, "Transformed: the base has event_dims {}, expected 1",
                      base.event_dims);
  }

  Shape shape() const { return base.shape(); }
  SampledLatent rsample_and_log_prob(Rng& rng, const Shape& sample_shape = {}) const {
    auto [z, log_q] = prob::rsample_and_log_prob(base, rng, sample_shape);
    for (const Step& step : steps) {
      const Flowed next = step.forward(z);
      z = next.z;
      log_q -= next.log_det;
    }
    return {z, log_q};
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const {
    return rsample_and_log_prob(rng, sample_shape).z;
  }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    const NoGrad no_grad;
    return rsample(rng, sample_shape);
  }
  Tensor log_prob(const Tensor& z) const requires InvertibleFlow<Step> {
    Flowed at{z, zeros({}, z.dtype())};
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      const Flowed before = step->inverse(at.z);
      at = {before.z, at.log_det + before.log_det};
    }
    return base.log_prob(at.z) + at.log_det;
  }
};

}  // namespace tapestry::prob
