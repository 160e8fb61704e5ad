#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "concepts/discrete/nvil_vimco.hpp"
#include "vae/exact/binary_net.hpp"

// K draws of a code of two bits can fall in 4^K ways. The mean and the variance of what a sampled gradient comes to are sums over
// all of them.

namespace concepts {

using vae::exact::BinaryNet;

/// What is climbed [n], from log p(x, h) and log q(h|x) [K, n].
using Climbed = std::function<Tensor(const Tensor& log_p, const Tensor& log_q)>;

/// All ways in which K draws can fall, [K, 4^K, 2]: draw k of way i is the state (i / 4^k) mod 4.
inline Tensor all_draws(std::int64_t K) {
  const std::int64_t ways = std::int64_t{1} << (2 * K);
  const Tensor states = reshape(BinaryNet::example().states(), {1, 4, 1, 2});
  std::vector<Tensor> draws;
  for (std::int64_t block = 1; block < ways; block *= 4)
    draws.push_back(reshape(broadcast_to(states, {ways / (4 * block), 4, block, 2}), {ways, 2}));
  return stack(draws, 0);
}

/// log p(x, h) and log q(h|x) at x = 110, [K, n], from the logits of q and of p(h), and what is climbed of them. The
/// gradient [n, 4] has the logits of q, then those of p; every way has logits of its own, or all have the same ones.
struct Swept {
  Tensor gradient, log_q;
};
inline Swept swept(std::int64_t K, bool own_logits, const Climbed& climbs) {
  const BinaryNet net = BinaryNet::example();
  const Tensor h = all_draws(K);
  const Shape rows{own_logits ? h.dim(1) : 1, 2};
  Tape tape;
  const Tensor q = tape.watch(broadcast_to(tensor({0.3, 0.4}), rows).clone());
  const Tensor prior = tape.watch(broadcast_to(net.prior_logits, rows).clone());
  const Tensor log_q = prob::Bernoulli(q, 1).log_prob(h);
  const Tensor log_lik = net.likelihood(h).log_prob(BinaryNet::example_x());
  tape.backward(sum(climbs(prob::Bernoulli(prior, 1).log_prob(h) + log_lik, log_q)));
  return {concat({tape.grad(q), tape.grad(prior)}, 1), log_q.detach()};
}

/// The gradient [4] of the mean of a number, over all ways in which K draws can fall.
inline Tensor exact(std::int64_t K, const Climbed& number) {
  return reshape(swept(K, false,
                       [&](const Tensor& log_p, const Tensor& log_q) {
                         return exp(sum(log_q, 0)) * number(log_p, log_q);
                       })
                     .gradient,
                 {4});
}

/// Mean [4] of a sampled gradient, and the variance of its part for q, summed over the logits.
struct Sampled {
  Tensor mean;
  double variance;
};
inline Sampled sampled(std::int64_t K, const Climbed& climbs) {
  const Swept of = swept(K, true, climbs);
  const Tensor chance = reshape(exp(sum(of.log_q, 0)), {-1, 1}), m = sum(chance * of.gradient, 0);
  return {m, sum(slice(chance * square(of.gradient - m), 1, 0, 2)).item()};
}

/// The estimators of K draws.
inline std::map<std::string, Climbed> estimators(const BitSteps& by, double C) {
  using T = const Tensor&;
  return {
      {"REINFORCE", [](T log_p, T log_q) { return nvil_bound(log_p, log_q, log_p - log_q); }},
      {"NVIL", [C](T log_p, T log_q) { return nvil_bound(log_p, log_q, log_p - log_q - C); }},
      {"whole bound", whole_bound},
      {"VIMCO", by.vimco},
      {"RWS",
       [by](T log_p, T log_q) {
         return climbed(by.weights((log_p - log_q).detach()), log_p, log_q);
       }},
  };
}

}  // namespace concepts
