#pragma once

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"
#include "vae/bounds/baseline.hpp"

// Two ways to the gradient of E_q[f(z)] by the parameters of q (AEVB, sections 2.2 and 2.4).
// Each function returns one estimate per sample, as a tensor whose *value* estimates E_q[f(z)] and
// whose *gradient* estimates its gradient:
//
//     Tape tape;
//     tape.backward(mean(vae::pathwise(q, f, 100, rng)));
//
// f is any function from z [samples, batch, event] to values [samples, batch]. Parameters inside f
// receive their gradient as well.

namespace tapestry::vae {

/// 0 in value, weight * grad log q(z) in gradient. `weight` is taken as a constant.
inline Tensor score_term(const Tensor& log_q, const Tensor& weight) {
  return weight.detach() * (log_q - log_q.detach());
}

/// log q(z) without its score: equal in value, and its gradient reaches q only through z. What is
/// left out, grad log q at a fixed z, is 0 on average.
template <prob::Distribution Q>
Tensor path_log_prob(const Q& q, const Tensor& z) {
  const Tensor log_q = q.log_prob(z.detach());
  return q.log_prob(z) - (log_q - log_q.detach());
}

/// z = g(noise, parameters of q), differentiated through f: low noise, but f must be smooth and q
/// reparameterised.
template <prob::Reparameterized Q, class F>
Tensor pathwise(const Q& q, F&& f, std::int64_t samples, Rng& rng) {
  return f(q.rsample(rng, {samples}));
}

/// REINFORCE: f(z) grad log q(z) at samples that carry no gradient. Needs nothing of f but its
/// value, so discrete z will do; much noisier, hence the baseline.
template <prob::Distribution Q, class F>
Tensor score_function(const Q& q, F&& f, std::int64_t samples, Rng& rng, Baseline& baseline) {
  const Tensor z = q.sample(rng, {samples});
  const Tensor values = f(z);
  return values + score_term(q.log_prob(z), baseline.centre(values));
}
template <prob::Distribution Q, class F>
Tensor score_function(const Q& q, F&& f, std::int64_t samples, Rng& rng) {
  Baseline none = Baseline::none();
  return score_function(q, f, samples, rng, none);
}

}  // namespace tapestry::vae
