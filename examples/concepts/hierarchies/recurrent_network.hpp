#pragma once

#include "concepts/hierarchies/recurrent_vae.hpp"

namespace concepts {

/// VRNN without latents: p(x_t|h) from the state alone.
template <class Output>
class Rnn : public nn::Module {
 public:
  explicit Rnn(const VrnnSizes& n)
      : phi_x(*this, "phi_x", {n.frame, n.features}, Activation::relu),
        decoder(*this, "decoder", {n.state, n.features}, Activation::relu),
        frame_of(*this, "frame_of", n.features, n.frame),
        rnn(*this, "rnn", n.features, n.state) {}

  /// log p(x) of x [B, T, D], [B].
  Tensor log_px(const Tensor& x) {
    Tensor h = rnn.start(x.dim(0)), sum;
    for (const Tensor& x_t : frames(x)) {
      const Tensor log_p = frame_of(decoder(h)).log_prob(x_t);
      sum = sum.defined() ? sum + log_p : log_p;
      h = rnn(phi_x(x_t), h);
    }
    return sum;
  }

  nn::Child<nn::Mlp> phi_x, decoder;
  nn::Child<Output> frame_of;
  nn::Child<nn::Gru> rnn;
};

}  // namespace concepts
