#include "nn/layers/codebook.hpp"

#include "autograd/kernels/nearest_rows.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

Codebook::Codebook(std::int64_t codes, std::int64_t width)
    : weight(*this, "weight", sizes("codebook", {codes, width}), Start::table()),
      count(*this, "count", zeros({codes})),
      total(*this, "total", zeros({codes, width})) {}

Codebook::Nearest Codebook::nearest(const Tensor& e, SourceLoc from) {
  const Scope scope = enter(from);
  const std::int64_t width = weight.shape()[1];
  check<ShapeError>(e.rank() >= 1 && e.dim(-1) == width,
                    "codebook: e has shape {}, expected [..., {}] as the codes {}", e.shape(),
                    width, weight.shape());
  check<DTypeError>(e.dtype() == weight.value().dtype(), "codebook: e is {}, the codes are {}",
                    name(e.dtype()), name(weight.value().dtype()));
  const Tensor code = nearest_rows(e, weight.value());
  return {code, take_rows(weight, code)};
}

void Codebook::average(const Tensor& e, const Tensor& code, double decay) {
  const NoGrad no_grad;
  const std::int64_t codes = weight.shape()[0], width = weight.shape()[1];
  check<ConfigError>(decay >= 0 && decay < 1, "codebook: decay is {}, expected 0 <= decay < 1",
                     decay);
  check<ShapeError>(e.size() == code.size() * width, "codebook: e has shape {}, the code {}",
                    e.shape(), code.shape());
  const Tensor chosen = take_rows(eye(codes, e.dtype()), reshape(code, {-1}));  // [N, K]
  const Tensor n = sum(chosen, 0);
  const Tensor s = matmul(chosen, reshape(e, {-1, width}), {.transpose_left = true});
  count.set_value(decay * count.value() + (1 - decay) * n);
  total.set_value(decay * total.value() + (1 - decay) * s);
  // Long unused, N and M fade together: before they lose digits the code is left as it is.
  const Tensor many = count.value().with_shape({codes, 1});
  const Tensor used = greater(many, 1e-6 * (1 - decay));
  const Tensor mean = total.value() / where(used, many, 1.0);
  weight.set_value(where(used, mean, weight.value()));
}

std::string Codebook::describe() const {
  return fmt::format("Codebook {} x {}", weight.shape()[0], weight.shape()[1]);
}

}  // namespace tapestry::nn
