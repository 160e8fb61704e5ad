#pragma once

#include <vector>

/// What the checks know about the op of task 1.6. A folder of variations/ defines it in facts.cpp; an
/// instructor's overlay may hold others.
struct Variation {
  const char* name;
  const char* formula;
  int arity;
  double (*value)(double a, double b);
  std::vector<std::vector<double>> points;  ///< {a, b} where value and slopes are compared
  /// Where a direct formula overflows: operands, then value and slopes that are right.
  struct Extreme {
    double a, b, value, slope_a, slope_b;
  };
  std::vector<Extreme> extremes;
};

const Variation& variation();
