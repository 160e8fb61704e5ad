#pragma once

#include <vector>

#include "autograd/kernels/symmetric_eigen.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/exact/row_moments.hpp"

// The autoencoder (Rumelhart, Hinton and Williams 1985; Hinton and Salakhutdinov 2006):
//
//     code z = f(x) in K numbers,   reconstruction g(z),   least E|x - g(f(x))|^2

namespace concepts {

using namespace tapestry;

struct Autoencoder : nn::Module {
  /// `widths` = {D, hidden ..., K}; the decoder has them in reverse and ends in a sigmoid: grey values.
  explicit Autoencoder(std::vector<std::int64_t> widths)
      : encoder(*this, "encoder", widths, Activation::relu, Activation::none),
        decoder(*this, "decoder", std::vector(widths.rbegin(), widths.rend()), Activation::relu,
                Activation::sigmoid) {}
  virtual ~Autoencoder() = default;

  Tensor encode(const Tensor& x) { return encoder(x); }
  Tensor decode(const Tensor& z) { return decoder(z); }
  virtual Tensor reconstruct(const Tensor& x) { return decode(encode(x)); }

  nn::Child<nn::Mlp> encoder, decoder;
};

/// Reconstructions by the K longest principal axes of the training rows.
struct Pca {
  Tensor mean;  ///< [D]
  Tensor axes;  ///< [D, K]

  Tensor encode(const Tensor& x) const { return matmul(x - mean, axes); }
  Tensor reconstruct(const Tensor& x) const {
    return mean + matmul(encode(x), axes, {.transpose_right = true});
  }
};

/// The K longest axes of rows [N, D], in their dtype, and the eigenvalues that they leave out, summed.
struct PcaFit {
  Pca pca;
  double discarded;
};
inline PcaFit fit_pca(const vae::exact::RowMoments& rows, std::int64_t K, DType dtype) {
  const auto [values, vectors] = top_eigen(rows.covariance, K);
  const double variance = sum(rows.covariance * eye(rows.mean.size(), DType::f64)).item();
  return {{rows.mean.to(dtype), vectors.to(dtype)}, variance - sum(values).item()};
}

/// The rank of the Jacobian dx^/dx at points x [n, D]: singular values of `rows` random combinations of its rows,
/// divided by the first [n, rows]. As many are above 0 as the Jacobian has rank. The model takes the dtype of x.
inline Tensor jacobian_spectrum(Autoencoder& model, const Tensor& x, int rows, Rng rng) {
  model.convert(x.dtype());
  std::vector<Tensor> combined;
  for (int r = 0; r < rows; ++r) {
    Tape tape;
    const Tensor at = tape.watch(x);
    tape.backward(sum(model.reconstruct(at) * rng.normal({x.dim(1)}).to(x.dtype())));
    combined.push_back(tape.grad(at));
  }
  const Tensor J = stack(combined, 1);  // [n, rows, D]
  std::vector<Tensor> spectra;
  for (std::int64_t i = 0; i < x.dim(0); ++i) {
    const Tensor at = reshape(slice(J, 0, i, i + 1), {rows, x.dim(1)});
    const Tensor squares = symmetric_eigen(matmul(at, at, {.transpose_right = true})).values;
    spectra.push_back(sqrt(maximum(squares / slice(squares, 0, 0, 1), 0)));
  }
  return stack(spectra, 0);
}

}  // namespace concepts
