#pragma once

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"
#include "prob/normal.hpp"

namespace tapestry::prob {

/// The parts that do not depend on the kind of component (mixture.cpp).
namespace mixture {
void check(Caller caller, const Tensor& logits, const Shape& components, int event_dims);
/// sum_k softmax(logits)_k x_k for x [..., K, event]
Tensor weighted_sum(const Tensor& logits, const Tensor& x, int event_dims);
/// From draws of all components, [..., K, event], one at random: [..., event].
Tensor choose(const Tensor& logits, const Tensor& draws, int event_dims, Rng& rng);
/// x [..., event] as [..., 1, event], to be compared with every component.
Tensor with_component_axis(const Tensor& x, int event_dims);
}  // namespace mixture

/// One of K components, drawn with probabilities softmax(logits); the choice is not observed.
/// The last batch axis of `components` counts them: components [..., K, event], logits [..., K].
///
///     log p(x) = logsumexp_k(log softmax(logits)_k + log p_k(x))
///
///     const prob::Mixture mixture(logits, prob::Normal(loc, scale, 1));   // of diagonal normals
///
/// There is no rsample: the choice of a component is discrete.
template <Distribution Component>
struct Mixture {
  static constexpr const char* kName = "Mixture";
  static constexpr std::array kArguments{"logits", "loc", "scale"};  ///< of one of diagonal normals

  Tensor logits;  ///< finite; broadcasts to the batch shape of the components
  Component components;
  int event_dims;  ///< as of the components

  Mixture(Arg logits, Component components);

  Shape shape() const { return join(batch_shape(components).without(-1), event_shape(components)); }
  Tensor probs() const { return softmax(logits); }  ///< [..., K]
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor mean() const { return mixture::weighted_sum(logits, components.mean(), event_dims); }
  Tensor variance() const;  ///< E[variance of the component] + variance of its mean
};

template <Distribution Component>
Mixture<Component>::Mixture(Arg log_weights, Component parts)
    : logits(as_tensor(log_weights)),
      components(std::move(parts)),
      event_dims(components.event_dims) {
  mixture::check({kName, log_weights.loc}, logits, components.shape(), event_dims);
}

template <Distribution Component>
Tensor Mixture<Component>::sample(Rng& rng, const Shape& sample_shape) const {
  return mixture::choose(logits, components.sample(rng, sample_shape), event_dims, rng);
}

template <Distribution Component>
Tensor Mixture<Component>::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  Tensor beside = mixture::with_component_axis(x, event_dims);
  if (event_dims == 0)  // said in full: n numbers [n,1] against n components [n] could be a mistake
    beside = expanded(beside, broadcast(beside.shape(), components.shape()));
  return logsumexp(log_softmax(logits) + components.log_prob(beside), -1);
}

template <Distribution Component>
Tensor Mixture<Component>::variance() const {
  const Tensor each = components.mean();
  const Tensor spread = each - mixture::with_component_axis(mean(), event_dims);
  return mixture::weighted_sum(logits, components.variance() + spread * spread, event_dims);
}

extern template struct Mixture<Normal>;

}  // namespace tapestry::prob
