#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "bounds.hpp"
#include "checks.hpp"

// What the open and the hidden checks of the unit share: numbers to ask about, and what only the
// judge knows.

using tiny::Table;

inline Table near_table(course::Draw& draw, Table friendly) {
  for (double& x : friendly) x = draw.near(x);
  return friendly;
}
inline Table near_probabilities(course::Draw& draw, Table friendly) {
  double sum = 0;
  for (double& p : friendly) sum += p = draw.near(p);
  for (double& p : friendly) p /= sum;
  return friendly;
}
inline Table draw_probabilities(course::Draw& draw, int count) {
  Table p;
  double sum = 0;
  for (int i = 0; i < count; ++i) p.push_back(draw.uniform(0.1, 1)), sum += p.back();
  for (double& x : p) x /= sum;
  return p;
}
inline tiny::Model draw_model(course::Draw& draw, int count) {
  tiny::Model model{draw_probabilities(draw, count), {}};
  for (int i = 0; i < count; ++i) model.log_likelihood.push_back(draw.uniform(-4, 0));
  return model;
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
          near_table(draw, std::move(e))};
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

void note_table(const std::string& name, const Table& table);
void note_model(const tiny::Model& model);
void judge_slopes(const Setting& at, const std::vector<double>& got);
