#pragma once

#include <functional>

#include "autograd/ops.hpp"

// Auxiliary variables (Maaloe, Sonderby, Sonderby and Winther, Auxiliary Deep Generative Models, 2016), where a has A
// values and z has S states, so that all is a table. Equations 4 and 5 of the paper.

namespace concepts {

using namespace tapestry;

/// A posterior with an auxiliary variable: q(z|x) = sum_a q(a|x) q(z|a,x).
struct AuxiliaryTables {
  Tensor log_a;  ///< log q(a|x), [..., A, 1]
  Tensor log_z;  ///< log q(z|a,x), [..., A, S]

  Tensor joint() const { return log_a + log_z; }
  Tensor marginal() const { return logsumexp(joint(), -2); }  ///< log q(z|x), [..., S]
};

/// The parts of the bound that can be made wrongly.
struct AuxiliarySteps {
  /// log r(a|z,x), the best one: log q(a|z,x), by Bayes' rule.
  std::function<Tensor(const AuxiliaryTables&)> best_r = [](const AuxiliaryTables& q) {
    return log_softmax(q.joint(), -2);
  };
  /// What a costs: log r(a|z,x) - log q(a|x).
  std::function<Tensor(const Tensor& log_r, const Tensor& log_a)> price =
      [](const Tensor& log_r, const Tensor& log_a) { return log_r - log_a; };
  /// The logits of the bits of z, one row for each a.
  std::function<Tensor(const Tensor& logits)> given_a = [](const Tensor& logits) { return logits; };
};

/// E_q(a,z|x)[log p(x,z) - log q(z|a,x) + log r(a|z,x) - log q(a|x)], [...]
inline Tensor bound(const AuxiliaryTables& q, const Tensor& log_joint, const Tensor& log_r,
                    const AuxiliarySteps& steps) {
  const Tensor terms = log_joint - q.log_z + steps.price(log_r, q.log_a);
  return sum(exp(q.joint()) * terms, {-2, -1});
}

}  // namespace concepts
