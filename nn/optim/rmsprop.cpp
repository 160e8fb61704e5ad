#include "nn/optim/rmsprop.hpp"

#include <algorithm>

#include "autograd/kernels/finite.hpp"

namespace tapestry::nn {

namespace {

std::vector<const char*> states(const RmsPropOptions& options) {
  std::vector<const char*> names{"v"};
  if (options.centered) names.push_back("mean");
  if (options.momentum > 0) names.push_back("velocity");
  return names;
}

}  // namespace

RmsProp::RmsProp(std::vector<Parameter*> parameters, const RmsPropOptions& options)
    : Optimizer("rmsprop", std::move(parameters), options.lr, states(options)), options_(options) {
  check_option("alpha", options.alpha, 0, 1);
  check_option("eps", options.eps, 0);
  check_option("weight_decay", options.weight_decay, 0);
  check_option("momentum", options.momentum, 0, 1);
}

namespace {

template <class T>
bool rmsprop(const Chunk<T>& chunk, const RmsPropOptions& options) {
  const auto lr = static_cast<T>(chunk.lr);
  const auto alpha = static_cast<T>(options.alpha);
  const auto fresh = static_cast<T>(1 - options.alpha);
  const auto eps = static_cast<T>(options.eps);
  const auto decay = static_cast<T>(options.weight_decay);
  const auto momentum = static_cast<T>(options.momentum);
  const bool centered = options.centered, moving = options.momentum > 0;
  T* __restrict value = chunk.value;
  const T* __restrict grad = chunk.grad;
  T* __restrict v = chunk.state[0];
  T* __restrict mean = centered ? chunk.state[1] : nullptr;
  T* __restrict velocity = moving ? chunk.state[centered ? 2 : 1] : nullptr;
  int bad = 0;
#pragma omp simd reduction(| : bad)
  for (std::int64_t i = 0; i < chunk.size; ++i) {
    const T g = grad[i] + decay * value[i];
    v[i] = alpha * v[i] + fresh * g * g;
    T spread = v[i];
    if (centered) {
      mean[i] += fresh * (g - mean[i]);
      spread = std::max(spread - mean[i] * mean[i], T(0));  // rounding may go below 0
    }
    T step = g / (std::sqrt(spread) + eps);
    if (moving) step = velocity[i] = momentum * velocity[i] + step;
    value[i] -= lr * step;
    bad |= not_finite(value[i]) | not_finite(v[i]);
  }
  return !bad;
}

}  // namespace

bool RmsProp::update(const Chunk<float>& chunk) const { return rmsprop(chunk, options_); }
bool RmsProp::update(const Chunk<double>& chunk) const { return rmsprop(chunk, options_); }

}  // namespace tapestry::nn
