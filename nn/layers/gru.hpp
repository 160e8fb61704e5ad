#pragma once

#include "nn/callable.hpp"
#include "nn/layers/linear.hpp"

namespace tapestry::nn {

/// One step of a gated recurrent unit (Cho et al. 2014, in PyTorch's form, GRUCell): from an input
/// x [B, in] and a state h [B, hidden] to the next state [B, hidden]:
///
///     r = sigmoid(W_xr x + W_hr h)          how much of the old state enters the proposal
///     u = sigmoid(W_xu x + W_hu h)          how much of the old state stays
///     n = tanh(W_xn x + r * (W_hn h))       the proposal
///     next = (1 - u) n + u h
///
/// with a bias at every product. `from_input` holds W_xr, W_xu, W_xn below each other, [3 hidden, in],
/// and `from_state` W_hr, W_hu, W_hn, [3 hidden, hidden]: PyTorch's weight_ih and weight_hh. Initial
/// values are those of two Linear layers; PyTorch draws weight_ih with the fan in of weight_hh.
///
///     nn::Child<nn::Gru> rnn{*this, "rnn", 8, 32};
///     Tensor h = rnn.start(batch);
///     for (const Tensor& x : frames) h = rnn(x, h);
class Gru : public Callable<Gru> {
 public:
  /// ConfigError for a size below 1.
  Gru(std::int64_t in, std::int64_t hidden);

  Tensor forward(const Tensor& x, const Tensor& h);
  /// The state before the first input: zeros [batch, hidden], of the parameters' dtype.
  Tensor start(std::int64_t batch) const;
  std::string describe() const override;

  Child<Linear> from_input, from_state;

 private:
  std::int64_t in_, hidden_;
};

}  // namespace tapestry::nn
