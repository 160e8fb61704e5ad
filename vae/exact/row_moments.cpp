#include "vae/exact/row_moments.hpp"

#include <algorithm>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae::exact {

namespace {

constexpr std::int64_t kBlock = 4096;

/// Calls f(rows) for the rows of x in blocks, in double.
template <class F>
void for_blocks(const Tensor& x, F&& f) {
  for (std::int64_t i = 0; i < x.dim(0); i += kBlock)
    f(slice(x, 0, i, std::min(i + kBlock, x.dim(0))).to(DType::f64));
}

}  // namespace

RowMoments row_moments(const Tensor& data) {
  if (data.rank() != 2 || data.dim(0) == 0) [[unlikely]]
    fail<ShapeError>("row_moments", fmt::format("data [N, D] is needed, not {}", data.shape()));
  check_values("row_moments", "x", data, kFinite);
  const NoGrad no_grad;
  const Tensor x = data.detach();
  const auto n = static_cast<double>(x.dim(0));
  Tensor mean = zeros({x.dim(1)}, DType::f64), covariance = zeros({x.dim(1), x.dim(1)}, DType::f64);
  for_blocks(x, [&](const Tensor& rows) { mean += sum(rows, 0) / n; });
  for_blocks(x, [&](const Tensor& rows) {
    const Tensor away = rows - mean;
    covariance += matmul(away, away, {.transpose_left = true}) / n;
  });
  return {mean, covariance};
}

}  // namespace tapestry::vae::exact
