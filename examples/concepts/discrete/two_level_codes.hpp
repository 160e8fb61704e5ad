#pragma once

#include "autograd/tape.hpp"
#include "concepts/discrete/vector_quantization.hpp"
#include "nn/layers/restart_codes.hpp"

// The first stage of VQ-VAE-2 (Razavi, van den Oord and Vinyals, Generating Diverse High-Fidelity Images with VQ-VAE-2,
// 2019, section 3.1): a VQ-VAE with two maps of codes. The top one is made first, and the bottom one is told it.

namespace concepts {

struct TwoLevelSizes {
  std::int64_t side = 28;      ///< of the square images; a multiple of 4
  std::int64_t channels = 32;  ///< of the convolutions
  std::int64_t top_codes = 64, bottom_codes = 4, code_width = 16;
};

/// The codes of B images.
struct Codes {
  Tensor top, bottom;  ///< i32 [B, P] of each level
};

class TwoLevelVq : public nn::Module {
 public:
  explicit TwoLevelVq(const TwoLevelSizes& of)
      : sizes(of),
        top_book(*this, "top_book", of.top_codes, of.code_width),
        bottom_book(*this, "bottom_book", of.bottom_codes, of.code_width) {
    const ConvOptions half{.stride = 2, .padding = 1, .activation = Activation::relu};
    const std::int64_t c = of.channels, width = of.code_width;
    to_bottom.add<nn::Conv2d>(1, c, 4, half);
    to_top.add<nn::Conv2d>(c, c, 4, half).add<nn::Conv2d>(c, width, 1);
    to_codes.add<nn::Conv2d>(c + width, width, 1);
    top_up.add<nn::ConvTranspose2d>(width, width, 4, half);
    to_image.add<nn::Conv2d>(2 * width, c, 3,
                             ConvOptions{.padding = 1, .activation = Activation::relu});
    to_image.add<nn::ConvTranspose2d>(c, 1, 4, ConvOptions{.stride = 2, .padding = 1});
  }

  /// A level: what the encoder puts out, [B, P, D], and the nearest codes.
  struct Level {
    Tensor e, z, code;
  };
  struct Encoded {
    Level top, bottom;
  };
  Encoded encode(const Tensor& x) {
    const Tensor h = to_bottom(reshape(x, {-1, 1, sizes.side, sizes.side}));
    const Level top = nearest(top_book, to_top(h));
    const Tensor told = above_of(straight_through(top.e, top.z));
    return {top, nearest(bottom_book, to_codes(concat({h, told}, 1)))};
  }
  Codes codes(const Tensor& x) {
    const NoGrad no_grad;
    const Encoded of = encode(x);
    return {of.top.code, of.bottom.code};
  }

  /// The codes of the top level as maps as large as the bottom one: [B, D, side/2, side/2].
  Tensor above(const Tensor& top) { return above_of(take_rows(top_book.weight, top)); }
  /// Codes that no vector of these images chose start again.
  void restart(const Tensor& x, Rng& rng) {
    const auto [top, bottom] = encode(x);
    nn::restart_unused(top_book, top.e, rng);
    nn::restart_unused(bottom_book, bottom.e, rng);
  }
  /// p(x|z), z of each level [B, P, D].
  prob::Bernoulli decode(const Tensor& top, const Tensor& bottom) {
    const Tensor logits = to_image(concat({above_of(top), maps(bottom)}, 1));
    return prob::Bernoulli(reshape(logits, {-1, sizes.side * sizes.side}), 1);
  }
  prob::Bernoulli decode(const Codes& codes) {
    return decode(take_rows(top_book.weight, codes.top),
                  take_rows(bottom_book.weight, codes.bottom));
  }

  /// Equation 2 of the paper for both levels; the bound has uniform priors.
  vae::Objective objective(const Tensor& x) {
    const auto [top, bottom] = encode(x);
    const Tensor log_lik =
        decode(straight_through(top.e, top.z), straight_through(bottom.e, bottom.z)).log_prob(x);
    const Pulls t = pulls(top.e, top.z), b = pulls(bottom.e, bottom.z);
    return {.value = log_lik - t.codebook - b.codebook - 0.25 * (t.commitment + b.commitment),
            .bound = log_lik - uniform_price(),
            .parts = {{"log_lik", log_lik}, {"commitment", t.commitment + b.commitment}}};
  }
  double uniform_price() const {
    const std::int64_t P = sizes.side * sizes.side / 16;
    return log_codes(P, sizes.top_codes) + log_codes(4 * P, sizes.bottom_codes);
  }

  const TwoLevelSizes sizes;
  nn::Child<nn::Codebook> top_book, bottom_book;
  nn::Child<nn::Sequential> to_bottom{*this, "to_bottom"}, to_top{*this, "to_top"};
  nn::Child<nn::Sequential> top_up{*this, "top_up"}, to_codes{*this, "to_codes"};
  nn::Child<nn::Sequential> to_image{*this, "to_image"};

 private:
  Tensor above_of(const Tensor& top) { return top_up(maps(top)); }
  /// Vectors [B, P, D] as maps [B, D, side, side].
  static Tensor maps(const Tensor& z) {
    const auto side = std::llround(std::sqrt(z.dim(1)));
    return transpose(reshape(z, {z.dim(0), side, side, z.dim(2)}), {0, 3, 1, 2});
  }
  static Level nearest(nn::Codebook& book, const Tensor& map) {
    const Tensor e = reshape(transpose(map, {0, 2, 3, 1}), {map.dim(0), -1, map.dim(1)});
    const auto [code, z] = book.nearest(e);
    return {e, z, code};
  }
};

}  // namespace concepts
