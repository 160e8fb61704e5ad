#pragma once

#include <cmath>
#include <functional>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/conv2d.hpp"
#include "nn/layers/conv_transpose2d.hpp"
#include "nn/layers/restart_codes.hpp"
#include "nn/layers/sequential.hpp"
#include "prob/bernoulli.hpp"
#include "vae/models/any_vae.hpp"

namespace tapestry::vae {

/// The value of z; its gradient goes to e as if there were no codebook (section 3.2).
inline Tensor straight_through(const Tensor& e, const Tensor& z) { return e + (z - e).detach(); }

/// The second and the third term of equation 3, [B] each, without beta; e and z are [B, P, D].
struct Pulls {
  Tensor codebook;    ///< moves codes to the outputs of the encoder
  Tensor commitment;  ///< moves outputs of the encoder to their codes
};
inline Pulls pulls(const Tensor& e, const Tensor& z) {
  const auto distance = [](const Tensor& a, const Tensor& b) { return sum(square(a - b), {1, 2}); };
  return {distance(e.detach(), z), distance(e, z.detach())};
}

/// KL(q(z|x) || p(z)): q is certain and p uniform over K codes at each of P positions. A constant.
inline double log_codes(std::int64_t P, std::int64_t K) {
  return static_cast<double>(P) * std::log(K);
}

struct VqSizes {
  std::int64_t side = 28;      ///< of the square images; a multiple of 4
  std::int64_t channels = 16;  ///< of the first convolution; the second has twice as many
  std::int64_t codes = 64, code_width = 16;  ///< K and D
  std::int64_t image_channels = 1;           ///< 1, or 3 in colour

  std::int64_t pixels() const { return image_channels * side * side; }
};

/// VQ-VAE (van den Oord, Vinyals and Kavukcuoglu, Neural Discrete Representation Learning, 2017). The
/// encoder puts out a map of vectors e; each is replaced by the nearest vector of a codebook.
class VqVae : public nn::Module {
 public:
  explicit VqVae(const VqSizes& of)
      : sizes(of), map(of.side / 4), codebook(*this, "codebook", of.codes, of.code_width) {
    const ConvOptions half{.stride = 2, .padding = 1, .activation = Activation::relu};
    const std::int64_t c = of.channels, width = of.code_width;
    encoder.add<nn::Conv2d>(of.image_channels, c, 4, half).add<nn::Conv2d>(c, 2 * c, 4, half);
    encoder.add<nn::Conv2d>(2 * c, width, 1);
    decoder.add<nn::Conv2d>(width, 2 * c, 1, ConvOptions{.activation = Activation::relu});
    decoder.add<nn::ConvTranspose2d>(2 * c, c, 4, half);
    decoder.add<nn::ConvTranspose2d>(c, of.image_channels, 4,
                                     ConvOptions{.stride = 2, .padding = 1});
  }

  /// z_e(x): images [B, pixels] -> [B, P, D], a vector for each of the P positions of the map.
  Tensor encode(const Tensor& x) {
    const Tensor e = encoder(reshape(x, {-1, sizes.image_channels, sizes.side, sizes.side}));
    return reshape(transpose(e, {0, 2, 3, 1}), {x.dim(0), positions(), sizes.code_width});
  }
  /// p(x|z), z [B, P, D].
  prob::Bernoulli decode(const Tensor& z) {
    const Tensor maps = reshape(z, {z.dim(0), map, map, sizes.code_width});
    const Tensor logits = decoder(transpose(maps, {0, 3, 1, 2}));
    return prob::Bernoulli(reshape(logits, {z.dim(0), sizes.pixels()}), 1);
  }

  /// Equation 3, and the bound.
  Objective objective(const Tensor& x) {
    const Tensor e = encode(x);
    const auto [code, z] = codebook.nearest(e);
    const Tensor log_lik = decode(passed(e, z)).log_prob(x);
    const auto [book, stay] = pulled(e, z);
    return {.value = log_lik - book - commitment * stay,
            .bound = log_lik - kl(positions(), sizes.codes),
            .parts = {{"log_lik", log_lik},
                      {"kl", full(log_lik.shape(), kl(positions(), sizes.codes))},
                      {"codebook", book},
                      {"commitment", stay}}};
  }
  /// In training, codes that no image of the minibatch chose start again at times, up to `restart_until`.
  Objective objective(const nn::Batch& batch, Rng& rng) {
    if (training() && batch.step % 20 == 0 && batch.step < restart_until)
      nn::restart_unused(codebook, encode(batch.images), rng);
    return objective(batch.images);
  }

  /// i32 [B, P]
  Tensor codes(const Tensor& x) { return codebook.nearest(encode(x)).code; }
  /// Not recorded, as the pictures below.
  Tensor reconstruct(const Tensor& x, Rng&) {
    const NoGrad no_grad;
    return decode(codebook.nearest(encode(x)).z).mean();
  }
  /// Each of the P codes drawn by itself, as the prior of the bound has it. Digits need a prior that is learned.
  Tensor generate(std::int64_t n, Rng& rng) {
    const NoGrad no_grad;
    std::vector<std::int32_t> code;
    for (std::int64_t i = 0; i < n * positions(); ++i)
      code.push_back(static_cast<std::int32_t>(rng.below(sizes.codes)));
    return decode(take_rows(codebook.weight.value(), index_tensor(code, {n, positions()}))).mean();
  }
  /// "codes": images, below each its map of codes, and what the decoder makes of it. The grey value of a code
  /// is its place among all, by the ink of an image of this code alone.
  std::vector<Sheet> sheets(const nn::Batch& batch, Rng& rng) {
    const NoGrad no_grad;
    const Tensor x = first_rows(batch.images, 12), book = codebook.weight.value();
    const std::int64_t n = x.dim(0), K = sizes.codes, times = sizes.side / map;
    const Tensor alone = broadcast_to(reshape(book, {K, 1, -1}), {K, positions(), book.dim(1)});
    const Tensor ink = sum(decode(alone).mean(), -1);
    const Tensor place = sum(less(reshape(ink, {1, K}), reshape(ink, {K, 1})).to(ink.dtype()), 1);
    const Tensor grey =
        reshape(take_rows(place / std::max(1.0, static_cast<double>(K - 1)), codes(x)),
                {n, 1, map, 1, map, 1});
    const Tensor maps =
        reshape(broadcast_to(grey, {n, sizes.image_channels, map, times, map, times}), x.shape());
    return {{"codes", concat({x, maps, reconstruct(x, rng)}, 0), n}};
  }

  std::int64_t positions() const { return map * map; }

  const VqSizes sizes;
  const std::int64_t map;             ///< side of the map of codes
  double commitment = 0.25;           ///< beta
  std::int64_t restart_until = 2000;  ///< step of the run
  nn::Child<nn::Sequential> encoder{*this, "encoder"};
  nn::Child<nn::Codebook> codebook;
  nn::Child<nn::Sequential> decoder{*this, "decoder"};
  // The steps of equation 3 that a wrong version replaces.
  std::function<Tensor(const Tensor& e, const Tensor& z)> passed = straight_through;
  std::function<Pulls(const Tensor& e, const Tensor& z)> pulled = pulls;
  std::function<double(std::int64_t P, std::int64_t K)> kl = log_codes;
};

}  // namespace tapestry::vae
