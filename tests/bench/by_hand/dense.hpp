#pragma once

#include <vector>

#include "autograd/kernels/denormals.hpp"
#include "autograd/kernels/math.hpp"
#include "state.hpp"

// What the steps by hand are made of: plain structs, every buffer made once.

namespace tapestry::bench {

using Floats = std::vector<float>;

inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// All parameters of the model in one row, with their gradients and Adam's moments.
struct Parameters {
  explicit Parameters(const State& state);

  /// The next `size` numbers of the row: where they begin. Layers take theirs in the model's order.
  std::size_t take(std::int64_t size) { return std::exchange(used, used + at(size)); }
  /// Brings the parameters [outer, a, b, inner] that begin there, and their moments, into the order
  /// [outer, b, a, inner]; once for a parameter.
  void swap_axes(std::size_t begin, std::int64_t outer, std::int64_t a, std::int64_t b,
                 std::int64_t inner);
  std::vector<float> gradients() const;  ///< in the model's order
  std::int64_t denormals() const;        ///< in any of the four rows
  void adam();

  Floats value, grad, m, v;
  std::vector<std::size_t> place;  ///< of each number in the model's row
  std::size_t used = 0;
  std::int64_t steps = 0;
};

inline float activate(Activation a, float s) {
  return a == Activation::relu ? (s > 0 ? s : 0.0f) : a == Activation::tanh ? math::tanh(s) : s;
}
inline float slope(Activation a, float y) {
  return a == Activation::relu ? (y > 0 ? 1.0f : 0.0f) : (a == Activation::tanh ? 1 - y * y : 1.0f);
}

/// y = act(x W^T + b) on x [rows, in].
struct Dense {
  Dense(Parameters& p, std::int64_t rows, std::int64_t in, std::int64_t out, Activation activation);

  const float* forward(const float* x);
  void multiply(const float* x);  ///< y = x W^T alone
  /// From dy to the gradients of weight, bias and, where asked for, dx = beta dx + dy W.
  void backward(const float* x, float* dx, float beta = 0);

  Parameters* all;
  std::int64_t rows, in, out;
  Activation activation;
  std::size_t weight, bias;  // where they begin in the row of parameters
  Floats y, dy;
};

}  // namespace tapestry::bench
