#pragma once

#include <array>
#include <concepts>
#include <initializer_list>

#include "autograd/constraint.hpp"
#include "autograd/op.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "autograd/tensor.hpp"

// Shapes. A value of a distribution has the shape
//
//     sample_shape + batch_shape + event_shape
//
// `shape()` is batch_shape + event_shape: what the parameters broadcast to. The last `event_dims`
// axes are one event: log_prob, entropy and kl sum over them and keep the rest. Distributions over
// vectors (OneHotCategorical, Multinomial, Dirichlet, MultivariateNormal) start at event_dims = 1.

namespace tapestry::prob {

/// What all distributions share. They are plain structs of tensors; `sample` is never recorded.
template <class D>
concept Distribution = requires(const D d, Rng& rng, const Shape& shape, const Tensor& x) {
  { D::kName } -> std::convertible_to<const char*>;
  { d.event_dims } -> std::convertible_to<int>;
  { d.shape() } -> std::same_as<Shape>;
  { d.sample(rng, shape) } -> std::same_as<Tensor>;
  { d.log_prob(x) } -> std::same_as<Tensor>;
};

/// Distributions whose samples are a differentiable function of the parameters.
template <class D>
concept Reparameterized = Distribution<D> && requires(const D d, Rng& rng, const Shape& shape) {
  { d.rsample(rng, shape) } -> std::same_as<Tensor>;
};

/// Samples with their log density.
struct SampledLatent {
  Tensor z;      ///< [samples..., B, event]
  Tensor log_q;  ///< [samples..., B] nats
};

/// Reparameterised samples and their log density from one call. A distribution whose density is
/// known only at its own samples, such as a flow without an inverse, has a member of this name, not
/// log_prob.
template <class D>
SampledLatent rsample_and_log_prob(const D& d, Rng& rng, const Shape& sample_shape = {}) {
  if constexpr (requires { d.rsample_and_log_prob(rng, sample_shape); }) {
    return d.rsample_and_log_prob(rng, sample_shape);
  } else {
    const Tensor z = d.rsample(rng, sample_shape);
    return {z, d.log_prob(z)};
  }
}

/// The `sample` of a distribution that has `rsample`: the same numbers, not recorded.
template <Reparameterized D>
Tensor unrecorded_sample(const D& d, Rng& rng, const Shape& sample_shape) {
  const NoGrad no_grad;
  return d.rsample(rng, sample_shape);
}

/// The shape of one event: the last event_dims axes.
template <Distribution D>
Shape event_shape(const D& d) {
  return d.shape().sub(d.shape().rank() - d.event_dims, d.shape().rank());
}

/// The shape of log_prob for one sample, entropy and kl: everything but the event.
template <Distribution D>
Shape batch_shape(const D& d) {
  return d.shape().sub(0, d.shape().rank() - d.event_dims);
}

/// A parameter as a tensor: an nn::Param stays trainable, a number takes the dtype of the others.
template <class... Others>
Tensor as_parameter(const Arg& x, const Others&... others) {
  DType dtype = default_dtype();
  (..., (others.is_scalar() ? void() : void(dtype = others.value().dtype())));
  return as_tensor(x, dtype);
}

// Shapes that differ by axes of size 1 alone must not stretch each other: a value [4] and a mean [4,1]
// would silently become [4,4] and are refused, as a value [4,1] and a mean [4] are. [1,4] against
// [4,1] asks for all pairs and is accepted. (Another value with more axes than the parameters, [n,1]
// against [K], is n samples for each of K.)

/// The common shape of the parameters. Throws ShapeError that names them and event_dims if they do
/// not broadcast, if they stretch each other silently, or if event_dims lies outside
/// [least_event_dims, rank]; DTypeError if they disagree.
Shape common_shape(Caller caller, std::initializer_list<Named> parameters, int event_dims,
                   int least_event_dims = 0);

/// The checks of a distribution with a location and a scale: their common shape, loc finite, scale
/// positive. DomainError names the argument and the element.
void check_location_scale(Caller caller, const Tensor& loc, const Tensor& scale, int event_dims);

/// Two of its checks: DTypeError unless the parameters agree; ShapeError unless event_dims is in
/// [least_event_dims, rank].
void check_dtypes(Caller caller, std::initializer_list<Named> parameters);
void check_event_dims(Caller caller, const Shape& shape, int event_dims, int least_event_dims = 0);

/// Throws ShapeError unless a value of shape x fits: equal in the event's axes, broadcasting
/// with `shape` in the others, and a value of fewer axes stretches none silently.
void check_value_shape(Caller caller, const Shape& shape, int event_dims, const Shape& x);

/// Throws ShapeError unless the events of q and p are the same: "kl(Normal, Normal): ...".
void check_same_events(Caller pair, const Shape& q, int q_event_dims, const Shape& p,
                       int p_event_dims);

Shape join(const Shape& front, const Shape& back);
/// Sum over the last `axes` axes; the tensor itself for none. Recorded.
Tensor sum_last(const Tensor& x, int axes);
/// broadcast_to, or the tensor itself when it has that shape already. Recorded.
Tensor expanded(const Tensor& x, const Shape& shape);

}  // namespace tapestry::prob
