#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "bound.hpp"
#include "checks.hpp"

// What the open and the hidden checks of the unit share: tables to ask about, and what only the judge knows.

using tiny::Table;

/// Probabilities near these, or drawn at random.
inline Table near_probabilities(course::Draw& draw, Table friendly) {
  double sum = 0;
  for (double& p : friendly) sum += p = draw.near(p);
  for (double& p : friendly) p /= sum;
  return friendly;
}
inline Table draw_probabilities(course::Draw& draw, int count) {
  Table p;
  double sum = 0;
  for (int i = 0; i < count; ++i) p.push_back(draw.uniform(0.05, 1)), sum += p.back();
  for (double& x : p) x /= sum;
  return p;
}
inline Table near_table(course::Draw& draw, Table friendly) {
  for (double& x : friendly) x = draw.near(x);
  return friendly;
}
inline Table draw_table(course::Draw& draw, int count, double low = -6, double high = 0) {
  Table all;
  for (int i = 0; i < count; ++i) all.push_back(draw.uniform(low, high));
  return all;
}

// --- The judge --------------------------------------------------------------------------------------

double true_evidence(const Table& log_joint);
Table true_posterior(const Table& log_joint);
double true_elbo(const Table& q, const Table& log_joint);
/// KL(q || p) of two tables of probabilities.
double true_kl(const Table& q, const Table& p);

void note_table(const std::string& name, const Table& table);
