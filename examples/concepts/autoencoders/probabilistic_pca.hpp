#pragma once

#include <algorithm>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "vae/exact/matrices.hpp"
#include "vae/inference/linear_em.hpp"

// Probabilistic PCA (Tipping and Bishop, Probabilistic principal component analysis, 1999):
//
//     z ~ N(0, I_K),   x = m + W z + sigma e        so   x ~ N(m, W W^T + sigma^2 I)
//
// The model, its closed form (fit_ppca) and the EM step for whole rows (em_step) are the library's. Here is what a
// probability gives beyond PCA: rows with gaps, whose missing numbers follow from those that were seen.

namespace concepts {

using namespace tapestry;
using vae::exact::Ppca, vae::exact::FactorAnalysis, vae::exact::RowMoments;

/// Mean log p(x) of the data, with K x K matrices alone.
inline double mean_log_px(const Ppca& model, const RowMoments& data) {
  return FactorAnalysis::from(model).mean_log_px(data).item();
}

/// EM from a model: nats below the most likely one after each step, and the largest fall of log p(x).
struct Staircase {
  std::vector<double> gap;
  double largest_fall = 0;
};
template <class Next>
Staircase climb(Ppca model, const RowMoments& data, double top, int steps, Next&& next) {
  Staircase path{{top - mean_log_px(model, data)}};
  for (int t = 0; t < steps; ++t) {
    model = next(model, data.covariance);
    const double gap = top - mean_log_px(model, data);
    path.largest_fall = std::max(path.largest_fall, gap - path.gap.back());
    path.gap.push_back(gap);
  }
  return path;
}

/// Rows x [N, D], and a 1 for each number that was seen, 0 for a gap.
struct Gaps {
  Tensor x, seen;

  /// x without a random share of its numbers.
  static Gaps in(const Tensor& x, double share, Rng& rng) {
    const Tensor seen = less_equal(share, rng.uniform(x.shape())).to(x.dtype());
    return {x * seen, seen};
  }
  /// Means of the columns, of what was seen [D].
  Tensor mean() const { return sum(seen * x, 0) / sum(seen, 0); }
};

/// E[z | seen] [N, K] and E[z z^T | seen] [N, K, K] of each row. The rows of W that belong to gaps are
/// left out: M_n = sum over seen d of w_d w_d^T + sigma^2 I.
struct Codes {
  Tensor z, zz;
};
inline Codes codes_of(const Ppca& model, const Gaps& rows) {
  const std::int64_t N = rows.x.dim(0), D = model.outputs(), K = model.latents();
  const Tensor &W = model.weight, variance = square(model.sigma);
  const Tensor ww = reshape(W, {D, K, 1}) * reshape(W, {D, 1, K});
  const Tensor M = reshape(matmul(rows.seen, reshape(ww, {D, K * K})), {N, K, K});
  const Tensor M_inverse = vae::exact::inverse_of(M + variance * eye(K));
  const Tensor Wx = matmul(rows.seen * (rows.x - model.mean), W);
  const Tensor z = matmul(M_inverse, reshape(Wx, {N, K, 1}));  // [N, K, 1]
  return {reshape(z, {N, K}), variance * M_inverse + z * reshape(z, {N, 1, K})};
}

/// The EM step for rows with gaps: for each column d least squares over the rows that have it. Of rows
/// without gaps it is em_step.
inline Ppca em_step_with_gaps(const Ppca& model, const Gaps& rows) {
  const NoGrad no_grad;
  const std::int64_t N = rows.x.dim(0), D = model.outputs(), K = model.latents();
  const auto [z, zz] = codes_of(model, rows);
  const Tensor away = rows.seen * (rows.x - model.mean);
  const Tensor xz = matmul(away, z, {.transpose_left = true});
  const Tensor of_column = matmul(rows.seen, reshape(zz, {N, K * K}), {.transpose_left = true});
  const Tensor W =
      reshape(matmul(reshape(xz, {D, 1, K}), vae::exact::inverse_of(reshape(of_column, {D, K, K}))),
              {D, K});
  const Tensor left = sum(square(away)) - sum(W * xz);
  return {W, model.mean, sqrt(left / sum(rows.seen))};
}

/// The rows with E[x | seen] in the gaps.
inline Tensor filled(const Ppca& model, const Gaps& rows) {
  const NoGrad no_grad;
  const Tensor expected = linear(codes_of(model, rows).z, model.weight, model.mean);
  return rows.seen * rows.x + (1.0 - rows.seen) * expected;
}

}  // namespace concepts
