#include "variation.hpp"

using namespace tiny;

namespace {

struct Right final : Decoder {
  explicit Right(const Sizes& s)
      : side(s.side),
        spread(*this, "spread", s.latent, 8 * (side / 4) * (side / 4)),
        first(*this, "first", 8, 8, 4, ConvOptions{.stride = 2, .padding = 1}),
        second(*this, "second", 8, 1, 4, ConvOptions{.stride = 2, .padding = 1}) {}
  Tensor of(const Tensor& z) {
    const Tensor small = reshape(relu(spread(z)), {z.dim(0), 8, side / 4, side / 4});
    return reshape(second(relu(first(small))), {z.dim(0), side * side});
  }
  Tensor log_likelihood(const Tensor& z, const Tensor& x) override {
    const Tensor l = of(z);
    return sum(x * l - softplus(l), -1);
  }
  Tensor picture(const Tensor& z) override { return sigmoid(of(z)); }

  std::int64_t side;
  nn::Child<nn::Linear> spread;
  nn::Child<nn::ConvTranspose2d> first, second;
};

std::unique_ptr<Decoder> make(const Sizes& sizes) { return std::make_unique<Right>(sizes); }

std::vector<course::Mistake> mistakes(Decoder& decoder, const Tensor& z, const Tensor& x) {
  const Tensor l = static_cast<Right&>(decoder).of(z), p = sigmoid(l);
  return {{"twice", numbers(sum(x * p - softplus(p), -1))},
          {"distribution", numbers(prob::Normal(p, 1.0, 1).log_prob(x))},
          {"distribution", numbers(-sum(square(x - p), -1))}};
}

}  // namespace

const Facts& variation() {
  static const Facts known{"conv", "binary", make, mistakes, {70, 158}, {8, 28.5}};
  return known;
}
