#include "nn/layers/batch_norm.hpp"

#include "autograd/ops.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

BatchNorm::BatchNorm(std::int64_t features, const BatchNormOptions& opts)
    : weight(*this, "weight", sizes("batch_norm", {features}), 1.0),
      bias(*this, "bias", {features}, 0.0),
      running_mean(*this, "running_mean", zeros({features})),
      running_var(*this, "running_var", ones({features})),
      options(opts) {
  check<ConfigError>(options.momentum > 0 && options.momentum <= 1,
                     "batch_norm: momentum must be in (0, 1], not {}", options.momentum);
}

Tensor BatchNorm::forward(const Tensor& x) {
  check<ShapeError>(x.rank() >= 2 && x.dim(1) == weight.size(),
                    "batch_norm: x has the shape {}, but axis 1 must have {} channels", x.shape(),
                    weight.size());
  if (!training()) return normalise(x);
  check<ShapeError>(x.size() > x.dim(1), "batch_norm: one value per channel has no variance, {}",
                    x.shape());
  Tensor y = batch_norm(x, weight, bias, options.eps);
  update_statistics(x);
  return y;
}

Tensor BatchNorm::normalise(const Tensor& x) {
  Shape channels{weight.size()};  // [C, 1, ...]: lines up with axis 1 of x
  for (int axis = 2; axis < x.rank(); ++axis) channels = channels.inserted(axis - 1, 1);
  const Tensor scale = weight / sqrt(running_var.value() + options.eps);
  const Tensor shift = bias - running_mean.value() * scale;
  return x * reshape(scale, channels) + reshape(shift, channels);
}

void BatchNorm::update_statistics(const Tensor& x) {
  const NoGrad no_grad;  // the statistics are constants
  const BatchStatistics batch = batch_statistics(x);
  const std::int64_t values = x.size() / x.dim(1);  // of each channel
  const auto count = static_cast<double>(values);
  const auto move = [&](Buffer& running, const Tensor& towards) {
    running.set_value(running.value() * (1 - options.momentum) + towards * options.momentum);
  };
  move(running_mean, batch.mean);
  move(running_var, batch.variance * (count / (count - 1)));  // without bias
}

std::string BatchNorm::describe() const { return fmt::format("BatchNorm {}", weight.size()); }

}  // namespace tapestry::nn
