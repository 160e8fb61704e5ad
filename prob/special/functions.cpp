#include "prob/special/functions.hpp"

#include <array>
#include <limits>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/distribution.hpp"

namespace tapestry::prob {

extern const OpInfo kLogSinhc, kLangevin, kLangevinSlope, kNormalCdf, kNormalQuantile,
    kContinuousBernoulliCdf, kContinuousBernoulliQuantile, kLogGammaQuantile, kGammaCdf, kLogBeta,
    kGammaLogDensity, kBetaLogDensity, kGammaEntropy, kStudentTEntropy, kBetaEntropy, kGammaKl,
    kGumbelKl, kLogBesselSeries, kBesselRatio, kBesselSlope, kSphereAngle;

Tensor rsample_log_gamma(const Tensor& concentration, const Shape& shape, Rng& rng) {
  return log_gamma_quantile(expanded(concentration, shape),
                            rng.uniform(shape, concentration.dtype()));
}

Tensor at_least_tiny(const Tensor& x) {
  return dispatch(x.dtype(), [&]<class T>(T) {
    return clamp(x, double{std::numeric_limits<T>::min()}, kInfinity);
  });
}

Tensor inside_unit_interval(const Tensor& x) {
  return dispatch(x.dtype(), [&]<class T>(T) {
    using Limits = std::numeric_limits<T>;
    return clamp(x, double{Limits::min()}, 1 - double{Limits::epsilon()} / 2);
  });
}

std::span<const OpInfo* const> special_ops() {
  static constexpr std::array kOps{&kLogSinhc,
                                   &kLangevin,
                                   &kLangevinSlope,
                                   &kNormalCdf,
                                   &kNormalQuantile,
                                   &kContinuousBernoulliCdf,
                                   &kContinuousBernoulliQuantile,
                                   &kLogGammaQuantile,
                                   &kGammaCdf,
                                   &kLogBeta,
                                   &kGammaLogDensity,
                                   &kBetaLogDensity,
                                   &kGammaEntropy,
                                   &kStudentTEntropy,
                                   &kBetaEntropy,
                                   &kGammaKl,
                                   &kGumbelKl,
                                   &kLogBesselSeries,
                                   &kBesselRatio,
                                   &kBesselSlope,
                                   &kSphereAngle};
  return kOps;
}

}  // namespace tapestry::prob
