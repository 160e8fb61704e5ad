#include "prob/flows/radial.hpp"

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"
#include "prob/special/euclidean_norm.hpp"

namespace tapestry::prob {

RadialFlow::RadialFlow(Arg middle, Arg width, Arg push)
    : centre(as_parameter(middle, width, push)),
      alpha(as_parameter(width, middle, push)),
      strength(as_parameter(push, middle, width)) {
  const Shape &of_centre = centre.shape(), &of_alpha = alpha.shape(), &of_push = strength.shape();
  check<ShapeError>(of_centre.rank() > 0 && of_alpha.rank() > 0 && of_push.rank() > 0 &&
                        of_alpha[-1] == 1 && of_push[-1] == 1,
                    "RadialFlow: centre has shape {}, alpha {}, strength {}; expected [..., Z], "
                    "[..., 1], [..., 1]",
                    of_centre, of_alpha, of_push);
  check_values("RadialFlow", "alpha", alpha, kPositive);
}

Tensor RadialFlow::beta() const { return softplus(strength) - alpha; }

Flowed RadialFlow::forward(const Tensor& z) const {
  const Tensor away = z - centre, r = euclidean_norm(away);
  const Tensor h = reciprocal(alpha + r), bh = beta() * h;
  const auto others = static_cast<double>(z.dim(-1) - 1);
  // 1 + bh + beta h' r with h' = -h^2, as one quotient.
  return {z + bh * away, sum(others * log1p(bh) + log1p(bh * alpha * h), -1)};
}

}  // namespace tapestry::prob
