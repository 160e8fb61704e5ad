#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

struct BatchNormOptions {
  double momentum = 0.1;  ///< weight of the newest batch in the running statistics
  double eps = 1e-5;
};

/// Ioffe and Szegedy 2015: y = (x - mean) / sqrt(var + eps) * weight + bias for each channel (axis
/// 1): x [B, features] or [B, features, ...]. weight starts at 1, bias at 0.
///
/// In training, mean and (biased) variance are the batch's own, and the running statistics move
/// towards them: running = (1 - momentum) running + momentum batch, with the unbiased variance, as
/// PyTorch does. In evaluation the running statistics take their place: rows are independent.
class BatchNorm : public Layer {
 public:
  explicit BatchNorm(std::int64_t features, const BatchNormOptions& options = {});

  std::string describe() const override;

  Param weight, bias;
  Buffer running_mean, running_var;
  const BatchNormOptions options;

 protected:
  /// ShapeError for a training batch with a single value per channel: it has no variance.
  Tensor forward(const Tensor& x) override;

 private:
  Tensor normalise(const Tensor& x);
  void update_statistics(const Tensor& x);
};

}  // namespace tapestry::nn
