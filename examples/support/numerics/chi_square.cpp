#include "support/numerics/chi_square.hpp"

#include <cmath>

#include "prob/special/incomplete_gamma.hpp"

namespace support {

double chi_square_p(const std::vector<std::int64_t>& cells,
                    const std::vector<double>& probabilities) {
  const auto n = static_cast<double>(cells.size());
  std::vector<double> counts(probabilities.size(), 0.0);
  for (const std::int64_t cell : cells) {
    if (cell >= 0) ++counts[static_cast<std::size_t>(cell)];
  }
  double statistic = 0, rest_count = n, rest_expected = n, used = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = n * probabilities[i];
    if (expected < 5) continue;
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    rest_count -= counts[i];
    rest_expected -= expected;
    ++used;
  }
  // The rest counts even if almost no draw is expected there; its variance is at least 1.
  const double deviation = rest_count - rest_expected;
  statistic += deviation * deviation / std::max(rest_expected, 1.0);
  // used + 1 cells, the counts of which add up to n.
  return std::exp(tapestry::prob::incomplete_gamma(used / 2, std::log(statistic / 2)).log_q);
}

std::int64_t cell_of(double x, double low, double high, std::int64_t cells) {
  if (!(x >= low && x < high)) return -1;
  return static_cast<std::int64_t>((x - low) / (high - low) * static_cast<double>(cells));
}

}  // namespace support
