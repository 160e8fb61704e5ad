#include "nn/optim/clip.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/optim/optimizer.hpp"

namespace tapestry::nn {

namespace {

/// Sum of squares in double: one partial sum a chunk, added up in order.
template <class T>
double sum_of_squares(std::span<const T> x) {
  constexpr std::int64_t kChunk = Optimizer::kChunk;
  const auto n = static_cast<std::int64_t>(x.size());
  const std::int64_t chunks = (n + kChunk - 1) / kChunk;
  Tensor partial = Tensor::empty({chunks}, DType::f64);
  double* sums = partial.mutate<double>().data();
  parallel_rows(chunks, kChunk, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      const T* first = x.data() + c * kChunk;
      const std::int64_t size = std::min(kChunk, n - c * kChunk);
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < size; ++i) sum += double{first[i]} * double{first[i]};
      sums[c] = sum;
    }
  });
  return std::accumulate(sums, sums + chunks, 0.0);
}

/// Replaces every gradient by `fn` of its elements.
template <class Fn>
void map_grads(const std::vector<Parameter*>& parameters, Fn fn) {
  for (Parameter* p : parameters) {
    if (!p->grad().defined()) continue;
    dispatch(p->grad().dtype(), [&](auto tag) {
      using T = decltype(tag);
      Tensor mapped = Tensor::empty(p->shape(), p->grad().dtype());
      const T* from = p->grad().view<T>().data();
      T* to = mapped.mutate<T>().data();
      parallel_pieces(p->size(), kGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) to[i] = fn(from[i]);
      });
      p->rewrite_grad(std::move(mapped));
    });
  }
}

}  // namespace

double clip_grad_norm(const std::vector<Parameter*>& parameters, double max_norm) {
  check<ConfigError>(max_norm > 0, "clip_grad_norm: max_norm must be above 0, not {}", max_norm);
  double total = 0;
  for (const Parameter* p : parameters) {
    if (!p->grad().defined()) continue;
    const double squares = dispatch(p->grad().dtype(), [&](auto tag) {
      return sum_of_squares(p->grad().view<decltype(tag)>());
    });
    check<DomainError>(std::isfinite(squares), "clip_grad_norm: the gradient of {} is not finite",
                       p->name());
    total += squares;
  }
  const double norm = std::sqrt(total);
  if (norm > max_norm) {
    const double scale = max_norm / norm;
    map_grads(parameters, [scale](auto g) { return g * static_cast<decltype(g)>(scale); });
  }
  return norm;
}

void clip_grad_value(const std::vector<Parameter*>& parameters, double limit) {
  check<ConfigError>(limit > 0, "clip_grad_value: limit must be above 0, not {}", limit);
  map_grads(parameters, [limit](auto g) {
    const auto bound = static_cast<decltype(g)>(limit);
    return std::clamp(g, -bound, bound);
  });
}

void clip_weights(const std::vector<Parameter*>& parameters, double limit) {
  check<ConfigError>(limit > 0, "clip_weights: limit must be above 0, not {}", limit);
  const NoGrad no_grad;
  for (Parameter* p : parameters) p->set_value(clamp(p->value(), -limit, limit));
}

}  // namespace tapestry::nn
