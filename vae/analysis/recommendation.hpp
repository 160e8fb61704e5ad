#pragma once

#include <cstdint>

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

// The quality of a list of recommended items, as in Liang, Krishnan, Hoffman and Jebara
// (Variational autoencoders for collaborative filtering, 2018, section 4.2): a user's clicks are
// split, the model gets one part and ranks the items that are not in it, and the other part should
// come first. Clicks are matrices [U, I] of 0 and 1, users by items. Nothing here is recorded.

namespace tapestry::vae {

/// The clicks of each user in two parts that share none; both [U, I].
struct FoldIn {
  Tensor given;     ///< the input of the model
  Tensor held_out;  ///< the clicks that it should predict
};
/// Holds out the nearest whole number to `share` of each user's clicks, chosen at random, but at
/// least one, and leaves at least one. DomainError for a user with fewer than two clicks, an entry
/// that is not 0 or 1, or a share outside (0, 1).
FoldIn split_clicks(const Tensor& clicks, double share, Rng& rng);

/// The k items with the highest scores [U, I] that the user has not `seen` [U, I], best first: i32
/// [U, k]. The smaller item number wins a tie. DomainError for a score that is not finite,
/// ConfigError for a user with fewer than k unseen items.
Tensor top_items(const Tensor& scores, const Tensor& seen, std::int64_t k);

/// For each user [U], how much of `held_out` [U, I] the list `top` [U, k] finds:
///
///     recall@k = hits among the k / min(k, n)          n: held-out clicks of the user
///
/// The minimum makes 1 attainable for k < n too. DomainError for a user without held-out clicks.
Tensor recall(const Tensor& top, const Tensor& held_out);
/// The same after each item of the list: recall@1 to recall@k, [U, k].
Tensor recall_curve(const Tensor& top, const Tensor& held_out);

/// For each user [U], the same with a discount: a hit counts less the later it comes.
///
///     DCG@k = sum_{r = 1..k} hit_r / log2(r + 1)       NDCG@k = DCG@k / DCG@k of the best list
Tensor ndcg(const Tensor& top, const Tensor& held_out);

}  // namespace tapestry::vae
