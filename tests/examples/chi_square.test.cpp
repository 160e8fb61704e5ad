#include "support/numerics/chi_square.hpp"

#include <cmath>

#include "support/catch.hpp"

using support::chi_square_p;

namespace {

/// So many draws of each cell; the last of `counts` are those outside.
std::vector<std::int64_t> draws(const std::vector<int>& counts) {
  std::vector<std::int64_t> cells;
  for (std::size_t i = 0; i < counts.size(); ++i)
    cells.insert(cells.end(), static_cast<std::size_t>(counts[i]),
                 i + 1 < counts.size() ? static_cast<std::int64_t>(i) : -1);
  return cells;
}

}  // namespace

TEST_CASE("chi-square: with two degrees of freedom the chance is exp(-x / 2)") {
  // Expected: 30, 30 and 40 outside.
  const double x = 6 * 6 / 30.0 + 3 * 3 / 30.0 + 3 * 3 / 40.0;
  CHECK(chi_square_p(draws({36, 27, 37}), {0.3, 0.3}) == Approx(std::exp(-x / 2)));
  CHECK(chi_square_p(draws({30, 30, 40}), {0.3, 0.3}) == Approx(1));
}

TEST_CASE("chi-square: cells that are hardly expected count with what is outside") {
  const double x = 4 * 4 / 60.0 + 4 * 4 / 40.0;  // one degree of freedom
  CHECK(chi_square_p(draws({64, 1, 1, 34}), {0.6, 0.04, 0.03}) ==
        Approx(std::erfc(std::sqrt(x / 2))));
}

TEST_CASE("chi-square: a draw where none is possible is a chance of nothing") {
  CHECK(chi_square_p(draws({50, 45, 5}), {0.5, 0.5}) < 1e-5);
}

TEST_CASE("cells: equal ones from low to high, -1 outside and for NaN") {
  CHECK(support::cell_of(-1, -1, 1, 4) == 0);
  CHECK(support::cell_of(0.49, -1, 1, 4) == 2);
  CHECK(support::cell_of(0.5, -1, 1, 4) == 3);
  CHECK(support::cell_of(1, -1, 1, 4) == -1);
  CHECK(support::cell_of(-1.01, -1, 1, 4) == -1);
  CHECK(support::cell_of(std::nan(""), -1, 1, 4) == -1);
}
