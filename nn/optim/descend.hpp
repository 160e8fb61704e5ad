#pragma once

#include "autograd/tape.hpp"
#include "nn/optim/optimizer.hpp"

namespace tapestry::nn {

/// One step of `optimizer` down the gradient of `loss()`, a scalar; returns its value:
///
///     const double loss = nn::descend(adam, [&] { return model.elbo(x, rng).loss(); });
///
/// Errors of `backward` and `step` name the line of the call. The long form, for a step with
/// something in between, such as clip_grad_norm, is the body.
template <class Loss>
double descend(Optimizer& optimizer, Loss&& loss, SourceLoc where = SourceLoc::current()) {
  optimizer.zero_grad();
  Tape tape;
  const Tensor value = loss();
  tape.backward(value, where);
  optimizer.step(where);
  return value.item();
}

}  // namespace tapestry::nn
