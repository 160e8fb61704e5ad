#pragma once

namespace tapestry::prob {

/// x with Phi(x) = p: -inf at 0, inf at 1, NaN outside [0, 1].
double standard_normal_quantile(double p);

}  // namespace tapestry::prob
