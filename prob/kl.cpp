#include "prob/kl.hpp"

#include "autograd/ops.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

namespace {

template <class Q, class P>
void same_events(const char* pair, const Q& q, const P& p) {
  check_same_events(pair, q.shape(), q.event_dims, p.shape(), p.event_dims);
}

}  // namespace

Tensor kl(const Normal& q, const Normal& p) {
  same_events("kl(Normal, Normal)", q, p);
  // log(sp / sq) + (sq^2 + (mq - mp)^2) / (2 sp^2) - 1/2
  const Tensor ratio = square(q.scale / p.scale);
  const Tensor distance = square((q.loc - p.loc) / p.scale);
  return sum_last(0.5 * (distance + (ratio - 1.0 - log(ratio))), q.event_dims);
}

Tensor kl(const Normal& q, const StandardNormal& p) {
  same_events("kl(Normal, StandardNormal)", q, p);
  return normal_kl_standard(q.loc, q.scale, q.event_dims);
}

Tensor kl(const Bernoulli& q, const Bernoulli& p) {
  same_events("kl(Bernoulli, Bernoulli)", q, p);
  // E_q[x (lq - lp)] - softplus(lq) + softplus(lp)
  return sum_last(q.probs() * (q.logits - p.logits) - softplus(q.logits) + softplus(p.logits),
                  q.event_dims);
}

Tensor kl(const ContinuousBernoulli& q, const ContinuousBernoulli& p) {
  same_events("kl(ContinuousBernoulli, ContinuousBernoulli)", q, p);
  // E_q[x] (lq - lp) - log Zq + log Zp, with log Z = l/2 + log sinhc(l/2)
  return sum_last((q.mean() - 0.5) * (q.logits - p.logits) - log_sinhc(0.5 * q.logits) +
                      log_sinhc(0.5 * p.logits),
                  q.event_dims);
}

}  // namespace tapestry::prob
