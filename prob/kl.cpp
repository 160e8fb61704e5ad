#include "prob/kl.hpp"

#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

template <class Q, class P>
void same_events(const char* pair, const Q& q, const P& p) {
  check_same_events(pair, q.shape(), q.event_dims, p.shape(), p.event_dims);
}

/// A KL for each element of the batch of p, too, whose values all have the same.
template <class P>
Tensor of_batch(const Tensor& each, const P& p) {
  return expanded(each, broadcast(each.shape(), batch_shape(p)));
}

/// log(a / b) for scales so far apart that a / b over- or underflows, too. The roots lose no digits
/// next to a = b, as a difference of logarithms would.
Tensor log_ratio(const Tensor& a, const Tensor& b) { return 2.0 * log(sqrt(a) / sqrt(b)); }

/// r - 1 - log r with r = a / b, the KL of two rates; >= 0.
Tensor excess(const Tensor& a, const Tensor& b) { return a / b - 1.0 - log_ratio(a, b); }

}  // namespace

// Location and scale ----------------------------------------------------------------------------

Tensor kl(const Normal& q, const Normal& p) {
  same_events("kl(Normal, Normal)", q, p);
  // log(sp / sq) + (sq^2 + (mq - mp)^2) / (2 sp^2) - 1/2
  const Tensor distance = square((q.loc - p.loc) / p.scale), ratio = q.scale / p.scale;
  const Tensor spread = (ratio - 1.0) * (ratio + 1.0);
  return sum_last(0.5 * (distance + spread) - log_ratio(q.scale, p.scale), q.event_dims);
}

Tensor kl(const Normal& q, const StandardNormal& p) {
  same_events("kl(Normal, StandardNormal)", q, p);
  return of_batch(normal_kl_standard(q.loc, q.scale, q.event_dims), p);
}

Tensor kl(const MultivariateNormal& q, const MultivariateNormal& p) {
  same_events("kl(MultivariateNormal, MultivariateNormal)", q, p);
  // log|Lp| - log|Lq| + (|Lp^-1 Lq|^2 + |Lp^-1 (mq - mp)|^2 - D) / 2
  const double d = static_cast<double>(q.loc.dim(-1));
  const Tensor log_volumes = log_det_triangular(p.scale_tril) - log_det_triangular(q.scale_tril);
  const Tensor spread = sum(square(triangular_solve(p.scale_tril, q.scale_tril)), {-1, -2});
  const Tensor distance = squared_length(p.scale_tril, q.loc - p.loc);
  return sum_last(log_volumes + 0.5 * (spread + distance - d), q.event_dims - 1);
}

Tensor kl(const MultivariateNormal& q, const StandardNormal& p) {
  same_events("kl(MultivariateNormal, StandardNormal)", q, p);
  // (|L|^2 + |m|^2 - D) / 2 - log|L|
  const double d = static_cast<double>(q.loc.dim(-1));
  const Tensor lengths = sum(square(q.scale_tril), {-1, -2}) + sum(square(q.loc), -1);
  const Tensor each = 0.5 * (lengths - d) - log_det_triangular(q.scale_tril);
  return of_batch(sum_last(each, q.event_dims - 1), p);
}

Tensor kl(const LogNormal& q, const LogNormal& p) {
  same_events("kl(LogNormal, LogNormal)", q, p);
  // invariant under x = exp(y)
  return kl(Normal(q.loc, q.scale, q.event_dims), Normal(p.loc, p.scale, p.event_dims));
}

Tensor kl(const Laplace& q, const Laplace& p) {
  same_events("kl(Laplace, Laplace)", q, p);
  // log(bp / bq) + (bq exp(-d / bq) + d) / bp - 1 with d = |mq - mp|
  const Tensor ratio = q.scale / p.scale, d = abs(q.loc - p.loc);
  return sum_last(ratio * exp(-d / q.scale) + d / p.scale - 1.0 - log_ratio(q.scale, p.scale),
                  q.event_dims);
}

Tensor kl(const Gumbel& q, const Gumbel& p) {
  same_events("kl(Gumbel, Gumbel)", q, p);
  return sum_last(gumbel_kl(q.scale, q.loc - p.loc, p.scale), q.event_dims);
}

Tensor kl(const Laplace& q, const Normal& p) {
  same_events("kl(Laplace, Normal)", q, p);
  // -H(q) + log(sp sqrt(2 pi)) + (2 b^2 + (mq - mp)^2) / (2 sp^2)
  const Tensor quadratic = square(q.scale / p.scale) + 0.5 * square((q.loc - p.loc) / p.scale);
  const double constant = 0.5 * std::log(std::numbers::pi / 2) - 1;
  return sum_last(quadratic - log_ratio(q.scale, p.scale) + constant, q.event_dims);
}

// Discrete --------------------------------------------------------------------------------------

Tensor kl(const Bernoulli& q, const Bernoulli& p) {
  same_events("kl(Bernoulli, Bernoulli)", q, p);
  // P_q(1) log(P_q(1) / P_p(1)) + the same of 0, with -log P(1) = softplus(-l): no large terms cancel
  const Tensor one = softplus(-p.logits) - softplus(-q.logits),
               zero = softplus(p.logits) - softplus(q.logits);
  return sum_last(sigmoid(q.logits) * one + sigmoid(-q.logits) * zero, q.event_dims);
}

