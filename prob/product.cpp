#include "prob/product.hpp"

#include "autograd/ops.hpp"

namespace tapestry::prob {

Normal product(const Normal& a, const Normal& b) {
  check_same_events("product(Normal, Normal)", a.shape(), a.event_dims, b.shape(), b.event_dims);
  // By the ratio of the scales: their own squares would leave the range of f32 much earlier.
  const Tensor ratio = a.scale / b.scale;
  const Tensor weight = 1.0 / (1.0 + square(ratio));  // of a: its share of the precision
  return {b.loc + weight * (a.loc - b.loc), a.scale * sqrt(weight), a.event_dims};
}

}  // namespace tapestry::prob
