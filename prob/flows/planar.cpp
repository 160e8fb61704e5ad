#include "prob/flows/planar.hpp"

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"

namespace tapestry::prob {
namespace {

Tensor dot(const Tensor& a, const Tensor& b) { return sum(a * b, -1, true); }
Tensor m(const Tensor& a) { return softplus(a) - 1.0; }

}  // namespace

PlanarFlow::PlanarFlow(Arg by, Arg along, Arg offset)
    : w(as_parameter(by, along, offset)),
      u(as_parameter(along, by, offset)),
      b(as_parameter(offset, by, along)) {
  const Shape &of_w = w.shape(), &of_u = u.shape(), &of_b = b.shape();
  check<ShapeError>(of_w.rank() > 0 && of_u.rank() > 0 && of_b.rank() > 0 && of_w[-1] == of_u[-1] &&
                        of_b[-1] == 1,
                    "PlanarFlow: w has shape {}, u {}, b {}; expected [..., Z], [..., Z], [..., 1]",
                    of_w, of_u, of_b);
  const NoGrad no_grad;
  check_values("PlanarFlow", "|w|^2", dot(w, w), kPositive);
}

Tensor PlanarFlow::allowed_u() const {
  const Tensor wu = dot(w, u);
  return u + (m(wu) - wu) * w / dot(w, w);
}

Flowed PlanarFlow::forward(const Tensor& z) const {
  const Tensor h = tanh(dot(w, z) + b), slope = 1.0 - square(h);
  // psi^T u^ = h' m(w^T u), without the rounding of a product with u^: it is above -1.
  return {z + allowed_u() * h, sum(log1p(slope * m(dot(w, u))), -1)};
}

}  // namespace tapestry::prob
