#pragma once

#include <vector>

#include "prob/mixture.hpp"
#include "vae/inference/em.hpp"

// Clusters of rows [N, D]: K-means, and expectation maximisation for a mixture of diagonal normals (Bishop, Pattern
// Recognition and Machine Learning, 2006, sections 9.1 and 9.2). em.hpp has the same for numbers on a line.

namespace tapestry::vae {

struct KMeans {
  Tensor centres;            ///< [K, D]
  Tensor nearest;            ///< [N] i32: the centre of each row
  double squared_error = 0;  ///< mean over the rows of |row - centre|^2
};

/// Lloyd's algorithm: each centre moves to the mean of the rows that are nearest to it, until none moves or
/// `max_steps` are done. It begins at rows drawn by k-means++, each with a chance in proportion to its squared distance from
/// the centres so far; of `starts` such beginnings the one with the least error is returned. A centre without rows stays.
/// ShapeError unless rows are [N, D]; DomainError unless finite; ConfigError unless 1 <= K <= N. Not recorded.
KMeans k_means(const Tensor& rows, std::int64_t K, Rng& rng, int starts = 10, int max_steps = 100);

/// K-means in the coordinates that suit it: those in which the rows of a cluster scatter alike in all directions.
struct ScaledKMeans {
  Tensor to, back;  ///< [D, D], inverses: rows * to have the identity as covariance within clusters
  KMeans clusters;  ///< of rows * to
};

/// Clusters with a small det W, W the covariance within clusters (Friedman and Rubin, On Some Invariant Criteria for
/// Grouping Data, 1967): no linear map of the rows changes which they are, where those of k_means, which makes the trace of W
/// small, depend on the unit of every column. It begins with k_means where all rows together have the identity as covariance;
/// coordinates with W = I and k_means in them then follow each other until no row moves or `max_rounds` are done, and det W
/// never grows. For codes of an autoencoder, whose coordinates are nobody's choice. Errors as k_means, and DomainError for
/// rows that lie in fewer than D dimensions. Not recorded.
ScaledKMeans scaled_k_means(const Tensor& rows, std::int64_t K, Rng& rng, int max_rounds = 20);

/// p(row) = sum_k softmax(logits)_k N(row; loc_k, diag scale_k^2). Recorded.
struct RowMixture {
  Tensor logits, loc, scale;  ///< [K], [K, D], [K, D]

  prob::Mixture<prob::Normal> distribution() const { return {logits, prob::Normal(loc, scale, 1)}; }
  /// log p(k) + log p(row|k), [..., K]: log p(row) is its logsumexp, p(k|row) its softmax.
  Tensor log_joint(const Tensor& rows) const;
};

/// The M-step: the mixture with the highest bound for responsibilities q [N, K] whose scales are at least
/// `min_scale`. DomainError if a component is left with no data at all. Not recorded.
RowMixture mixture_of(const Tensor& rows, const Tensor& q, double min_scale);

struct RowMixtureFit {
  RowMixture mixture;
  std::vector<double>
      log_px;  ///< mean over the rows, before each step and at the end; it never falls
};

/// EM from the clusters of `start`. It stops when log p grows by less than options.tolerance, in proportion to its size.
RowMixtureFit fit_row_mixture(const Tensor& rows, const KMeans& start,
                              const EmOptions& options = {});

}  // namespace tapestry::vae
