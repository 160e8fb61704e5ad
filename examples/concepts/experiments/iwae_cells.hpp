#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/concept/record.hpp"

// The cells of the paper's table, and how they are printed.

namespace concepts {

using support::Record;

/// One run of the table.
struct Cell {
  int layers;
  int draws;
  bool weighted;  ///< climbs the bound of `draws` weights; else the mean of their logs
  int fraction;   ///< one pass here for so many of the paper's 3,280
  double paper;   ///< -log p(x) there

  std::string what() const { return fmt::format("{} {}", weighted ? "IWAE" : "VAE", draws); }
  std::string place() const { return fmt::format("{} layer{}", layers, layers == 1 ? "" : "s"); }
  std::string name() const { return fmt::format("{}, {}, 1 of {}", place(), what(), fraction); }
};

/// Whether two cells differ in their layers alone, or in all but these.
inline bool comparable(const Cell& a, const Cell& b) {
  return a.fraction == b.fraction && (a.layers == b.layers || a.what() == b.what());
}
/// The name of how much larger log p(x) of `b` is than that of the comparable `a`.
inline std::string gain_of(const Cell& a, const Cell& b) {
  return a.layers == b.layers
             ? fmt::format("{}, {} over {}, 1 of {}", b.place(), b.what(), a.what(), b.fraction)
             : fmt::format("{}, {} over {}, 1 of {}", b.what(), b.place(), a.place(), b.fraction);
}

/// Cheap ones first, so that an interrupted program has the most to show. A VAE of one draw is an IWAE of one.
inline std::vector<Cell> iwae_cells() {
  return {{1, 1, false, 27, 86.76},  {1, 5, false, 27, 86.47},  {1, 5, true, 27, 85.54},
          {2, 1, false, 27, 85.33},  {2, 5, false, 27, 85.01},  {2, 5, true, 27, 83.89},
          {1, 50, true, 27, 84.78},  {1, 50, false, 27, 86.35}, {2, 50, true, 27, 82.90},
          {2, 50, false, 27, 84.78}, {1, 1, false, 9, 86.76},   {1, 5, false, 9, 86.47},
          {1, 5, true, 9, 85.54},    {2, 1, false, 9, 85.33},   {2, 5, false, 9, 85.01},
          {2, 5, true, 9, 83.89},    {1, 50, true, 9, 84.78}};
}

/// The cell of that place; a VAE of one draw is the IWAE of one.
inline Cell cell_of(int layers, int draws, bool weighted, int fraction) {
  for (const Cell& cell : iwae_cells())
    if (cell.layers == layers && cell.draws == draws && cell.fraction == fraction &&
        (draws == 1 || cell.weighted == weighted))
      return cell;
  return {.layers = layers, .draws = draws, .weighted = weighted, .fraction = fraction, .paper = 0};
}

/// Stage i of the paper's eight has 3^i passes, at the rate 0.001 * 10^(-i/7). Here each is shorter by one factor, so that the
/// last rate is reached, too.
inline int passes_of_stage(int stage, int fraction) {
  return std::max(1, static_cast<int>(std::lround(std::pow(3.0, stage) / fraction)));
}
inline int passes(int fraction) {
  int sum = 0;
  for (int stage = 0; stage < 8; ++stage) sum += passes_of_stage(stage, fraction);
  return sum;
}

/// Those that were run: first the shorter training, there first one layer, and there first the VAE.
inline std::vector<Cell> cells_in(const Record& r) {
  std::vector<Cell> cells = iwae_cells();
  std::ranges::sort(cells, {}, [](const Cell& cell) {
    return std::tuple(-cell.fraction, cell.layers, cell.weighted, cell.draws);
  });
  std::erase_if(cells,
                [&](const Cell& cell) { return !r.numbers.contains(cell.name() + ", -log p(x)"); });
  return cells;
}

/// Nats an image.
inline void print_table(const Record& r) {
  fmt::print("{:<28}{:>10}{:>6}{:>8}{:>8}{:>9}{:>11}{:>8}\n", "cell", "-log p(x)", "s.e.", "paper",
             "passes", "minutes", "effective", "active");
  for (const Cell& cell : cells_in(r)) {
    const auto of = [&](const char* what) { return r.number(cell.name() + ", " + what); };
    fmt::print("{:<28}{:>10.2f}{:>6.2f}{:>8.2f}{:>8}{:>9.1f}{:>11.1f}{:>8}\n", cell.name(),
               of("-log p(x)"), of("s.e."), cell.paper, passes(cell.fraction), of("minutes"),
               of("effective samples"),
               cell.layers == 1
                   ? fmt::format("{:.0f}", of("active in z1"))
                   : fmt::format("{:.0f} + {:.0f}", of("active in z1"), of("active in z2")));
  }
}

}  // namespace concepts
