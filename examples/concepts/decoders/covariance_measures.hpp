#pragma once

#include <vector>

#include "autograd/kernels/symmetric_eigen.hpp"
#include "concepts/autoencoders/grey_rows.hpp"
#include "concepts/decoders/covariance_decoder_faults.hpp"
#include "prob/multivariate_normal.hpp"
#include "vae/exact/row_moments.hpp"

// What the covariance decoder is compared with.

namespace concepts {

/// A random L for images of 6 x 6 pixels, and the covariance that follows from the places of the pixels alone.
struct Small {
  SparsePrecisionNormal sparse;
  prob::MultivariateNormal dense;
};
inline Small small(const FactorSteps& steps, std::int64_t radius, Rng rng) {
  const std::int64_t n = 6, D = n * n, K = 2 * radius * (radius + 1);
  const Tensor diagonal = exp(0.2 * rng.normal({D})), below = 0.3 * rng.normal({D, K});
  const auto numbers = below.to_vector(), on_diagonal = diagonal.to_vector();
  std::vector<double> L(static_cast<std::size_t>(D * D), 0.0);
  std::size_t next = 0;
  for (std::int64_t i = 0; i < D; ++i) {
    L[static_cast<std::size_t>(i * D + i)] = on_diagonal[static_cast<std::size_t>(i)];
    for (std::int64_t y = i / n; y <= i / n + radius; ++y)
      for (std::int64_t x = i % n - radius; x <= i % n + radius; ++x) {
        if (y * n + x <= i && y == i / n) continue;
        const double number = numbers[next++];
        if (y < n && x >= 0 && x < n) L[static_cast<std::size_t>((y * n + x) * D + i)] = number;
      }
  }
  const Tensor inverse = triangular_solve(tensor(L, {D, D}), eye(D));
  const Tensor loc = rng.normal({D});
  return {{loc, diagonal, below, steps.later(n, n, radius)},
          prob::MultivariateNormal::from_covariance(
              loc, matmul(inverse, inverse, {.transpose_left = true}))};
}

/// Sum over i of v_i v_(i+1), of vectors v [n, D]; and its mean under a distribution.
inline Tensor products_with_next(const Tensor& v) {
  const std::int64_t D = v.dim(1);
  return sum(slice(v, 1, 0, D - 1) * slice(v, 1, 1, D), -1);
}
inline double covariance_with_next(const prob::MultivariateNormal& p) {
  const std::int64_t D = p.loc.dim(0);
  return sum(slice(slice(p.covariance(), 0, 0, D - 1), 1, 1, D) * eye(D - 1)).item();
}

/// What is left of faces after ten principal components, read from the last pixel to the first.
struct Residuals {
  Tensor train, test;
};
inline Residuals residuals(const Tensor& train, const Tensor& test) {
  const auto moments = vae::exact::row_moments(train);
  const Tensor V = top_eigen(moments.covariance, 10).vectors;
  std::vector<std::int32_t> order;
  for (std::int64_t i = V.dim(0); i-- > 0;) order.push_back(static_cast<std::int32_t>(i));
  const Tensor backward = index_tensor(order, {V.dim(0)});
  const auto left = [&](const Tensor& x) {
    const Tensor v = x - moments.mean;
    const Tensor r = v - matmul(matmul(v, V), V, {.transpose_right = true});
    return transpose(take_rows(transpose(r), backward));
  };
  return {left(train), left(test)};
}

/// The correlation of a pixel and the one right of it, over images v [N, D] of mean 0.
inline double neighbour_correlation(const Tensor& v, std::int64_t rows, std::int64_t cols) {
  const Tensor image = reshape(v, {-1, rows, cols});
  const Tensor left = slice(image, 2, 0, cols - 1), right = slice(image, 2, 1, cols);
  return (sum(left * right) / sqrt(sum(square(left)) * sum(square(right)))).item();
}

/// Drawn digits of 14 x 14 pixels [N, 196], with noise that L describes: what stands for faces in quick mode.
inline Tensor noisy_digits(const nn::ByteImages& images, Rng rng) {
  const Tensor x = grey_rows(images, true);
  const std::int64_t D = x.dim(1);
  const SparsePrecisionNormal noise(zeros({D}), full({D}, 10.0), full({D, 4}, -2.4),
                                    prob::later_pixels(14, 14, 1));
  return x + noise.sample(rng, {x.dim(0)});
}

}  // namespace concepts
