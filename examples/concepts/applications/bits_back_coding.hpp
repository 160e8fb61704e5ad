#pragma once

#include "prob/bernoulli.hpp"
#include "vae/coding/bits_back.hpp"

/// The model of bits_back_coding.cpp (C82), which begins with its equations.
namespace tapestry::concepts {

using namespace vae::coding;

inline void push(const BitsBack& code, Ans& message, const Symbols& x) {
  const Symbols z = code.posterior(x).pop(message);
  code.likelihood(z).push(message, x);
  code.prior().push(message, z);
}

/// The three steps backwards. The decoder need not know x to find z: it lies on top.
inline Symbols pop(const BitsBack& code, Ans& message) {
  const Symbols z = code.prior().pop(message);
  const Symbols x = code.likelihood(z).pop(message);
  code.posterior(x).push(message, z);
  return x;
}

/// Which of n pushed images is popped after k others: the last one lies on top.
inline std::size_t last_first(std::size_t k, std::size_t n) { return n - 1 - k; }

/// Bits for an image when each pixel is a coin that knows how often it was white in training.
inline double bits_of_coins(const Tensor& train, const std::vector<Symbols>& images) {
  const auto n = static_cast<double>(train.dim(0));
  const auto coins = prob::Bernoulli::from_probs((sum(train, 0) + 1.0) / (n + 2));
  Ans message;
  for (const Symbols& x : images) BernoulliCodec(coins).push(message, x);
  return message.bits() / static_cast<double>(images.size());
}

}  // namespace tapestry::concepts
