#pragma once

// Tables of numbers to ask about: one number for each value of a discrete variable.

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "checks.hpp"

namespace course {

using Table = std::vector<double>;

/// Numbers near these (Draw::near).
inline Table near_table(Draw& draw, Table friendly) {
  for (double& x : friendly) x = draw.near(x);
  return friendly;
}

/// These divided by their sum.
inline Table normalized(Table weights) {
  double sum = 0;
  for (const double w : weights) sum += w;
  for (double& w : weights) w /= sum;
  return weights;
}

/// Probabilities near these.
inline Table near_probabilities(Draw& draw, Table friendly) {
  return normalized(near_table(draw, std::move(friendly)));
}

inline Table draw_table(Draw& draw, int count, double low, double high) {
  Table all;
  for (int i = 0; i < count; ++i) all.push_back(draw.uniform(low, high));
  return all;
}

/// Probabilities, none of them more than ten times another.
inline Table draw_probabilities(Draw& draw, int count) {
  return normalized(draw_table(draw, count, 0.1, 1));
}

/// For judge(): a table that is shown with the check when it does not pass.
inline void note_table(const std::string& name, const Table& table) {
  std::string line = name + ":";
  for (const double x : table) line += fmt::format(" {:.4g}", x);
  note(line);
}

}  // namespace course
