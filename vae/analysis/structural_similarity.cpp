#include "vae/analysis/structural_similarity.hpp"

#include <array>

#include "autograd/ops.hpp"

namespace tapestry::vae {
namespace {

constexpr double kLight = 0.01 * 0.01, kStructure = 0.03 * 0.03;
constexpr std::array kWeights{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

void check_arguments(const Tensor& x, const Tensor& y, const SimilarityOptions& o) {
  check<ConfigError>(o.window >= 1 && o.sigma > 0 && o.scales >= 1 && o.scales <= 5,
                     "structural_similarity: window >= 1, sigma > 0 and 1 to 5 scales, not {}, {} "
                     "and {}",
                     o.window, o.sigma, o.scales);
  check<ShapeError>(x.shape() == y.shape(), "structural_similarity: images {} and {}", x.shape(),
                    y.shape());
  check<ShapeError>(x.rank() == 3, "structural_similarity: images must be [B, rows, cols], not {}",
                    x.shape());
  const std::int64_t least = o.window << (o.scales - 1);
  check<ShapeError>(x.dim(1) >= least && x.dim(2) >= least,
                    "structural_similarity: {} scales and windows of {} need {} rows and columns, "
                    "but the images are {}",
                    o.scales, o.window, least, x.shape());
}

/// Mean weights of a window, [1, 1, window, window]; their sum is 1.
Tensor gaussian(const SimilarityOptions& o, DType dtype) {
  const Tensor place = arange(o.window, dtype) - 0.5 * static_cast<double>(o.window - 1);
  const Tensor line = softmax(-0.5 * square(place / o.sigma));
  return reshape(line, {1, 1, -1, 1}) * reshape(line, {1, 1, 1, -1});
}

/// Light and structure in each window of images [B, 1, rows, cols].
struct Compared {
  Tensor light, structure;
};
Compared compare(const Tensor& x, const Tensor& y, const Tensor& weights) {
  const Tensor nothing = zeros({1}, x.dtype());
  const auto average = [&](const Tensor& of) { return conv2d(of, weights, nothing); };
  const Tensor m_x = average(x), m_y = average(y), product = m_x * m_y;
  const Tensor squares = square(m_x) + square(m_y);
  const Tensor covariance = average(x * y) - product;
  const Tensor variances = average(square(x) + square(y)) - squares;
  return {.light = (2.0 * product + kLight) / (squares + kLight),
          .structure = (2.0 * covariance + kStructure) / (variances + kStructure)};
}

}  // namespace

Tensor structural_similarity(const Tensor& x, const Tensor& y, const SimilarityOptions& o) {
  check_arguments(x, y, o);
  const Tensor weights = gaussian(o, x.dtype());
  double all = 0;
  for (int s = 0; s < o.scales; ++s) all += kWeights[static_cast<std::size_t>(s)];
  Tensor a = reshape(x, {x.dim(0), 1, x.dim(1), x.dim(2)}), b = reshape(y, a.shape());
  Tensor similarity = ones({x.dim(0)}, x.dtype());
  for (int s = 0; s < o.scales; ++s) {
    const Compared at = compare(a, b, weights);
    const bool coarsest = s + 1 == o.scales;
    const Tensor mean_at = mean(coarsest ? at.light * at.structure : at.structure, {1, 2, 3});
    if (o.scales == 1) return mean_at;
    similarity =
        similarity * pow(maximum(mean_at, 1e-6), kWeights[static_cast<std::size_t>(s)] / all);
    if (!coarsest) a = avg_pool2d(a, 2), b = avg_pool2d(b, 2);
  }
  return similarity;
}

}  // namespace tapestry::vae
