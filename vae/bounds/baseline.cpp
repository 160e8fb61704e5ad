#include "vae/bounds/baseline.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

Baseline Baseline::none() { return {Kind::constant, 0}; }

Baseline Baseline::constant(double value) {
  check<ConfigError>(std::isfinite(value), "a constant baseline must be finite, not {}", value);
  return {Kind::constant, value};
}

Baseline Baseline::running_mean(double decay) {
  check<ConfigError>(decay >= 0 && decay < 1,
                     "the decay of a running mean must be in [0, 1), not {}", decay);
  return {Kind::running_mean, decay};
}

Baseline Baseline::leave_one_out() { return {Kind::leave_one_out, 0}; }

Tensor Baseline::centre(const Tensor& tracked) {
  const NoGrad no_grad;  // a baseline is a constant
  const Tensor f = tracked.detach();
  check_values("score function", "f", f, kFinite);
  if (kind_ == Kind::constant) return f - number_;

  if (kind_ == Kind::leave_one_out) {
    const std::int64_t samples = f.rank() > 0 ? f.dim(0) : 1;
    check<ConfigError>(samples >= 2,
                       "a leave-one-out baseline needs at least 2 samples along axis 0, not {}",
                       samples);
    // f_i - (sum - f_i) / (n - 1) = n / (n - 1) (f_i - mean)
    const double n = static_cast<double>(samples);
    return n / (n - 1) * (f - mean(f, 0));
  }

  const Tensor centred = f - (count_ > 0 ? total_ / count_ : 0.0);
  total_ = number_ * total_ + mean(f).item();
  count_ = number_ * count_ + 1;
  return centred;
}

}  // namespace tapestry::vae
