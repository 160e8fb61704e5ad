#pragma once

#include <functional>
#include <vector>

#include "concepts/discrete/vector_quantization.hpp"

// Other ways from vectors e [B, P, D] to codes than one codebook:
//
//     residual       each stage codes what the stages before left over             K^S codes from S codebooks of K
//     finite scalar  each coordinate is rounded to one of L_d levels                L_1 L_2 ... L_D codes, no codebook
//     lookup-free    each coordinate is rounded to its sign                         2^D codes, no codebook
//
// Zeghidour et al., SoundStream, 2021; Mentzer, Minnen, Agustsson and Tschannen, Finite Scalar Quantization: VQ-VAE Made Simple,
// 2023; Yu et al., Language Model Beats Diffusion: Tokenizer Is Key to Visual Generation, 2023.

namespace concepts {

struct Quantized {
  Tensor code;  ///< i32 [B, P]
  Tensor z;  ///< [B, P, D]: the vector of the code, with the gradient passed straight through to e
  Tensor cost;  ///< [B]: what is taken off the objective
};

/// sum_d digit_d place_d, where place_d is the product of the bases before d: i32 [...] from digits [..., D].
inline Tensor mixed_radix(const Tensor& digits, const std::vector<std::int64_t>& bases) {
  std::vector<double> place{1};
  for (const std::int64_t base : bases) place.push_back(place.back() * static_cast<double>(base));
  place.pop_back();
  return sum(digits * tensor(place).to(digits.dtype()), -1).to(DType::i32);
}

/// The whole number nearest to u >= 0; its gradient is that of u.
inline Tensor rounded(const Tensor& u) {
  return straight_through(u, (u.detach() + 0.5).to(DType::i32).to(u.dtype()));
}

/// Levels 0 .. L_d - 1 stand for numbers that are evenly spaced in [-1, 1]. (The paper moves an even number of levels by half a
/// step, so that 0 is one of them.)
inline Quantized finite_scalar(const Tensor& e, const std::vector<std::int64_t>& levels,
                               const std::function<Tensor(const Tensor&)>& round = rounded) {
  const std::vector<double> numbers(levels.begin(), levels.end());
  const Tensor top = tensor(numbers).to(e.dtype()) - 1.0;
  const Tensor level = round(sigmoid(2.0 * e) * top);  // sigmoid(2 e) = (1 + tanh e) / 2
  const Tensor whole = (level.detach() + 0.5).to(DType::i32).to(e.dtype());
  return {mixed_radix(whole, levels), 2.0 * level / top - 1.0, 0.0 * sum(e.detach(), {1, 2})};
}

/// All vectors of D signs, [2^D, D]; row k has +1 where k has the bit.
inline Tensor corners(std::int64_t D) {
  std::vector<double> signs;
  for (std::int64_t k = 0; k < std::int64_t{1} << D; ++k)
    for (std::int64_t d = 0; d < D; ++d) signs.push_back(k >> d & 1 ? 1 : -1);
  return tensor(signs, {std::int64_t{1} << D, D}, default_dtype());
}

/// Of soft codes q(k|e) in proportion to exp(-|e - corner k|^2): the mean entropy of one, and that of all together.
struct CodeEntropies {
  Tensor of_each, of_all;  ///< nats, scalars

  Tensor penalty() const { return of_each - of_all; }  ///< least: each sure, all codes alike
};
inline CodeEntropies code_entropies(const Tensor& e) {
  const Tensor log_q =
      log_softmax(2.0 * matmul(e, corners(e.dim(-1)), {.transpose_right = true}), -1);
  const Tensor share = mean(exp(log_q), {0, 1});
  return {-mean(sum(exp(log_q) * log_q, -1)), -sum(share * log(share + 1e-12))};
}

/// The penalty weighs `weight` nats a nat.
inline Quantized lookup_free(const Tensor& e, double weight = 20) {
  const Tensor bit = greater(e.detach(), 0.0).to(e.dtype()), z = 2.0 * bit - 1.0;
  const double P = static_cast<double>(e.dim(1));
  return {mixed_radix(bit, std::vector<std::int64_t>(static_cast<std::size_t>(e.dim(2)), 2)),
          straight_through(e, z),
          0.25 * sum(square(e - z), {1, 2}) + weight * P * code_entropies(e).penalty()};
}

/// What is left for the next stage.
using RestOf = std::function<Tensor(const Tensor& rest, const Tensor& z)>;
inline Tensor subtracted(const Tensor& rest, const Tensor& z) { return rest - z.detach(); }

/// The first `stages` of the codebooks, each on what the ones before it left over; VQ-VAE is one stage.
inline Quantized residual(const Tensor& e, nn::ChildList<nn::Codebook>& books, std::size_t stages,
                          const RestOf& rest_of = subtracted) {
  Tensor rest = e, total = zeros_like(e), cost = zeros_like(sum(e, {1, 2}));
  std::vector<Tensor> digits;
  std::vector<std::int64_t> bases;
  for (std::size_t s = 0; s < stages; ++s) {
    const auto [code, z] = books[s].nearest(rest);
    const Pulls pull = pulls(rest, z);
    cost = cost + pull.codebook + 0.25 * pull.commitment;
    digits.push_back(code.to(e.dtype())), bases.push_back(books[s].weight.value().dim(0));
    total = total + z.detach();
    rest = rest_of(rest, z);
  }
  return {mixed_radix(stack(digits, -1), bases), straight_through(e, total), cost};
}

}  // namespace concepts
