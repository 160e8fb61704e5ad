#include "vae/analysis/best_matching.hpp"

#include <limits>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

// Row by row, the cheapest path of exchanges that frees a column. Prices of rows and columns keep every reduced cost at or
// above 0, so that the path is one of Dijkstra's. Row and column n are where paths begin.
std::vector<std::int64_t> best_matching(const Tensor& score) {
  check<ShapeError>(score.rank() == 2 && score.dim(0) == score.dim(1),
                    "best_matching: the scores must be [n, n], not {}", score.shape());
  check_values("best_matching", "score", score.to(DType::f64), kFinite);
  const auto n = static_cast<std::size_t>(score.dim(0));
  const std::vector<double> gain = score.to_vector();
  constexpr double kFar = std::numeric_limits<double>::infinity();
  std::vector<double> row_price(n + 1, 0), column_price(n + 1, 0);
  std::vector<std::size_t> row_of(n + 1, n), before(n + 1, n);  // of a column
  for (std::size_t row = 0; row < n; ++row) {
    std::vector<double> distance(n + 1, kFar);
    std::vector<char> done(n + 1, 0);
    std::size_t column = n;
    row_of[n] = row;
    do {
      done[column] = 1;
      const std::size_t from = row_of[column];
      std::size_t next = n;
      double step = kFar;
      for (std::size_t j = 0; j < n; ++j) {
        if (done[j]) continue;
        const double cost = -gain[from * n + j] - row_price[from] - column_price[j];
        if (cost < distance[j]) distance[j] = cost, before[j] = column;
        if (distance[j] < step) step = distance[j], next = j;
      }
      for (std::size_t j = 0; j <= n; ++j) {
        if (done[j])
          row_price[row_of[j]] += step, column_price[j] -= step;
        else
          distance[j] -= step;
      }
      column = next;
    } while (row_of[column] != n);
    for (; column != n; column = before[column]) row_of[column] = row_of[before[column]];
  }
  std::vector<std::int64_t> column_of(n);
  for (std::size_t j = 0; j < n; ++j) column_of[row_of[j]] = static_cast<std::int64_t>(j);
  return column_of;
}

Tensor cluster_counts(const Tensor& cluster, const Tensor& label, std::int64_t classes) {
  check<ShapeError>(cluster.size() == label.size(), "cluster_counts: {} clusters and {} labels",
                    cluster.size(), label.size());
  std::vector<double> count(static_cast<std::size_t>(classes * classes));
  const auto of_cluster = cluster.view<std::int32_t>(), of_label = label.view<std::int32_t>();
  for (std::size_t i = 0; i < of_cluster.size(); ++i) {
    for (const std::int32_t number : {of_cluster[i], of_label[i]})
      check<DomainError>(number >= 0 && number < classes,
                         "cluster_counts: number {}, expected 0..{}", number, classes - 1);
    ++count[static_cast<std::size_t>(of_cluster[i] * classes + of_label[i])];
  }
  return tensor(count, {classes, classes}, DType::f64);
}

double cluster_accuracy(const Tensor& counts) {
  const std::vector<std::int64_t> label = best_matching(counts);
  double right = 0;
  for (std::int64_t k = 0; k < counts.dim(0); ++k)
    right += counts.at({k, label[static_cast<std::size_t>(k)]});
  return right / sum(counts).item();
}

}  // namespace tapestry::vae
