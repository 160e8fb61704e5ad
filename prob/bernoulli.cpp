#include "prob/bernoulli.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"

namespace tapestry::prob {

Bernoulli::Bernoulli(Tensor l, int dims) : logits(std::move(l)), event_dims(dims) {
  common_shape(kName, {{"logits", logits}}, event_dims);
  check_values(kName, "logits", logits, kFinite);
}

Bernoulli Bernoulli::from_probs(const Tensor& probs, int event_dims) {
  return Bernoulli(logits_from_probs(kName, probs), event_dims);
}

Tensor Bernoulli::probs() const { return sigmoid(logits); }

Tensor Bernoulli::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  const Tensor u = rng.uniform(join(sample_shape, shape()), logits.dtype());
  return less(u, probs()).to(logits.dtype());
}

Tensor Bernoulli::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  check_values(kName, "value", x, kUnitInterval);
  // The fused op repeats rows of x (several z for one image), but never logits.
  const Shape full = broadcast(x.shape(), shape());
  const bool repeats =
      x.rank() <= full.rank() && x.shape() == full.sub(full.rank() - x.rank(), full.rank());
  return bernoulli_log_prob(expanded(logits, full), repeats ? x : expanded(x, full), event_dims);
}

Tensor Bernoulli::mean() const { return probs(); }

Tensor Bernoulli::variance() const { return probs() * sigmoid(-logits); }

Tensor Bernoulli::entropy() const {
  // -p log p - (1-p) log(1-p) = softplus(l) - l sigmoid(l)
  return sum_last(softplus(logits) - logits * probs(), event_dims);
}

Tensor logits_from_probs(const char* distribution, const Tensor& probs) {
  check_values(distribution, "probs", probs, kOpenUnitInterval);
  return log(probs) - log1p(-probs);
}

std::vector<Case> Bernoulli::cases() {
  const DTypeScope f64(DType::f64);
  return {
      {{tensor({0.0, 2.0})},
       tensor({1.0, 0.0}),
       tensor({-0.6931471805599453, -2.1269280110429727})},
      {{tensor({-800.0, 800.0})}, tensor({0.0, 0.0}), tensor({0.0, -800.0})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor(kInfinity)}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
