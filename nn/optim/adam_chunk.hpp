#pragma once

#include <cmath>

#include "autograd/kernels/finite.hpp"
#include "nn/optim/adam.hpp"

namespace tapestry::nn {

/// Adam's rule on one chunk with states m and v; see nn/optim/adam.hpp. Shared with AdamW.
template <class T>
bool adam_chunk(const Chunk<T>& chunk, const AdamOptions& options) {
  const auto t = static_cast<double>(chunk.step);
  const auto new_m = static_cast<T>(1 - options.beta1);
  const auto beta2 = static_cast<T>(options.beta2);
  const auto new_v = static_cast<T>(1 - options.beta2);
  const auto eps = static_cast<T>(options.eps);
  const auto decay = static_cast<T>(options.weight_decay);
  const auto step_size = static_cast<T>(chunk.lr / (1 - std::pow(options.beta1, t)));
  const auto scale = static_cast<T>(1 / std::sqrt(1 - std::pow(options.beta2, t)));
  T* __restrict value = chunk.value;
  const T* __restrict grad = chunk.grad;
  T* __restrict m = chunk.state[0];
  T* __restrict v = chunk.state[1];
  int bad = 0;
#pragma omp simd reduction(| : bad)
  for (std::int64_t i = 0; i < chunk.size; ++i) {
    const T g = grad[i] + decay * value[i];
    m[i] += new_m * (g - m[i]);
    v[i] = beta2 * v[i] + new_v * g * g;
    value[i] -= step_size * m[i] / (std::sqrt(v[i]) * scale + eps);
    bad |= not_finite(value[i]);
  }
  // Looked for now and then: an infinite v, of a gradient whose square is no number, stays, and its value never moves again.
  return !bad && (chunk.step % 64 != 0 || all_finite(v, chunk.size));
}

}  // namespace tapestry::nn
