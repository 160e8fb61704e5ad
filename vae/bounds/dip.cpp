#include "vae/bounds/dip.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {

Tensor dip_penalty(const Tensor& covariance, double off_diagonal, double diagonal) {
  check<ShapeError>(covariance.rank() == 2 && covariance.dim(0) == covariance.dim(1),
                    "dip_penalty: the covariance must be [K, K], not {}", covariance.shape());
  const Tensor one = eye(covariance.dim(0), covariance.dtype());
  return sum(square(covariance - one) * (off_diagonal + (diagonal - off_diagonal) * one));
}

}  // namespace tapestry::vae
