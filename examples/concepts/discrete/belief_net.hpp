#pragma once

#include <utility>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/linear.hpp"
#include "prob/bernoulli.hpp"
#include "vae/bounds/objective.hpp"

// A sigmoid belief net with an inference net that goes the other way: the Helmholtz machine (Dayan, Hinton, Neal and
// Zemel, The Helmholtz Machine, 1995). All units are bits, so no sample passes a gradient on.

namespace concepts {

using namespace tapestry;

/// The bits of each layer, from h_0 = x up: [..., width of the layer].
using Layers = std::vector<Tensor>;

///     p(x, h) = p(h_L) p(h_L-1|h_L) ... p(x|h_1)      q(h|x) = q(h_1|x) q(h_2|h_1) ... q(h_L|h_L-1)
///
/// Each factor is a product of coins, whose logits are linear in the bits of the layer that it is given.
class BeliefNet : public nn::Module {
 public:
  /// widths[0] is that of x.
  explicit BeliefNet(const std::vector<std::int64_t>& widths)
      : top_logits(*this, "top_logits", {widths.back()}, 0.0) {
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
      down.add(widths[l + 1], widths[l]);
      up.add(widths[l], widths[l + 1]);
    }
  }

  prob::Bernoulli top() { return prob::Bernoulli(top_logits, 1); }
  /// p(h_l|h_l+1) and q(h_l+1|h_l).
  prob::Bernoulli below(std::size_t l, const Tensor& h) { return prob::Bernoulli(down[l](h), 1); }
  prob::Bernoulli above(std::size_t l, const Tensor& h) { return prob::Bernoulli(up[l](h), 1); }

  /// log p(x, h) and log q(h|x). Recorded.
  Tensor log_p(const Layers& h) {
    Tensor sum = top().log_prob(h.back());
    for (std::size_t l = 0; l < down.size(); ++l) sum = sum + below(l, h[l + 1]).log_prob(h[l]);
    return sum;
  }
  Tensor log_q(const Layers& h) {
    Tensor sum = above(0, h[0]).log_prob(h[1]);
    for (std::size_t l = 1; l < up.size(); ++l) sum = sum + above(l, h[l]).log_prob(h[l + 1]);
    return sum;
  }

  /// x [B, D] and `samples` draws of q(h|x), [samples, B, width] each.
  Layers infer(const Tensor& x, Rng& rng, std::int64_t samples) {
    const NoGrad no_grad;
    Layers h{x, above(0, x).sample(rng, {samples})};
    for (std::size_t l = 1; l < up.size(); ++l) h.push_back(above(l, h[l]).sample(rng));
    return h;
  }
  /// n draws of p(x, h), [n, width] each.
  Layers dream(std::int64_t n, Rng& rng) {
    const NoGrad no_grad;
    Layers h(down.size() + 1);
    h.back() = top().sample(rng, {n});
    for (std::size_t l = down.size(); l-- > 0;) h[l] = below(l, h[l + 1]).sample(rng);
    return h;
  }

  /// log p(x, h) - log q(h|x) of draws of q, [samples, B].
  Tensor log_weights(const Tensor& x, Rng& rng, std::int64_t samples) {
    const Layers h = infer(x, rng, samples);
    return log_p(h) - log_q(h);
  }

  nn::Param top_logits;
  nn::ChildList<nn::Linear> down{*this, "down"}, up{*this, "up"};
};

/// Wake-sleep: p learns from draws of q at the data, q from dreams of p. The bound is the ELBO.
inline vae::Objective wake_sleep(BeliefNet& net, const Tensor& x, Rng& rng, std::int64_t samples) {
  const Layers h = net.infer(x, rng, samples), dream = net.dream(x.dim(0), rng);
  const Tensor log_p = net.log_p(h);
  const Tensor bound = mean((log_p - net.log_q(h)).detach(), 0);
  return {.value = mean(log_p, 0) + net.log_q(dream), .bound = bound};
}

}  // namespace concepts
