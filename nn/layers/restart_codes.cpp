#include "nn/layers/restart_codes.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::nn {

std::int64_t restart_unused(Codebook& book, const Tensor& e, Rng& rng) {
  const NoGrad no_grad;
  const std::int64_t codes = book.weight.shape()[0], width = book.weight.shape()[1];
  const Tensor code = book.nearest(e).code;
  check<ShapeError>(code.size() > 0, "restart_unused: there is no vector in e {}", e.shape());
  std::vector<double> used(static_cast<std::size_t>(codes), 0.0);
  for (const std::int32_t k : code.view<std::int32_t>()) used.at(static_cast<std::size_t>(k)) = 1;
  std::vector<std::int32_t> drawn;
  for (std::int64_t k = 0; k < codes; ++k)
    drawn.push_back(static_cast<std::int32_t>(rng.below(code.size())));
  const Tensor fresh = take_rows(reshape(e, {-1, width}), index_tensor(drawn, {codes}));
  const Tensor keeps = greater(tensor(used, {codes, 1}, e.dtype()), 0.0);
  book.weight.set_value(where(keeps, book.weight.value(), fresh));
  book.count.set_value(where(keeps.with_shape({codes}), book.count.value(), 0.0));
  book.total.set_value(where(keeps, book.total.value(), 0.0));
  return codes - std::count(used.begin(), used.end(), 1.0);
}

}  // namespace tapestry::nn
