#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "bounds.hpp"
#include "checks.hpp"
#include "tables.hpp"

// What the open and the hidden checks of the unit share: numbers to ask about, and what only the
// judge knows.

using tiny::Table;

inline tiny::Model draw_model(course::Draw& draw, int count) {
  return {course::draw_probabilities(draw, count), course::draw_table(draw, count, -4, 0)};
}

/// x, a line, a q and noise to ask 8.4 with.
struct Setting {
  tiny::Line line;
  double x;
  tiny::Q q;
  Table e;
};
inline Setting near_setting(course::Draw& draw, Table e) {
  return {{draw.near(1.5), draw.near(0.5), draw.near(0.8)},
          draw.near(2),
          {draw.near(0.6), draw.near(0.7)},
          course::near_table(draw, std::move(e))};
}

// --- The judge --------------------------------------------------------------------------------------

double true_log_sum(const Table& l);
double true_iwae(const Table& log_weights);
/// log p(x, z) - log q(z), -infinity where q is 0.
Table true_log_weights(const Table& q, const tiny::Model& model);
double true_evidence(const tiny::Model& model);
Table true_best_q(const tiny::Model& model, double beta);
double true_elbo(const Table& q, const tiny::Model& model);
double true_expected_iwae(const Table& q, const tiny::Model& model, int k);
double true_spread(const Table& q, const tiny::Model& model);

void note_model(const tiny::Model& model);
void judge_slopes(const Setting& at, const std::vector<double>& got);
