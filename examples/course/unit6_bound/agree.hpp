#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "bound.hpp"
#include "checks.hpp"
#include "tables.hpp"

// What the open and the hidden checks of the unit share, and what only the judge knows.

using tiny::Table;

// --- The judge --------------------------------------------------------------------------------------

double true_evidence(const Table& log_joint);
Table true_posterior(const Table& log_joint);
double true_elbo(const Table& q, const Table& log_joint);
/// KL(q || p) of two tables of probabilities.
double true_kl(const Table& q, const Table& p);
