#include "nn/optim/sgd.hpp"

#include "autograd/kernels/finite.hpp"

namespace tapestry::nn {

namespace {

std::vector<const char*> states(const SgdOptions& options) {
  if (options.momentum == 0) return {};
  return {"velocity"};
}

}  // namespace

Sgd::Sgd(std::vector<Parameter*> parameters, const SgdOptions& options)
    : Optimizer("sgd", std::move(parameters), options.lr, states(options)), options_(options) {
  check_option("momentum", options.momentum, 0, 1);
  check_option("weight_decay", options.weight_decay, 0);
  check<ConfigError>(!options.nesterov || options.momentum > 0, "sgd: nesterov needs a momentum");
}

namespace {

template <class T>
bool sgd(const Chunk<T>& chunk, const SgdOptions& options) {
  const auto lr = static_cast<T>(chunk.lr);
  const auto momentum = static_cast<T>(options.momentum);
  const auto decay = static_cast<T>(options.weight_decay);
  T* __restrict value = chunk.value;
  const T* __restrict grad = chunk.grad;
  T* __restrict velocity = chunk.state[0];
  int bad = 0;
  if (momentum == 0) {
#pragma omp simd reduction(| : bad)
    for (std::int64_t i = 0; i < chunk.size; ++i) {
      value[i] -= lr * (grad[i] + decay * value[i]);
      bad |= not_finite(value[i]);
    }
    return !bad;
  }
  const T ahead = options.nesterov ? momentum : T(1);  // of velocity in the step
  const T plain = options.nesterov ? T(1) : T(0);      // of the gradient
#pragma omp simd reduction(| : bad)
  for (std::int64_t i = 0; i < chunk.size; ++i) {
    const T g = grad[i] + decay * value[i];
    velocity[i] = momentum * velocity[i] + g;
    value[i] -= lr * (plain * g + ahead * velocity[i]);
    bad |= not_finite(value[i]);
  }
  return !bad;
}

}  // namespace

bool Sgd::update(const Chunk<float>& chunk) const { return sgd(chunk, options_); }
bool Sgd::update(const Chunk<double>& chunk) const { return sgd(chunk, options_); }

}  // namespace tapestry::nn
