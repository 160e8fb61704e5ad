#pragma once

#include "nn/callable.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/normal.hpp"

// p(x|z) of the columns of a table, independent of each other given z: modules made with sizes, whose call has no event axes.

namespace concepts {

using namespace tapestry;

struct TableSizes {
  std::int64_t columns, hidden, latent;
};

/// A linear p(x|z) = N(W z + m, diag(s^2)).
struct LinearColumns : nn::Callable<LinearColumns> {
  explicit LinearColumns(const TableSizes& n)
      : loc(*this, "loc", n.latent, n.columns), log_scale(*this, "log_scale", {n.columns}, 0.0) {}
  prob::Normal forward(const Tensor& z) { return {loc(z), exp(log_scale)}; }

  nn::Child<nn::Linear> loc;
  nn::Param log_scale;
};

/// A coin for each column, after a hidden layer.
struct CoinColumns : nn::Callable<CoinColumns> {
  explicit CoinColumns(const TableSizes& n)
      : logits(*this, "logits", {n.latent, n.hidden, n.columns}, Activation::relu,
               Activation::none) {}
  prob::Bernoulli forward(const Tensor& z) { return prob::Bernoulli(logits(z)); }

  nn::Child<nn::Mlp> logits;
};

}  // namespace concepts
