#include "vae/analysis/ranks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "autograd/constraint.hpp"

namespace tapestry::vae {
namespace {

// The numbers of a list; the messages name `function` and `argument`.
std::vector<double> listed(const char* function, const char* argument, const Tensor& scores) {
  check<ShapeError>(scores.rank() == 1 && scores.size() > 0,
                    "{}: {} must be a list of numbers [N], not {}", function, argument,
                    scores.shape());
  check_values(function, argument, scores, kFinite);
  return scores.to_vector();
}

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0, last; first < order.size(); first = last) {
    last = first;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (std::size_t i = first; i < last; ++i)
      rank[order[i]] = 0.5 * static_cast<double>(first + 1 + last);
  }
  return rank;
}

}  // namespace

double auroc(const Tensor& outliers, const Tensor& usual) {
  std::vector<double> all = listed("auroc", "outliers", outliers);
  const std::vector<double> rest = listed("auroc", "usual", usual);
  all.insert(all.end(), rest.begin(), rest.end());
  const std::vector<double> rank = ranks(all);
  // The rank of an outlier counts the scores below it. Of those, 1 to n are outliers themselves.
  const auto n = static_cast<double>(outliers.size()), m = static_cast<double>(usual.size());
  const double sum = std::accumulate(rank.begin(), rank.begin() + outliers.size(), 0.0);
  return (sum - n * (n + 1) / 2) / (n * m);
}

double rank_correlation(const Tensor& x, const Tensor& y) {
  const std::vector<double> a = ranks(listed("rank_correlation", "x", x));
  const std::vector<double> b = ranks(listed("rank_correlation", "y", y));
  check<ShapeError>(a.size() == b.size() && a.size() >= 2,
                    "rank_correlation: two lists of one length, at least 2, not {} and {}",
                    a.size(), b.size());
  const double middle = 0.5 * static_cast<double>(a.size() + 1);  // the mean rank
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - middle) * (a[i] - middle);
    bb += (b[i] - middle) * (b[i] - middle);
    ab += (a[i] - middle) * (b[i] - middle);
  }
  check<DomainError>(aa > 0 && bb > 0,
                     "rank_correlation: all numbers of a list are equal, so they have no order");
  return ab / std::sqrt(aa * bb);
}

}  // namespace tapestry::vae
