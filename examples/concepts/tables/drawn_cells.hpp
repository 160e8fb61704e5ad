#pragma once

#include <cmath>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "prob/zero_inflated_negative_binomial.hpp"

// Counts of genes in cells that are drawn, so that everything about them is known.

namespace concepts {

using namespace tapestry;

struct Cells {
  Tensor x;            ///< [N, G] counts
  Tensor s;            ///< [N, S] a one for the batch, and zeros
  Tensor type, batch;  ///< i32 [N]
  Tensor log_l;        ///< [N, 1] of what the machine would have read without losses
};

/// Cells of T types in S batches, all as common as each other. A batch changes the share of each gene, and how much is
/// read of a cell.
struct DrawnCells {
  static constexpr std::int64_t kTypes = 4, kBatches = 2;

  Tensor rho;          ///< [T S, G] shares of the genes; row t S + s
  Tensor theta, loss;  ///< [G] inverse dispersion; log odds of a loss
  Tensor log_l_mean;   ///< [S, 1]
  double log_l_scale = 0.4;

  /// `effect` is the deviation of what a batch adds to the log of a share.
  static DrawnCells of(std::int64_t genes, double effect, Rng& rng) {
    const Tensor common = 0.7 * rng.normal({1, 1, genes});
    const Tensor of_type = 0.8 * rng.normal({kTypes, 1, genes});
    const Tensor of_batch = effect * rng.normal({1, kBatches, genes});
    return {.rho = reshape(softmax(common + of_type + of_batch), {kTypes * kBatches, genes}),
            .theta = exp(1.0 + 0.5 * rng.normal({genes})),
            .loss = -3.0 + 3.5 * rng.uniform({genes}),
            .log_l_mean = reshape(log(tensor({300.0, 200.0})), {kBatches, 1})};
  }

  Cells sample(Rng& rng, std::int64_t n) const {
    std::vector<std::int32_t> type, batch, row;
    for (std::int64_t i = 0; i < n; ++i) {
      type.push_back(static_cast<std::int32_t>(rng.below(kTypes)));
      batch.push_back(static_cast<std::int32_t>(rng.below(kBatches)));
      row.push_back(type.back() * static_cast<std::int32_t>(kBatches) + batch.back());
    }
    const Tensor of_batch = index_tensor(batch, {n});
    const Tensor log_l = take_rows(log_l_mean, of_batch) + log_l_scale * rng.normal({n, 1});
    const Tensor mu = exp(log_l) * take_rows(rho, index_tensor(row, {n}));
    return {.x = prob::ZeroInflatedNegativeBinomial(mu, theta, loss).sample(rng),
            .s = take_rows(eye(kBatches), of_batch),
            .type = index_tensor(type, {n}),
            .batch = of_batch,
            .log_l = log_l};
  }

  /// log p(x|s) and E[log l|x, s], [N]: sums over the types and over 41 values of l.
  struct Known {
    Tensor log_px, log_l;
  };
  Known known(const Cells& of) const {
    const Tensor u = linspace(-4.0, 4.0, 41), mass = log_softmax(-0.5 * square(u));
    const Tensor log_l =
        take_rows(log_l_mean, of.batch) + log_l_scale * reshape(u, {41, 1, 1});  // [41, N, 1]
    std::vector<Tensor> log_p, at;
    for (int t = 0; t < kTypes; ++t) {
      const Tensor rows = slice(rho, 0, t * kBatches, (t + 1) * kBatches);
      const prob::ZeroInflatedNegativeBinomial p(exp(log_l) * take_rows(rows, of.batch), theta,
                                                 loss, 1);
      log_p.push_back(p.log_prob(of.x) + reshape(mass, {41, 1}));
      at.push_back(reshape(log_l, {41, -1}));
    }
    const Tensor all = concat(log_p, 0);
    return {.log_px = logsumexp(all, 0) - std::log(double{kTypes}),
            .log_l = sum(softmax(all, 0) * concat(at, 0), 0)};
  }
};

}  // namespace concepts
