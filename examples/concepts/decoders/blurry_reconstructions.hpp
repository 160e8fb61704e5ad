#pragma once

#include <cmath>
#include <functional>

#include "autograd/ops.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/normal.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/table.hpp"

// Why reconstructions are blurred (Zhao, Song and Ermon, Towards Deeper Understanding of Variational Autoencoding Models,
// 2017): data x_n, n = 1 .. N, a fixed q(z|x_n), and a decoder N(f(z), sigma^2 I). The best f and sigma are
//
//     f*(z) = E_q(x|z)[x],   D sigma*^2 = E_q(z)[Var_q(x|z)],   q(x_n|z) = q(z|x_n) / sum_m q(z|x_m)
//
// so f* is the mean of all data that share a z, weighted by how much they share it.

namespace concepts {

using namespace tapestry;
using vae::exact::Grid;

struct FixedPosterior {
  Tensor x;                ///< [N, D]
  prob::Normal of_x;       ///< q(z|x_n), of N numbers
  Grid line{-6, 6, 1200};  ///< over z

  /// log q(x_n, z) of a datum n and a cell of the grid, [cells, N]: (1/N) q(z|x_n) step. Sums to 1.
  Tensor log_joint() const {
    const Tensor each = of_x.log_prob(reshape(line.points, {-1, 1}));
    return each + std::log(line.step() / static_cast<double>(x.dim(0)));
  }
  /// q(x_n|z), [..., N], for z [...].
  Tensor of_data(const Tensor& z) const {
    return softmax(of_x.log_prob(reshape(z, z.shape().inserted(z.rank(), 1))));
  }
  /// f*(z), [..., D].
  Tensor best_mean(const Tensor& z) const { return matmul(of_data(z), x); }
};

/// Of x under q(x, z), summed over the data, the grid and the coordinates of x; f [cells, D] is a decoder's mean.
struct Variances {
  double total;      ///< E|x - E x|^2
  double explained;  ///< E|f(z) - E x|^2
  double error;      ///< E|x - f(z)|^2: blur, and all that is left to sigma
};
inline Variances variances(const FixedPosterior& q, const Tensor& f) {
  const Tensor joint = exp(q.log_joint()), of_z = sum(joint, -1), of_n = sum(joint, 0);
  const Tensor centre = sum(reshape(of_n, {-1, 1}) * q.x, 0);
  const Tensor x_from_f = square(reshape(f, {f.dim(0), 1, -1}) - q.x);  // [cells, N, D]
  return {.total = sum(of_n * sum(square(q.x - centre), -1)).item(),
          .explained = sum(of_z * sum(square(f - centre), -1)).item(),
          .error = sum(joint * sum(x_from_f, -1)).item()};
}

/// A decoder that does not know all this.
struct CurveDecoder : nn::Module {
  nn::Child<nn::Mlp> f{*this, "f", std::vector<std::int64_t>{1, 64, 64, 2}, Activation::tanh,
                       Activation::none};
  nn::Param log_sigma{*this, "log_sigma", {}, 0.0};

  prob::Normal decode(const Tensor& z) {
    return {f(reshape(z, z.shape().inserted(z.rank(), 1))), exp(log_sigma), 1};
  }
};

/// z ~ q(z|x), a few for each datum, [draws, N].
using DrawLatents = std::function<Tensor(const prob::Normal&, Rng&)>;

/// Maximises E_q(x,z)[log p(x|z)]: of the bound all that depends on the decoder.
inline void train(CurveDecoder& decoder, const FixedPosterior& q, const DrawLatents& draw,
                  int steps, Rng rng) {
  support::ascend(decoder.parameters(),
                  [&] { return mean(decoder.decode(draw(q.of_x, rng)).log_prob(q.x)); },
                  {.steps = steps, .rate = 1e-2, .shrink = 0.003});
}

}  // namespace concepts
