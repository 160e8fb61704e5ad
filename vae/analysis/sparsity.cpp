#include "vae/analysis/sparsity.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

Tensor hoyer_sparsity(const Tensor& codes) {
  check<ShapeError>(
      codes.rank() == 2 && codes.dim(0) >= 2 && codes.dim(1) >= 2,
      "hoyer_sparsity: codes must be [N, K] with two rows and latents at least, not {}",
      codes.shape());
  const NoGrad no_grad;
  const Tensor code = codes.detach().to(DType::f64), away = code - mean(code, 0);
  const Tensor deviation = sqrt(mean(square(away), 0));
  const Tensor z = abs(where(less(deviation, 1e-12), zeros_like(code), code / deviation));
  const Tensor length = sqrt(sum(square(z), -1));
  check<DomainError>(max(-length).item() < 0, "hoyer_sparsity: a row of the codes has only zeros");
  const double root = std::sqrt(static_cast<double>(codes.dim(1)));
  return (root - sum(z, -1) / length) / (root - 1);
}

}  // namespace tapestry::vae
