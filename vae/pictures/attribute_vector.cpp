#include "vae/pictures/attribute_vector.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

Tensor attribute_vector(const Tensor& codes, const Tensor& has) {
  check<ShapeError>(codes.rank() == 2 && has.shape() == Shape{codes.dim(0)},
                    "attribute_vector: codes [N, Z] and has [N], not {} and {}", codes.shape(),
                    has.shape());
  const NoGrad no_grad;
  const Tensor with =
      where(equal(has.to(codes.dtype()), 0.0), zeros(has.shape(), codes.dtype()), 1.0);
  const double count = sum(with).item(), rest = static_cast<double>(has.size()) - count;
  check<DomainError>(count > 0 && rest > 0,
                     "attribute_vector: {} codes have the attribute and {} have not; both groups "
                     "need at least one",
                     count, rest);
  const Tensor column = reshape(with, {-1, 1});
  return sum(codes * column, 0) / count - sum(codes * (1.0 - column), 0) / rest;
}

Tensor traverse(const Tensor& codes, const Tensor& direction, const Tensor& steps) {
  check<ShapeError>(
      codes.rank() >= 1 && direction.shape() == Shape{codes.dim(-1)} && steps.rank() == 1,
      "traverse: codes [..., Z], direction [Z] and steps [T], not {}, {} and {}", codes.shape(),
      direction.shape(), steps.shape());
  std::vector<Tensor> moved;
  for (const double step : steps.to_vector()) moved.push_back(codes + step * direction);
  return stack(moved, 0);
}

}  // namespace tapestry::vae
