#pragma once

#include <cmath>
#include <functional>

#include "autograd/ops.hpp"
#include "nn/layers/codebook.hpp"
#include "nn/layers/conv2d.hpp"
#include "nn/layers/conv_transpose2d.hpp"
#include "nn/layers/sequential.hpp"
#include "prob/bernoulli.hpp"
#include "vae/bounds/objective.hpp"

// VQ-VAE (van den Oord, Vinyals and Kavukcuoglu, Neural Discrete Representation Learning, 2017). The
// encoder puts out a map of vectors e; each is replaced by the nearest vector of a codebook.

namespace concepts {

using namespace tapestry;

/// |a - b|^2 of each image: [B, P, D] -> [B].
inline Tensor squared_distance(const Tensor& a, const Tensor& b) {
  return sum(square(a - b), {1, 2});
}

/// The value of z; its gradient goes to e as if there were no codebook (section 3.2).
inline Tensor straight_through(const Tensor& e, const Tensor& z) { return e + (z - e).detach(); }

/// The second and the third term of equation 3, [B] each, without beta.
struct Pulls {
  Tensor codebook;    ///< moves codes to the outputs of the encoder
  Tensor commitment;  ///< moves outputs of the encoder to their codes
};
inline Pulls pulls(const Tensor& e, const Tensor& z) {
  return {squared_distance(e.detach(), z), squared_distance(e, z.detach())};
}

/// KL(q(z|x) || p(z)): q is certain and p uniform over K codes at each of P positions. A constant.
inline double log_codes(std::int64_t P, std::int64_t K) {
  return static_cast<double>(P) * std::log(K);
}

struct VqSizes {
  std::int64_t side = 28;      ///< of the square images; a multiple of 4
  std::int64_t channels = 16;  ///< of the first convolution; the second has twice as many
  std::int64_t codes = 64, code_width = 16;  ///< K and D
};

class VqVae : public nn::Module {
 public:
  explicit VqVae(const VqSizes& of)
      : sizes(of), map(of.side / 4), codebook(*this, "codebook", of.codes, of.code_width) {
    const ConvOptions half{.stride = 2, .padding = 1, .activation = Activation::relu};
    const std::int64_t c = of.channels, width = of.code_width;
    encoder.add<nn::Conv2d>(1, c, 4, half).add<nn::Conv2d>(c, 2 * c, 4, half);
    encoder.add<nn::Conv2d>(2 * c, width, 1);
    decoder.add<nn::Conv2d>(width, 2 * c, 1, ConvOptions{.activation = Activation::relu});
    decoder.add<nn::ConvTranspose2d>(2 * c, c, 4, half);
    decoder.add<nn::ConvTranspose2d>(c, 1, 4, ConvOptions{.stride = 2, .padding = 1});
  }

  /// z_e(x): images [B, side^2] -> [B, P, D], a vector for each of the P positions of the map.
  Tensor encode(const Tensor& x) {
    const Tensor e = encoder(reshape(x, {-1, 1, sizes.side, sizes.side}));
    return reshape(transpose(e, {0, 2, 3, 1}), {x.dim(0), positions(), sizes.code_width});
  }
  /// p(x|z), z [B, P, D].
  prob::Bernoulli decode(const Tensor& z) {
    const Tensor maps = reshape(z, {z.dim(0), map, map, sizes.code_width});
    const Tensor logits = decoder(transpose(maps, {0, 3, 1, 2}));
    return prob::Bernoulli(reshape(logits, {z.dim(0), sizes.side * sizes.side}), 1);
  }

  /// Equation 3, and the bound.
  vae::Objective objective(const Tensor& x) {
    const Tensor e = encode(x);
    const auto [code, z] = codebook.nearest(e);
    const Tensor log_lik = decode(passed(e, z)).log_prob(x);
    const auto [book, stay] = pulled(e, z);
    return {.value = log_lik - book - commitment * stay,
            .bound = log_lik - kl(positions(), sizes.codes),
            .parts = {{"log_lik", log_lik}, {"codebook", book}, {"commitment", stay}}};
  }

  std::int64_t positions() const { return map * map; }

  const VqSizes sizes;
  const std::int64_t map;    ///< side of the map of codes
  double commitment = 0.25;  ///< beta
  nn::Child<nn::Sequential> encoder{*this, "encoder"};
  nn::Child<nn::Codebook> codebook;
  nn::Child<nn::Sequential> decoder{*this, "decoder"};
  // The steps of equation 3 that a wrong version replaces.
  std::function<Tensor(const Tensor& e, const Tensor& z)> passed = straight_through;
  std::function<Pulls(const Tensor& e, const Tensor& z)> pulled = pulls;
  std::function<double(std::int64_t P, std::int64_t K)> kl = log_codes;
};

}  // namespace concepts
