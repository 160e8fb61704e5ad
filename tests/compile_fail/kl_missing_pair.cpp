// Does not compile: no closed form is known to kl for this pair. With -DCONTROL the same file does,
// so that it fails for the right reason.
// cure: kl_monte_carlo
#include "prob/prob.hpp"

using namespace tapestry;

Tensor divergence(const prob::Normal& q, const prob::Normal& p, const prob::Gamma& g) {
#ifdef CONTROL
  (void)g;
  return prob::kl(q, p);
#else
  (void)p;
  return prob::kl(q, g);
#endif
}
