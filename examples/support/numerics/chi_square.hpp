#pragma once

#include <cstdint>
#include <vector>

namespace support {

/// Pearson's test: the chance of counts at least as far from the expected ones as these, if the
/// cells have these probabilities. `cells` holds the number of the cell of each draw, or -1 for a
/// draw outside all of them. Draws outside, and all cells expected fewer than 5 times, count as one
/// cell together. A sampler is wrong when the chance is tiny, say below 1e-3.
double chi_square_p(const std::vector<std::int64_t>& cells,
                    const std::vector<double>& probabilities);

/// The number of the cell of x among `cells` equal ones on [low, high], or -1.
std::int64_t cell_of(double x, double low, double high, std::int64_t cells);

}  // namespace support
