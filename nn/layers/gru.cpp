#include "nn/layers/gru.hpp"

#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

Gru::Gru(std::int64_t in, std::int64_t hidden)
    : from_input(*this, "from_input", sizes("gru", {in, hidden})[0], 3 * hidden),
      from_state(*this, "from_state", hidden, 3 * hidden),
      in_(in),
      hidden_(hidden) {}

Tensor Gru::forward(const Tensor& x, const Tensor& h) {
  const Tensor of_x = from_input(x), of_h = from_state(h);
  check<ShapeError>(of_x.shape() == of_h.shape(),
                    "gru: x has shape {}, h has {}; expected the same but for the last axis",
                    x.shape(), h.shape());
  const auto gate = [&](const Tensor& of, int k) {
    return slice(of, -1, k * hidden_, (k + 1) * hidden_);
  };
  const Tensor r = sigmoid(gate(of_x, 0) + gate(of_h, 0));
  const Tensor u = sigmoid(gate(of_x, 1) + gate(of_h, 1));
  const Tensor n = tanh(gate(of_x, 2) + r * gate(of_h, 2));
  return n + u * (h - n);
}

Tensor Gru::start(std::int64_t batch) const {
  return zeros({batch, hidden_}, from_input.weight.value().dtype());
}

std::string Gru::describe() const { return fmt::format("Gru {} -> {}", in_, hidden_); }

}  // namespace tapestry::nn
