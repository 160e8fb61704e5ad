#include "nn/optim/adagrad.hpp"

#include "autograd/kernels/finite.hpp"

namespace tapestry::nn {

Adagrad::Adagrad(std::vector<Parameter*> parameters, const AdagradOptions& options)
    : Optimizer("adagrad", std::move(parameters), options.lr, {"sum"}), options_(options) {
  check_option("lr_decay", options.lr_decay, 0);
  check_option("eps", options.eps, 0);
  check_option("weight_decay", options.weight_decay, 0);
}

namespace {

template <class T>
bool adagrad(const Chunk<T>& chunk, const AdagradOptions& options) {
  const auto before = static_cast<double>(chunk.step - 1);
  const auto lr = static_cast<T>(chunk.lr / (1 + before * options.lr_decay));
  const auto eps = static_cast<T>(options.eps);
  const auto decay = static_cast<T>(options.weight_decay);
  T* __restrict value = chunk.value;
  const T* __restrict grad = chunk.grad;
  T* __restrict sum = chunk.state[0];
  int bad = 0;
#pragma omp simd reduction(| : bad)
  for (std::int64_t i = 0; i < chunk.size; ++i) {
    const T g = grad[i] + decay * value[i];
    sum[i] += g * g;
    value[i] -= lr * g / (std::sqrt(sum[i]) + eps);
    bad |= not_finite(value[i]) | not_finite(sum[i]);
  }
  return !bad;
}

}  // namespace

bool Adagrad::update(const Chunk<float>& chunk) const { return adagrad(chunk, options_); }
bool Adagrad::update(const Chunk<double>& chunk) const { return adagrad(chunk, options_); }

}  // namespace tapestry::nn
