#pragma once

#include <vector>

#include "tape.hpp"

// What the open and the hidden checks of the unit share.

/// The op's slopes agree with numeric ones of `value` at all points {a, b}.
void check_slopes(const tiny::Op& op, double (*value)(double a, double b),
                  const std::vector<std::vector<double>>& points);

/// The student's whole tape agrees with `numeric` on random expressions of three numbers, with 1 to
/// `ops` ops.
void check_random_expressions(int expressions, int ops,
                              std::vector<double> (*numeric)(const tiny::Function& f,
                                                             std::vector<double> x));

/// The same as check_slopes at random points.
void check_slopes_at_random(const tiny::Op& op, double (*value)(double a, double b), double low,
                            double high);

/// df/dx_i by the kit's own differences.
std::vector<double> kit_gradient(const tiny::Function& f, std::vector<double> x);
