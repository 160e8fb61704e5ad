#pragma once

#include "autograd/tape.hpp"
#include "concepts/discrete/vector_quantization.hpp"

// Wrong versions of single steps of VQ-VAE.

namespace concepts {

/// beta weighs the term that moves the codes: the detached sides of the two terms are exchanged.
inline Pulls beta_on_codebook(const Tensor& e, const Tensor& z) {
  const Pulls right = pulls(e, z);
  return {.codebook = right.commitment, .commitment = right.codebook};
}

/// The distances are taken to what the decoder reads, whose gradient goes to the encoder.
inline Pulls pulls_after_straight_through(const Tensor& e, const Tensor& z) {
  return pulls(e, straight_through(e, z));
}

/// e and z are exchanged: the decoder reads e, and its gradient goes to the codes.
inline Tensor straight_to_codes(const Tensor& e, const Tensor& z) { return z + (e - z).detach(); }

/// One code for the image, where there is one for each position.
inline double log_codes_once(std::int64_t, std::int64_t K) { return std::log(K); }

inline void average(nn::Codebook& book, const Tensor& e, const Tensor& code, double decay) {
  book.average(e, code, decay);
}
/// The averages of Codebook::average, divided by the count also where no vector chose the code: 0/0.
inline void average_without_correction(nn::Codebook& book, const Tensor& e, const Tensor& code,
                                       double decay) {
  const NoGrad no_grad;
  book.average(e, code, decay);
  const Tensor many = book.count.value().with_shape({book.count.value().size(), 1});
  book.weight.set_value(book.total.value() / many);
}

}  // namespace concepts
