#pragma once

#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "prob/normal.hpp"

// Hierarchical variational models (Ranganath, Tran and Blei 2016, equations 3 and 6) with a latent on a line.

namespace concepts {

using namespace tapestry;

/// A prior over the parameters of q: q(z) = sum over cells l of q(l) N(z; m_l, s_l^2).
struct HierarchicalPosterior {
  explicit HierarchicalPosterior(const Tensor& means)
      : logits("logits", zeros(means.shape())),
        loc("loc", means),
        log_scale("log scale", full(means.shape(), -1.5)),
        of_r("r", zeros({3, means.size()})),
        all{&logits, &loc, &log_scale, &of_r} {}

  prob::Normal given() { return {loc, exp(log_scale)}; }  ///< q(z|l)
  /// log r(l|z) for all l, z [...] to [..., L]: its logits are quadratic in z.
  Tensor log_r(const Tensor& z) {
    const Tensor at = reshape(z, z.shape().inserted(z.shape().rank(), 1));
    return log_softmax(matmul(concat({ones_like(at), at, square(at)}, -1), of_r), -1);
  }
  /// log r(l|z) for the l that z [n, L] came from: column l of z is of cell l.
  Tensor log_r_of_own(const Tensor& z) { return sum(log_r(z) * eye(z.dim(-1)), -1); }

  Parameter logits, loc, log_scale, of_r;
  std::vector<Parameter*> all;
};

/// The bound minus log p(x), for p with log_p(z) = log p(z|x): E[log p + log r(l|z) - log q(l) - log q(z|l)]. The noise e [n, 1]
/// lies on a grid.
template <class P, class LogR>
Tensor shortfall(HierarchicalPosterior& q, const Tensor& e, const P& p, const LogR& log_r) {
  const prob::Normal given = q.given();
  const Tensor z = given.loc + given.scale * e, log_l = log_softmax(1.0 * q.logits);
  const Tensor mass = softmax(-0.5 * reshape(square(e), {-1}));
  const Tensor log_p = reshape(p.log_p(reshape(z, {-1})), z.shape());
  const Tensor terms = log_p + log_r(q, z) - log_l - given.log_prob(z);
  return sum(exp(log_l) * matmul(reshape(mass, {1, -1}), terms));
}

}  // namespace concepts
