#pragma once

#include "concepts/hierarchies/frame_heads.hpp"
#include "concepts/hierarchies/temporal_posterior.hpp"
#include "prob/kl.hpp"
#include "prob/standard_normal.hpp"
#include "vae/bounds/elbo.hpp"

// The deep Markov model (Krishnan, Shalit and Sontag, Structured Inference Networks for Nonlinear State Space Models, 2017):
// a chain of hidden states whose steps and whose emissions are networks.
//
//     z_1 ~ N(0, I),   z_t ~ p(z_t|z_{t-1}),   x_t ~ p(x_t|z_t)
//     log p(x) >= sum_t E log p(x_t|z_t) - KL(q(z_t|z_{t-1}, x_t .. x_T) || p(z_t|z_{t-1}))
//
// Given z_{t-1}, the present state depends on what is still to come, so q reads the sequence backwards: it smooths.

namespace concepts {

using namespace tapestry;

/// p(z_t|z_{t-1}), which mixes a linear step and a network, number by number, the gated transition:
///
///     g = sigmoid(net(z))     h = net(z)     N((1 - g) (z + W z + b) + g h, scale(relu(h))^2)
class GatedTransition : public nn::Callable<GatedTransition> {
 public:
  GatedTransition(std::int64_t latent, std::int64_t hidden)
      : gate(*this, "gate", {latent, hidden, latent}, Activation::relu, Activation::sigmoid),
        proposal(*this, "proposal", {latent, hidden, latent}, Activation::relu, Activation::none),
        straight(*this, "straight", latent, latent),
        scale(*this, "scale", latent, latent) {}

  prob::Normal forward(const Tensor& z) {
    const Tensor g = gate(z), h = proposal(z);
    return {mix(g, z + straight(z), h), scale_of(scale(relu(h))), 1};
  }

  nn::Child<nn::Mlp> gate, proposal;
  nn::Child<nn::Linear> straight, scale;
  // The step that a wrong version replaces.
  Tensor (*mix)(const Tensor& g, const Tensor& line, const Tensor& h) =
      [](const Tensor& g, const Tensor& line, const Tensor& h) { return (1.0 - g) * line + g * h; };
};

/// q(z_t|z_{t-1}, h_t), h_t the state of a network that has read x_T .. x_t: both have half a say: the combiner.
class Combiner : public nn::Callable<Combiner> {
 public:
  Combiner(std::int64_t latent, std::int64_t state)
      : before(*this, "before", latent, state, Activation::tanh),
        code(*this, "code", state, latent) {}

  prob::Normal forward(const Tensor& z, const Tensor& h) { return code(0.5 * (before(z) + h)); }

  nn::Child<nn::Linear> before;
  nn::Child<NormalOf> code;
};

struct MarkovSizes {
  std::int64_t frame, latent, hidden, state;
};

/// `Output` is the emission, a module made with (latent, frame): its call returns p(x_t|z_t).
template <class Output>
struct DeepMarkov : nn::Module {
  explicit DeepMarkov(const MarkovSizes& n)
      : sizes(n),
        transition(*this, "transition", n.latent, n.hidden),
        emission(*this, "emission", n.latent, n.frame),
        see(*this, "see", {n.frame, n.hidden}, Activation::relu),
        rnn(*this, "rnn", n.hidden, n.state),
        combiner(*this, "combiner", n.latent, n.state) {}

  /// p(z_1), and p(z_t|z_{t-1}) for a state z [B, K].
  prob::Normal first(std::int64_t n) const {
    return prob::StandardNormal({n, sizes.latent}, 1).normal();
  }

  /// A draw of q: z_t with its q and its p, for each frame of x [B, T, D].
  struct State {
    Tensor z;
    prob::Normal q, p;
  };
  std::vector<State> infer(const Tensor& x, Rng& rng) {
    std::vector<State> states;
    Tensor z = zeros({x.dim(0), sizes.latent});
    for (const Tensor& h : read(rnn, see(x))) {
      const prob::Normal p = states.empty() ? first(x.dim(0)) : transition(z), q = combiner(z, h);
      z = q.rsample(rng);
      states.push_back({z, q, p});
    }
    return states;
  }

  /// The terms of the bound, summed over the frames.
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    vae::ElboTerms terms;
    const std::vector<Tensor> seen = frames(x);
    const std::vector<State> states = infer(x, rng);
    for (std::size_t t = 0; t < seen.size(); ++t)
      terms +=
          {.log_lik = emission(states[t].z).log_prob(seen[t]), .kl = kl(states[t].q, states[t].p)};
    return terms;
  }

  const MarkovSizes sizes;
  nn::Child<GatedTransition> transition;
  nn::Child<Output> emission;
  nn::Child<nn::Mlp> see;
  nn::Child<nn::Gru> rnn;
  nn::Child<Combiner> combiner;
  // The steps that a wrong version replaces.
  TemporalPosterior::Read read = future;
  Tensor (*kl)(const prob::Normal& q, const prob::Normal& p) = [](const auto& q, const auto& p) {
    return prob::kl(q, p);
  };
};

}  // namespace concepts
