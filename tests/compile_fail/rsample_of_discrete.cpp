// Does not compile: a discrete distribution has no rsample. With -DCONTROL its sample is taken.
#include "prob/prob.hpp"

using namespace tapestry;

Tensor draw(const prob::Bernoulli& q, Rng& rng) {
#ifdef CONTROL
  static_assert(prob::Distribution<prob::Bernoulli> && !prob::Reparameterized<prob::Bernoulli>);
  static_assert(prob::Reparameterized<prob::Normal>);
  return q.sample(rng);
#else
  return q.rsample(rng);
#endif
}
