#pragma once

#include <cstdint>
#include <memory>

#include "nn/layers/mlp.hpp"

// What can be told from numbers: a small classifier is trained on them, and its accuracy on other rows is the answer.

namespace tapestry::vae {

struct ProbeOptions {
  std::int64_t hidden = 100;  ///< units of one hidden layer; 0 for softmax regression
  int steps = 1500;           ///< of Adam, on 256 rows each, with a rate that falls to 0 in a line
  double rate = 1e-2;
  std::uint64_t seed = 1;
};

/// A classifier with logits [..., classes] of rows [..., D], trained on rows [N, D] and their labels 0..classes-1, i32 [N].
/// ShapeError, ConfigError.
std::unique_ptr<nn::Mlp> train_probe(const Tensor& rows, const Tensor& labels, std::int64_t classes,
                                     const ProbeOptions& options = {});

/// The share of rows whose largest logit is that of their label. Not recorded.
double probe_accuracy(nn::Mlp& probe, const Tensor& rows, const Tensor& labels);

}  // namespace tapestry::vae
