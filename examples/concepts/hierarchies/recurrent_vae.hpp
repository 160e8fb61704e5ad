#pragma once

#include <functional>
#include <vector>

#include "autograd/tape.hpp"
#include "concepts/hierarchies/frame_heads.hpp"
#include "nn/layers/gru.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/kl.hpp"
#include "vae/bounds/elbo.hpp"

// The variational recurrent network, VRNN (Chung, Kastner, Dinh, Goel, Courville and Bengio, A Recurrent Latent
// Variable Model for Sequential Data, 2015): a VAE for each frame of a sequence, where prior, decoder and
// encoder depend on the state of a recurrent network, which has read the frames and latents before.

namespace concepts {

using namespace tapestry;

struct VrnnSizes {
  std::int64_t frame, latent, features, state;
};

/// `Output` is the last layer of the decoder, a module made with (features, frame): its call returns p(x_t|...).
template <class Output>
class Vrnn : public nn::Module {
 public:
  explicit Vrnn(const VrnnSizes& n)
      : phi_x(*this, "phi_x", {n.frame, n.features}, Activation::relu),
        phi_z(*this, "phi_z", {n.latent, n.features}, Activation::relu),
        prior_net(*this, "prior_net", {n.state, n.features}, Activation::relu),
        encoder(*this, "encoder", {n.features + n.state, n.features}, Activation::relu),
        decoder(*this, "decoder", {n.features + n.state, n.features}, Activation::relu),
        prior_of(*this, "prior_of", n.features, n.latent),
        code_of(*this, "code_of", n.features, n.latent),
        frame_of(*this, "frame_of", n.features, n.frame),
        rnn(*this, "rnn", 2 * n.features, n.state) {}

  /// p(z_t|h), q(z_t|x_t, h) and p(x_t|z_t, h): equations 5, 9 and 6, with h = h_{t-1}.
  prob::Normal prior(const Tensor& h) { return prior_of(prior_net(h)); }
  prob::Normal encode(const Tensor& x, const Tensor& h) {
    return code_of(encoder(concat({x, h}, -1)));
  }
  auto decode(const Tensor& z, const Tensor& h) { return frame_of(decoder(concat({z, h}, -1))); }

  /// Equation 11: the sum over the frames of x [B, T, D].
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    vae::ElboTerms terms;
    Tensor h = rnn.start(x.dim(0));
    for (const Tensor& x_t : frames(x)) {
      const Tensor of_x = phi_x(x_t);
      const prob::Normal p = prior(h), q = encode(of_x, h);
      const Tensor of_z = phi_z(q.rsample(rng));
      terms += {.log_lik = log_lik(decode(of_z, h), x_t), .kl = kl(q, p)};
      h = rnn(concat({of_x, of_z}, -1), h);  // equation 7
    }
    return terms;
  }

  /// n sequences of T frames: each frame is drawn, and read like one of the data.
  Tensor generate(std::int64_t n, std::int64_t T, Rng& rng) {
    const NoGrad no_grad;
    std::vector<Tensor> x;
    Tensor h = rnn.start(n);
    while (std::ssize(x) < T) {
      const Tensor of_z = phi_z(prior(h).sample(rng));
      const auto p = decode(of_z, h);
      x.push_back(p.sample(rng));
      h = rnn(concat({phi_x(fed_back(p, x.back())), of_z}, -1), h);
    }
    return stack(x, 1);
  }

  nn::Child<nn::Mlp> phi_x, phi_z, prior_net, encoder, decoder;
  nn::Child<NormalOf> prior_of, code_of;
  nn::Child<Output> frame_of;
  nn::Child<nn::Gru> rnn;
  // The steps that a wrong version replaces.
  using Frame = std::invoke_result_t<Output&, const Tensor&>;
  std::function<Tensor(const Frame&, const Tensor&)> log_lik = &Frame::log_prob;
  std::function<Tensor(const prob::Normal&, const prob::Normal&)> kl =
      [](const auto& q, const auto& p) { return prob::kl(q, p); };
  std::function<Tensor(const Frame&, const Tensor&)> fed_back =
      [](const Frame&, const Tensor& drawn) { return drawn; };
};

}  // namespace concepts
