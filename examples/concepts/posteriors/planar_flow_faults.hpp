#pragma once

#include "concepts/posteriors/planar_flow.hpp"

// Wrong versions of a planar step.

namespace concepts {

inline Tensor dot(const Tensor& a, const Tensor& b) { return sum(a * b, -1, true); }

/// A step with this u^, and log |1 + u^^T psi| at the point `at`.
inline Flowed step_with(const PlanarFlow& flow, const Tensor& u, const Tensor& z,
                        const Tensor& at) {
  const auto h = [&](const Tensor& of) { return tanh(dot(flow.w, of) + flow.b); };
  const Tensor slope = (1.0 - square(h(at))) * dot(flow.w, u);
  return {z + u * h(z), sum(log(abs(1.0 + slope) + 1e-4), -1)};
}

/// The volume is taken at the end of the step.
inline Flowed stale_z(const PlanarFlow& flow, const Tensor& z) {
  const Flowed right = flow.forward(z);
  return {right.z, flow.forward(right.z).log_det};
}
/// |w| in the place of |w|^2.
inline Flowed norm_not_squared(const PlanarFlow& flow, const Tensor& z) {
  const Tensor wu = dot(flow.w, flow.u), m = softplus(wu) - 1.0;
  return step_with(flow, flow.u + (m - wu) * flow.w / sqrt(dot(flow.w, flow.w)), z, z);
}
/// u as it comes.
inline Flowed no_constraint(const PlanarFlow& flow, const Tensor& z) {
  return step_with(flow, flow.u, z, z);
}
/// log p(z_K) becomes log p(z_0): the sum of these terms over the steps is log p(z_0) - log p(z_K).
inline Flowed prior_at_z0(const PlanarFlow& flow, const Tensor& z) {
  const Flowed right = flow.forward(z);
  const prob::StandardNormal p({z.dim(-1)}, 1);
  return {right.z, right.log_det + p.log_prob(z) - p.log_prob(right.z)};
}
inline Flowed summed_over_batch(const PlanarFlow& flow, const Tensor& z) {
  const Flowed right = flow.forward(z);
  return {right.z, zeros_like(right.log_det) + sum(right.log_det)};
}
/// The volume is divided by where it is multiplied.
inline Flowed sign(const PlanarFlow& flow, const Tensor& z) {
  const Flowed right = flow.forward(z);
  return {right.z, -right.log_det};
}

}  // namespace concepts
