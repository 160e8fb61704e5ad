#include "prob/sphere_uniform.hpp"

#include <cmath>
#include <numbers>

#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

double log_surface(std::int64_t m) {
  const double half = 0.5 * static_cast<double>(m);
  return std::log(2.0) + half * std::log(std::numbers::pi) - math::lgamma(half);
}

void check_unit_length(Caller caller, const char* argument, const Tensor& x) {
  if (x.size() == 0) return;
  const NoGrad no_grad;
  const double off = max(abs(sum(square(x.detach()), -1) - 1.0)).item();
  if (!(off <= 2e-3)) [[unlikely]]
    fail<DomainError>(
        caller,
        fmt::format("{} must be of length 1 along the last axis, but a squared length "
                    "is {:.4g} off",
                    argument, off),
        "x / sqrt(sum(square(x), -1, true)) has the length 1", {{argument, x}});
}

SphereUniform::SphereUniform(const Shape& shape, int dims, DType type)
    : shape_of_values(shape), event_dims(dims), dtype(type) {
  check_event_dims(kName, shape, event_dims, 1);
  check<ShapeError>(shape[-1] >= 2, "SphereUniform: vectors need 2 numbers at least, not {}",
                    shape[-1]);
}

Tensor SphereUniform::sample(Rng& rng, const Shape& sample_shape) const {
  const Tensor x = rng.normal(join(sample_shape, shape()), dtype);
  return x / sqrt(sum(square(x), -1, true));
}

Tensor SphereUniform::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_unit_length({kName, value.loc}, "value", x);
  const Shape all = broadcast(x.shape(), shape());
  return sum_last(full(all.without(-1), -log_surface(all[-1]), x.dtype()), event_dims - 1);
}

Tensor SphereUniform::entropy() const {
  return sum_last(full(shape().without(-1), log_surface(shape()[-1]), dtype), event_dims - 1);
}

}  // namespace tapestry::prob
