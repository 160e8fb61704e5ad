#pragma once

#include "concepts/collapse/window_vae.hpp"
#include "nn/module.hpp"
#include "prob/bernoulli.hpp"

// Information preference (Chen et al. 2017), where all is known: eight bits that share a hidden coin s, each 1 with
// probability 0.9 if s = 1 and 0.1 if s = 0. And the paper's prior, an autoregressive flow.

namespace concepts {

inline constexpr int kBits = 8, kImages = 1 << kBits;
/// Bit i of image x.
inline int bit(int x, int i) { return x >> i & 1; }

inline double probability(int x) {
  double heads = 0.5, tails = 0.5;
  for (int i = 0; i < kBits; ++i) heads *= bit(x, i) ? 0.9 : 0.1, tails *= bit(x, i) ? 0.1 : 0.9;
  return heads + tails;
}

/// Entropy of the bits from .. to - 1, in nats.
inline double entropy_of_bits(int from, int to) {
  std::vector<double> p(kImages, 0.0);
  for (int x = 0; x < kImages; ++x)
    p[static_cast<std::size_t>(x >> from & ((1 << (to - from)) - 1))] += probability(x);
  double nats = 0;
  for (const double each : p) nats -= each > 0 ? each * std::log(each) : 0;
  return nats;
}

/// The first bit that bit i sees.
inline int window_start(int i, int w) { return std::max(0, i - w); }

/// The highest E log p(x) of a decoder without z, in which a bit sees the w bits before.
inline double best_without_z(int w) {
  double nats = 0;
  for (int i = 0; i < kBits; ++i)
    nats -= entropy_of_bits(window_start(i, w), i + 1) - entropy_of_bits(window_start(i, w), i);
  return nats;
}

/// A VAE of the eight bits with a binary z. A logit is a number for what the window shows, and one for z. The encoder
/// is a table, and sees the bits from `first_encoded` on.
struct CoinVae : nn::Module {
  CoinVae(int w, int first_encoded) {
    for (int x = 0; x < kImages; ++x) {
      code.push_back(x >> first_encoded);
      p_x.push_back(probability(x));
      for (int i = 0; i < kBits; ++i) {
        const int from = window_start(i, w);
        context.push_back(kImages * i + (x >> from & ((1 << (i - from)) - 1)));
        bits.push_back(bit(x, i));
      }
    }
  }

  struct Terms {
    Tensor elbo, kl;  ///< expectations over p(x) and q(z|x), exact
  };
  Terms terms() {
    const Tensor logits = take_rows(of_window, index_tensor(context, {kImages, kBits})) + of_z;
    const Tensor x = tensor(bits, {kImages, kBits, 1}, DType::f64);
    const Tensor log_px_z = sum(prob::Bernoulli(logits).log_prob(x), 1);  // [x, z]
    const Tensor log_q = log_softmax(take_rows(encoder, index_tensor(code, {kImages})), -1);
    const Tensor each = tensor(p_x, {kImages, 1}, DType::f64) * exp(log_q);  // p(x) q(z|x)
    const Tensor kl = sum(each * (log_q + std::log(2.0)));
    return {sum(each * log_px_z) - kl, kl};
  }

  std::vector<std::int32_t> context, code;
  std::vector<double> bits, p_x;
  nn::Param of_window{*this, "of_window", {kImages * kBits, 1}, nn::Start::table()};
  nn::Param of_z{*this, "of_z", {kBits, 2}, nn::Start::table()};
  nn::Param encoder{*this, "encoder", {kImages, 2}, nn::Start::table()};
};

/// A prior that is a flow: e = (z - m(z)) exp(-s(z)) is N(0, I), where m_k and s_k depend on z_1 .. z_k-1.
struct FlowPrior : nn::Module {
  explicit FlowPrior(std::int64_t latents)
      : m(*this, "m", before(latents)), s(*this, "s", before(latents)) {}

  static Tensor before(std::int64_t n) {
    return less(arange(n), reshape(arange(n), {n, 1})).to(default_dtype());
  }
  Tensor to_noise(const Tensor& z) { return (z - m(z)) * exp(-s(z)); }
  Tensor log_det(const Tensor& z) { return -sum(s(z), -1); }  ///< log |de/dz|
  /// Solves for z, one number after the other.
  Tensor from_noise(const Tensor& e) {
    Tensor z = zeros_like(e);
    for (std::int64_t k = 0; k < e.dim(-1); ++k) z = m(z) + e * exp(s(z));
    return z;
  }

  nn::Child<nn::MaskedLinear> m, s;
};

}  // namespace concepts
