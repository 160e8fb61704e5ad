#include "prob/special.hpp"

#include <array>

namespace tapestry::prob {

extern const OpInfo kLogSinhc, kLangevin, kLangevinSlope, kNormalQuantile,
    kContinuousBernoulliQuantile, kLogGammaQuantile, kGammaCdf;

std::span<const OpInfo* const> special_ops() {
  static constexpr std::array kOps{&kLogSinhc,
                                   &kLangevin,
                                   &kLangevinSlope,
                                   &kNormalQuantile,
                                   &kContinuousBernoulliQuantile,
                                   &kLogGammaQuantile,
                                   &kGammaCdf};
  return kOps;
}

}  // namespace tapestry::prob
