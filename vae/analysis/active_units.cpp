#include "vae/analysis/active_units.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

std::int64_t count_above(const Tensor& values, double least) {
  return std::ranges::count_if(values.to_vector(), [&](double v) { return v > least; });
}

}  // namespace

Tensor latent_activity(const Tensor& means) {
  const bool fits = means.rank() == 2 || means.rank() == 3;
  check<ShapeError>(fits && means.dim(-2) >= 2,
                    "latent_activity: the means of at least two data are needed, [N, K] or, of S "
                    "draws of the layers below, [S, N, K], not {}",
                    means.shape());
  const NoGrad no_grad;
  const Tensor each = means.detach().to(DType::f64), rows = each.rank() == 3 ? mean(each, 0) : each;
  return mean(square(rows - mean(rows, 0)), 0);
}

std::int64_t active_units(const Tensor& means, double least) {
  return count_above(latent_activity(means), least);
}

std::int64_t CollapseReport::active(double least) const { return count_above(activity, least); }

std::int64_t CollapseReport::coding(double least) const { return count_above(kl, least); }

CollapseReport collapse_report(const prob::Normal& q) {
  check<ShapeError>(
      q.shape().rank() == 2,
      "collapse_report: q must have one row of latents for each datum, [N, K], not {}", q.shape());
  const NoGrad no_grad;
  const Tensor loc = prob::expanded(q.loc.detach().to(DType::f64), q.shape());
  const Tensor variance = prob::expanded(square(q.scale.detach().to(DType::f64)), q.shape());
  const Tensor kl = 0.5 * (square(loc) + variance - 1.0 - log(variance));
  return {mean(kl, 0), latent_activity(loc), mean(variance, 0)};
}

}  // namespace tapestry::vae
