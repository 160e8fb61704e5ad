#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

/// K learned vectors, and for each vector that comes in the nearest of them: the latent space of
/// VQ-VAE (van den Oord, Vinyals and Kavukcuoglu 2017). weight [K, D].
///
///     const auto [code, z] = codebook.nearest(e);
///     decoder(e + (z - e).detach());  // z, with the gradient passed straight through to e
///
/// The codes learn in one of two ways: by gradients, from a loss such as |e.detach() - z|^2; or by
/// `average`, with weight.set_trainable(false).
class Codebook : public Module {
 public:
  /// `codes` is K, `width` is D. ConfigError for one below 1.
  Codebook(std::int64_t codes, std::int64_t width);

  struct Nearest {
    Tensor code;  ///< i32 [...]: argmin_k |e - weight[k]|^2, of equals the first
    Tensor z;     ///< [..., D]: weight[code], recorded in weight, not in e
  };
  /// The nearest code of each vector e [..., D]. ShapeError unless the last axis has D elements.
  Nearest nearest(const Tensor& e, SourceLoc from = SourceLoc::current());

  /// One step of k-means with forgetting (appendix A.1 of the paper): with n_k vectors e that went to
  /// code k and their sum s_k,
  ///
  ///     N_k <- decay N_k + (1 - decay) n_k
  ///     M_k <- decay M_k + (1 - decay) s_k
  ///     weight[k] = M_k / N_k
  ///
  /// N and M start at 0, so that the first numbers count in full and the start of the codes not at
  /// all. A code that no vector chose, so far or for very long, keeps its value. Call it after the optimizer's step.
  void average(const Tensor& e, const Tensor& code, double decay = 0.99);

  std::string describe() const override;

  Param weight;
  Buffer count, total;  ///< N [K] and M [K, D], see `average`
};

}  // namespace tapestry::nn
