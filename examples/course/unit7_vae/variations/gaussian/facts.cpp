#include <cmath>
#include <numbers>

#include "variation.hpp"

using namespace tiny;

namespace {

struct Right final : Decoder {
  explicit Right(const Sizes& s)
      : hidden(*this, "hidden", s.latent, s.hidden),
        mean(*this, "mean", s.hidden, s.pixels()),
        log_scale(*this, "log_scale", {}, -1.0) {}
  Tensor log_likelihood(const Tensor& z, const Tensor& x) override {
    return sum(-0.5 * square((x - picture(z)) / exp(log_scale)) - tapestry::recorded(log_scale) -
                   0.5 * std::log(2 * std::numbers::pi),
               -1);
  }
  Tensor picture(const Tensor& z) override { return sigmoid(mean(relu(hidden(z)))); }

  nn::Child<nn::Linear> hidden, mean;
  nn::Param log_scale;
};

std::unique_ptr<Decoder> make(const Sizes& sizes) { return std::make_unique<Right>(sizes); }

std::vector<course::Mistake> mistakes(Decoder& decoder, const Tensor& z, const Tensor& x) {
  auto& right = static_cast<Right&>(decoder);
  const Tensor m = right.picture(z), s = exp(right.log_scale);
  const Tensor squares = square(x - m);
  return {{"twice", numbers(prob::Normal(sigmoid(m), s, 1).log_prob(x))},
          {"scale", numbers(prob::Normal(m, square(s), 1).log_prob(x))},
          {"scale", numbers(prob::Normal(m, sqrt(s), 1).log_prob(x))},
          {"scale", numbers(prob::Normal(m, 1.0, 1).log_prob(x))},
          {"normaliser", numbers(-0.5 * sum(squares / square(s), -1))},
          {"distribution", numbers(-sum(squares, -1))}};
}

}  // namespace

const Facts& variation() {
  static const Facts known{"gaussian", "grey", make, mistakes, {-700, -240}, {-700, -255}};
  return known;
}
