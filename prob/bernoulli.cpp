#include "prob/bernoulli.hpp"

#include <atomic>
#include <cmath>
#include <cstdio>

#include "autograd/address.hpp"
#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::prob {

namespace {

/// A probability where the logits belong trains, but another model. Said once.
void tell_probabilities(const Arg& l) {
  static std::atomic<bool> told = false;
  if (told || !l.tensor || !made_by_sigmoid(*l.tensor) || told.exchange(true)) return;
  std::fflush(stdout);  // what the program has said so far comes first
  fmt::print(stderr,
             "tapestry: Bernoulli: a sigmoid made the logits, which are the numbers before it\n"
             "    at   {}:{}\n"
             "    {}\n"
             "    hint: leave the sigmoid out, or take Bernoulli::from_probs\n",
             l.loc.file, l.loc.line, operand_line("logits", *l.tensor));
}

}  // namespace

Bernoulli::Bernoulli(Arg l, int dims) : logits(as_parameter(l)), event_dims(dims) {
  common_shape({kName, l.loc}, {{"logits", logits}}, event_dims);
  check_values({kName, l.loc}, "logits", logits, kFinite);
  tell_probabilities(l);
}

Bernoulli Bernoulli::from_probs(Arg probs, int event_dims) {
  return Bernoulli(Arg(logits_from_probs({kName, probs.loc}, as_tensor(probs)), probs.loc),
                   event_dims);
}

Tensor Bernoulli::probs() const { return sigmoid(logits); }

Tensor Bernoulli::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  const Tensor u = rng.uniform(join(sample_shape, shape()), logits.dtype());
  return less(u, probs()).to(logits.dtype());
}

Tensor Bernoulli::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kUnitInterval);
  // The fused op repeats rows of x (several z for one image), but never logits.
  const Shape full = broadcast(x.shape(), shape());
  const bool repeats =
      x.rank() <= full.rank() && x.shape() == full.sub(full.rank() - x.rank(), full.rank());
  return bernoulli_log_prob(Arg(expanded(logits, full), value.loc), repeats ? x : expanded(x, full),
                            event_dims);
}

Tensor Bernoulli::mean() const { return probs(); }

Tensor Bernoulli::variance() const { return probs() * sigmoid(-logits); }

Tensor Bernoulli::entropy() const {
  // -p log p - (1-p) log(1-p) with -log p = softplus(-l): no large terms cancel
  return sum_last(sigmoid(logits) * softplus(-logits) + sigmoid(-logits) * softplus(logits),
                  event_dims);
}

Tensor logits_from_probs(Caller caller, const Tensor& probs) {
  check_values(caller, "probs", probs, kOpenUnitInterval);
  return log(probs) - log1p(-probs);
}

}  // namespace tapestry::prob