Tensor kl(const Bernoulli& q, const Rbm& p) {
  same_events("kl(Bernoulli, Rbm)", q, p);
  return p.energy(q.probs()) + p.log_z() - q.entropy();  // the energy is linear in each bit
}

Tensor kl(const Categorical& q, const Categorical& p) {
  if (q.classes() != p.classes()) [[unlikely]]
    fail<ShapeError>("kl(Categorical, Categorical)",
                     fmt::format("q has {} classes, but p has {}", q.classes(), p.classes()));
  same_events("kl(Categorical, Categorical)", q, p);
  return sum_last(sum(q.probs() * (log_softmax(q.logits) - log_softmax(p.logits)), -1),
                  q.event_dims);
}

Tensor kl(const OneHotCategorical& q, const OneHotCategorical& p) {
  same_events("kl(OneHotCategorical, OneHotCategorical)", q, p);
  return sum_last(q.probs() * (log_softmax(q.logits) - log_softmax(p.logits)), q.event_dims);
}

Tensor kl(const Poisson& q, const Poisson& p) {
  same_events("kl(Poisson, Poisson)", q, p);
  // rq log(rq / rp) - rq + rp; the product would over- or underflow where the rates are far apart, the difference lose its
  // digits where they are near
  const Tensor far = greater(abs(log_ratio(p.rate, q.rate)), 20.0);
  const Tensor of_far = p.rate - q.rate - q.rate * log_ratio(p.rate, q.rate);
  return sum_last(
      where(far, of_far, q.rate * excess(where(far, 1.0, p.rate), where(far, 1.0, q.rate))),
      q.event_dims);
}

// Positive numbers ------------------------------------------------------------------------------

Tensor kl(const Exponential& q, const Exponential& p) {
  same_events("kl(Exponential, Exponential)", q, p);
  return sum_last(excess(p.rate, q.rate), q.event_dims);
}

Tensor kl(const Gamma& q, const Gamma& p) {
  same_events("kl(Gamma, Gamma)", q, p);
  return sum_last(gamma_kl(q.concentration, q.rate, p.concentration, p.rate), q.event_dims);
}

Tensor kl(const Gamma& q, const Exponential& p) {
  same_events("kl(Gamma, Exponential)", q, p);
  return sum_last(gamma_kl(q.concentration, q.rate, 1.0, p.rate), q.event_dims);
}

Tensor kl(const Exponential& q, const Gamma& p) {
  same_events("kl(Exponential, Gamma)", q, p);
  return sum_last(gamma_kl(1.0, q.rate, p.concentration, p.rate), q.event_dims);
}

// Bounded ---------------------------------------------------------------------------------------

Tensor kl(const ContinuousBernoulli& q, const ContinuousBernoulli& p) {
  same_events("kl(ContinuousBernoulli, ContinuousBernoulli)", q, p);
  // E_q[x] (lq - lp) - log Zq + log Zp, with log Z = l/2 + log sinhc(l/2)
  return sum_last((q.mean() - 0.5) * (q.logits - p.logits) - log_sinhc(0.5 * q.logits) +
                      log_sinhc(0.5 * p.logits),
                  q.event_dims);
}

Tensor kl(const Beta& q, const Beta& p) {
  same_events("kl(Beta, Beta)", q, p);
  // that of two gammas, whose sum is left out; with the sums as rates no large terms cancel
  const Tensor nq = q.a + q.b, np = p.a + p.b;
  return sum_last(
      gamma_kl(q.a, nq, p.a, np) + gamma_kl(q.b, nq, p.b, np) - gamma_kl(nq, nq, np, np),
      q.event_dims);
}

Tensor kl(const Dirichlet& q, const Dirichlet& p) {
  same_events("kl(Dirichlet, Dirichlet)", q, p);
  // as Beta, with more gammas
  const Tensor nq = sum(q.concentration, -1, true), np = sum(p.concentration, -1, true);
  return sum_last(sum(gamma_kl(q.concentration, nq, p.concentration, np), -1) -
                      sum(gamma_kl(nq, nq, np, np), -1),
                  q.event_dims - 1);
}

Tensor kl(const Uniform& q, const Uniform& p) {
  same_events("kl(Uniform, Uniform)", q, p);
  const Tensor inside = log((p.high - p.low) / (q.high - q.low));
  const Tensor above = where(less_equal(p.low, q.low), inside, kInfinity);
  return sum_last(where(less_equal(q.high, p.high), above, kInfinity), q.event_dims);
}

Tensor kl(const Uniform& q, const Normal& p) {
  same_events("kl(Uniform, Normal)", q, p);
  // -log(high - low) + log(s sqrt(2 pi)) + (variance + (mean - m)^2) / (2 s^2)
  const Tensor width = (q.high - q.low) / p.scale;
  const Tensor quadratic = square(width) / 24.0 + 0.5 * square((q.mean() - p.loc) / p.scale);
  const double constant = 0.5 * std::log(2 * std::numbers::pi);
  return sum_last(quadratic + constant - log_ratio(q.high - q.low, p.scale), q.event_dims);
}

}  // namespace tapestry::prob
