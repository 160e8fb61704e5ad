#include "prob/wrapped_normal.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/euclidean_norm.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

void check_inside(Caller caller, const char* argument, const Tensor& x, double c) {
  if (x.size() == 0) return;
  const NoGrad no_grad;
  const double most = max(c * sum(square(x.detach()), -1)).item();
  if (!(most < 1)) [[unlikely]]
    fail<DomainError>(
        caller,
        fmt::format("{} must be in the ball, where |x| sqrt(curvature) is below 1 "
                    "along the last axis, but it is {:.9g}",
                    argument, std::sqrt(most)),
        "far out a sample is rounded to the rim: rsample_and_log_prob has its density; "
        "ball_exp(zeros_like(v), v, curvature) lies in the ball",
        {{argument, x}});
}

}  // namespace

WrappedNormal::WrappedNormal(Arg mu, Arg sigma, double c, int dims)
    : loc(as_parameter(mu, sigma)), scale(as_parameter(sigma, mu)), curvature(c), event_dims(dims) {
  const Caller caller{kName, mu.loc};
  const Shape all = common_shape(caller, {{"loc", loc}, {"scale", scale}}, event_dims, 1);
  if (loc.rank() < 1 || loc.dim(-1) != all[-1]) [[unlikely]]
    fail<ShapeError>(caller,
                     fmt::format("loc must be points [..., {}], not {}", all[-1], loc.shape()), "",
                     {{"loc", loc}, {"scale", scale}});
  if (!(c > 0 && std::isfinite(c))) [[unlikely]]
    fail<DomainError>(caller, fmt::format("curvature must be positive and finite, not {}", c),
                      "prob::Normal is the flat case", {});
  check_inside(caller, "loc", loc, c);
  check_values(caller, "scale", scale, kPositive);
}

Tensor WrappedNormal::log_prob_of_tangent(const Tensor& v) const {
  const double others = static_cast<double>(shape()[-1]) - 1;
  const Tensor stretch = sum(log_sinhc(std::sqrt(curvature) * euclidean_norm(v)), -1);
  return sum_last(normal_log_prob(v, 0.0, scale, 1) - others * stretch, event_dims - 1);
}

SampledLatent WrappedNormal::rsample_and_log_prob(Rng& rng, const Shape& sample_shape) const {
  const Tensor v = scale * rng.normal(join(sample_shape, shape()), loc.dtype());
  return {ball_exp(loc, v, curvature), log_prob_of_tangent(v)};
}

Tensor WrappedNormal::rsample(Rng& rng, const Shape& sample_shape) const {
  const Tensor v = scale * rng.normal(join(sample_shape, shape()), loc.dtype());
  return ball_exp(loc, v, curvature);
}

Tensor WrappedNormal::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_inside({kName, value.loc}, "value", x, curvature);
  return log_prob_of_tangent(ball_log(loc, x, curvature));
}

}  // namespace tapestry::prob
