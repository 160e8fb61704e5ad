#pragma once

#include "nn/callable.hpp"
#include "nn/layers/linear.hpp"
#include "prob/bernoulli.hpp"
#include "prob/normal.hpp"

/// The last layers of an encoder or a decoder: from features h [..., in] to the distribution of a
/// vector with `out` elements (event_dims = 1).
///
///     nn::Child<nn::Mlp> trunk{*this, "trunk", {784, 400, 400}, Activation::relu};
///     nn::Child<vae::NormalHead> head{*this, "head", 400, 20};
///     const prob::Normal q = head(trunk(x));
namespace tapestry::vae {

/// N(loc(h), exp(log_scale(h))^2): a diagonal normal whose scale depends on h too.
class NormalHead : public nn::Callable<NormalHead> {
 public:
  NormalHead(std::int64_t in, std::int64_t out);
  prob::Normal forward(const Tensor& h);

  nn::Child<nn::Linear> loc, log_scale;
};

/// N(loc(h), softplus(variance(h))): the variance grows in a line where an exponential would
/// overflow, as it can behind a batch norm that passes one far value.
class VarianceHead : public nn::Callable<VarianceHead> {
 public:
  VarianceHead(std::int64_t in, std::int64_t out);
  prob::Normal forward(const Tensor& h);

  nn::Child<nn::Linear> loc, variance;
};

/// Bernoulli(sigmoid(logits(h))): a coin for each element.
class BernoulliHead : public nn::Callable<BernoulliHead> {
 public:
  BernoulliHead(std::int64_t in, std::int64_t out);
  prob::Bernoulli forward(const Tensor& h);

  nn::Child<nn::Linear> logits;
};

}  // namespace tapestry::vae
