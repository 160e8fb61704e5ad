#pragma once

#include <array>
#include <concepts>
#include <initializer_list>

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"
#include "prob/cases.hpp"

// Shapes. A value of a distribution has the shape
//
//     sample_shape + batch_shape + event_shape
//
// `shape()` is batch_shape + event_shape: what the parameters broadcast to. The last `event_dims`
// axes are one event: log_prob, entropy and kl sum over them and keep the rest. Distributions over
// vectors (Categorical's one-hot cousins, Dirichlet, MultivariateNormal) start at event_dims = 1.

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

/// A parameter and its name, for messages.
struct Named {
  const char* name;
  const Tensor& tensor;
};

/// The common shape of the parameters. Throws ShapeError that names them and event_dims if they do
/// not broadcast or if event_dims lies outside [least_event_dims, rank]; DTypeError if they
/// disagree.
Shape common_shape(const char* distribution, std::initializer_list<Named> parameters,
                   int event_dims, int least_event_dims = 0);

/// The parts of it: DTypeError unless the parameters agree; ShapeError unless event_dims is in
/// [least_event_dims, rank].
void check_dtypes(const char* distribution, std::initializer_list<Named> parameters);
void check_event_dims(const char* distribution, const Shape& shape, int event_dims,
                      int least_event_dims = 0);

/// Throws ShapeError unless a value of shape x fits: equal in the event's axes, broadcasting
/// with `shape` in the others.
void check_value_shape(const char* distribution, const Shape& shape, int event_dims,
                       const Shape& x);

/// Throws ShapeError unless the events of q and p are the same: "kl(Normal, Normal): ...".
void check_same_events(const char* pair, const Shape& q, int q_event_dims, const Shape& p,
                       int p_event_dims);

Shape join(const Shape& front, const Shape& back);
/// Sum over the last `axes` axes; the tensor itself for none. Recorded.
Tensor sum_last(const Tensor& x, int axes);
/// broadcast_to, or the tensor itself when it has that shape already. Recorded.
Tensor expanded(const Tensor& x, const Shape& shape);

}  // namespace tapestry::prob
