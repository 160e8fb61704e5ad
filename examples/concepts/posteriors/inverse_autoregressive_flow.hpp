#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "nn/layers/made.hpp"
#include "prob/flows/affine.hpp"

// Inverse autoregressive flow (Kingma, Salimans, Jozefowicz, Chen, Sutskever and Welling 2016): sections,
// equations and algorithm 1 are the paper's.

namespace concepts {

using namespace tapestry;
using prob::AutoregressiveFlow, prob::Flowed, prob::ShiftAndScale;

/// The step of algorithm 1: z' = sigma z + (1 - sigma) m, with a gate sigma that starts near 1. The net's
/// numbers are m and s side by side, [..., 2 Z].
inline ShiftAndScale gated(const Tensor& numbers) {
  const std::int64_t Z = numbers.dim(-1) / 2;
  const Tensor m = slice(numbers, -1, 0, Z), s = slice(numbers, -1, Z, 2 * Z) + 2.0;
  return {.shift = sigmoid(-s) * m, .log_scale = log_sigmoid(s)};
}

/// The parts of a step that can be made wrongly.
struct IafSteps {
  std::function<bool(int t)> reversed = [](int t) { return t % 2 == 1; };  ///< the order of step t
  /// z_t and log |det|, from z_t-1: one pass of the net.
  std::function<Flowed(const AutoregressiveFlow&, const Tensor& z)> forward =
      [](const AutoregressiveFlow& flow, const Tensor& z) { return flow.forward(z); };
  /// m and s from z and from the encoder's h.
  std::function<Tensor(nn::Made&, const Tensor& z, const Tensor& h)> net =
      [](nn::Made& made, const Tensor& z, const Tensor& h) { return made(z, h); };
};

/// A step that was asked how often its net is called.
struct IafStep {
  Flowed forward(const Tensor& z) const { return how->forward(flow, z); }

  AutoregressiveFlow flow;
  const IafSteps* how;
};

}  // namespace concepts
