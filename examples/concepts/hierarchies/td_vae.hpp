#pragma once

#include <functional>
#include <vector>

#include "concepts/hierarchies/temporal_posterior.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/training/player.hpp"

// The temporal difference VAE, TD-VAE (Gregor, Papamakarios, Besse, Buesing and Weber 2019): a model that jumps. For two
// times s < t of a sequence, with b_t the state of a recurrent network that has read x_1 .. x_t:
//
//     log p(x_t|x_1 .. x_s)  >=  E[ log p(x_t|z_t) + log p_B(z_s|b_s) + log p_T(z_t|z_s)
//                                   - log p_B(z_t|b_t) - log q_S(z_s|z_t, b_s, b_t) ]
//
// with z_t ~ p_B(z_t|b_t), then z_s ~ q_S. The belief p_B serves twice: as the prior of z_s and as the posterior of z_t.

namespace concepts {

/// What belongs to jumps of t - s = `length` steps.
struct Jump : nn::Module {
  Jump(int steps, std::int64_t latent, std::int64_t state, std::int64_t features)
      : length(steps),
        onward(*this, "onward", latent, latent),
        hidden(*this, "hidden", {latent + 2 * state, features}, Activation::relu),
        back(*this, "back", features, latent) {}

  /// p_T(z_t|z_s), which starts near z_t = z_s.
  prob::Normal ahead(const Tensor& z_s) {
    const prob::Normal change = onward(z_s);
    return {z_s + change.loc, change.scale, 1};
  }
  /// q_S(z_s|z_t, b_s, b_t)
  prob::Normal smooth(const Tensor& z_t, const Tensor& b_s, const Tensor& b_t) {
    return back(hidden(concat({z_t, b_s, b_t}, -1)));
  }

  const int length;
  nn::Child<NormalOf> onward;
  nn::Child<nn::Mlp> hidden;
  nn::Child<NormalOf> back;
};

struct TdSizes {
  std::int64_t frame, features, state, latent;
  std::vector<int> jumps;
};

/// A jump of more than one step takes beliefs as given. Its bound is the less the more p_B(z_t|b_t) knows of the steps
/// between, which the prior of z_t does not know: through it p_B would unlearn what it knows.
inline prob::Normal as_given(const prob::Normal& p, bool given) {
  return given ? prob::Normal(p.loc.detach(), p.scale.detach(), 1) : p;
}

/// `Output` is the decoder, a module made with (latent, frame): its call returns p(x_t|z_t).
template <class Output>
struct TdVae : nn::Module {
  explicit TdVae(const TdSizes& n)
      : see(*this, "see", {n.frame, n.features}, Activation::relu),
        rnn(*this, "rnn", n.features, n.state),
        belief(*this, "belief", n.state, n.latent),
        decode(*this, "decode", n.latent, n.frame) {
    for (const int length : n.jumps) jumps.add(length, n.latent, n.state, n.features);
  }

  /// b_1 .. b_T [B, T, S] of x [B, T, D].
  Tensor beliefs(const Tensor& x) { return stack(read(rnn, see(x)), 1); }

  /// Equation 8 [B], summed over all times s and t = s + length.
  Tensor bound(Jump& jump, const Tensor& x, const Tensor& b, Rng& rng) {
    const std::int64_t d = jump.length, T = x.dim(1);
    const Tensor b_s = slice(b, 1, 0, T - d), b_t = slice(b, 1, d, T), x_t = slice(x, 1, d, T);
    const prob::Normal now = as_given(belief(b_t), d > 1), before = as_given(belief(b_s), d > 1);
    const Tensor z_t = now.rsample(rng);
    const prob::Normal q = smoother(jump.smooth(told(z_t, now, rng), b_s, b_t), before);
    const Tensor z_s = q.rsample(rng);
    const Tensor log_p = before.log_prob(z_s) + jump.ahead(z_s).log_prob(z_t);
    const Tensor log_q = now.log_prob(z_t) + q.log_prob(z_s);
    return sum(decode(z_t).log_prob(x_t) + log_p - log_q, -1);
  }

  /// The sum over all jumps, for a Trainer.
  vae::Play play() {
    return [this](const nn::Batch& batch, Rng& rng) {
      const Tensor b = beliefs(batch.images);
      Tensor all = zeros({b.dim(0)});
      for (std::size_t k = 0; k < jumps.size(); ++k)
        all = all + bound(jumps[k], batch.images, b, rng);
      return vae::Objective{.value = all, .bound = all};
    };
  }

  nn::Child<nn::Mlp> see;
  nn::Child<nn::Gru> rnn;
  nn::Child<NormalOf> belief;  ///< p_B(z_t|b_t)
  nn::Child<Output> decode;
  nn::ChildList<Jump> jumps{*this, "jumps"};
  // The steps that a wrong version replaces.
  TemporalPosterior::Read read = past;
  std::function<Tensor(const Tensor&, const prob::Normal&, Rng&)> told =
      [](const Tensor& z_t, const prob::Normal&, Rng&) { return z_t; };
  std::function<prob::Normal(const prob::Normal&, const prob::Normal&)> smoother =
      [](const prob::Normal& q, const prob::Normal&) { return q; };
};

}  // namespace concepts
