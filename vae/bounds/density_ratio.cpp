#include "vae/bounds/density_ratio.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {

Tensor told_apart(const Tensor& logit_at_q, const Tensor& logit_at_p) {
  return log_sigmoid(logit_at_q) + log_sigmoid(-logit_at_p);
}

Tensor permute_columns(const Tensor& z, Rng& rng) {
  check<ShapeError>(z.rank() == 2, "permute_columns: z must be [B, K], not {}", z.shape());
  std::vector<Tensor> columns;
  for (std::int64_t k = 0; k < z.dim(1); ++k) {
    const Tensor order = index_tensor(rng.permutation(z.dim(0)), {z.dim(0)});
    columns.push_back(take_rows(slice(z, 1, k, k + 1), order));
  }
  return concat(columns, 1);
}

}  // namespace tapestry::vae
