#include "nn/optim/adamw.hpp"

#include "nn/optim/adam_chunk.hpp"

namespace tapestry::nn {

AdamW::AdamW(std::vector<Parameter*> parameters, const AdamWOptions& options)
    : Optimizer("adamw", std::move(parameters), options.lr, {"m", "v"}),
      adam_{.lr = options.lr, .beta1 = options.beta1, .beta2 = options.beta2, .eps = options.eps},
      weight_decay_(options.weight_decay) {
  check_option("beta1", options.beta1, 0, 1);
  check_option("beta2", options.beta2, 0, 1);
  check_option("eps", options.eps, 0);
  check_option("weight_decay", options.weight_decay, 0);
}

namespace {

template <class T>
bool adamw(const Chunk<T>& chunk, const AdamOptions& adam, double decay) {
  const auto keep = static_cast<T>(1 - chunk.lr * decay);
  T* __restrict value = chunk.value;
#pragma omp simd
  for (std::int64_t i = 0; i < chunk.size; ++i) value[i] *= keep;
  return adam_chunk(chunk, adam);
}

}  // namespace

bool AdamW::update(const Chunk<float>& chunk) const { return adamw(chunk, adam_, weight_decay_); }
bool AdamW::update(const Chunk<double>& chunk) const { return adamw(chunk, adam_, weight_decay_); }

}  // namespace tapestry::nn
