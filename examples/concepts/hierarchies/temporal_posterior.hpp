#pragma once

#include <vector>

#include "concepts/hierarchies/frame_heads.hpp"
#include "nn/layers/gru.hpp"
#include "vae/exact/chain.hpp"

// Posteriors over the states of a chain, z_1 .. z_T, that go forward in time: q(z_t|z_{t-1}, h_t). They differ in what
// the state h_t of a recurrent network has read of x.

namespace concepts {

using namespace tapestry;

/// h_1 .. h_T, where h_t has read x_1 .. x_t: what a filter may know.
inline std::vector<Tensor> past(nn::Gru& rnn, const Tensor& x) {
  std::vector<Tensor> h{rnn.start(x.dim(0))};
  for (const Tensor& x_t : frames(x)) h.push_back(rnn(x_t, h.back()));
  return {h.begin() + 1, h.end()};
}

/// h_1 .. h_T, where h_t has read x_T .. x_t, last first: z_{t-1} stands for what was before.
inline std::vector<Tensor> future(nn::Gru& rnn, const Tensor& x) {
  const std::vector<Tensor> all = frames(x);
  std::vector<Tensor> h{rnn.start(x.dim(0))};
  for (std::size_t t = all.size(); t-- > 0;) h.push_back(rnn(all[t], h.back()));
  return {h.rbegin(), h.rend() - 1};
}

struct TemporalPosterior : nn::Module {
  using Read = std::vector<Tensor> (*)(nn::Gru&, const Tensor&);

  TemporalPosterior(const vae::exact::Chain& of, std::int64_t state, Read what)
      : chain(of),
        read(what),
        rnn(*this, "rnn", of.outputs(), state),
        first(*this, "first", state, of.states()),
        next(*this, "next", of.states() + state, of.states()) {}

  /// log p(x, z) - log q(z|x) [B] of a draw of q, for x [B, T, D]: its mean is the bound.
  Tensor log_weight(const Tensor& x, Rng& rng) {
    std::vector<Tensor> z, log_q;
    for (const Tensor& h : read(rnn, x)) {
      const prob::Normal q = z.empty() ? first(h) : next(concat({z.back(), h}, -1));
      z.push_back(q.rsample(rng));
      log_q.push_back(q.log_prob(z.back()));
    }
    return chain.log_joint(x, stack(z, 1)) - sum(stack(log_q, 1), -1);
  }

  const vae::exact::Chain chain;
  const Read read;
  nn::Child<nn::Gru> rnn;
  nn::Child<NormalOf> first, next;  ///< q(z_1|h_1), q(z_t|z_{t-1}, h_t)
};

}  // namespace concepts
