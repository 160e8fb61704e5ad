#pragma once

#include "agree.hpp"

// What the checks know about the op of task 1.6. A folder of variations/ defines it, an instructor's
// overlay may hold others.

/// What is asked, in questions.cpp: places where value and slopes are compared, and extreme ones,
/// where a direct formula overflows.
struct Questions {
  Points points, extremes;
};
const Questions& questions();

/// What is right, in facts.cpp, which the judge alone has.
struct Facts {
  Truth op;
  const char* formula;
  /// What is right at an extreme place, by a way that does not overflow.
  struct Extreme {
    double value, slope_a, slope_b;
  };
  Extreme (*extreme)(double a, double b);
};
const Facts& facts();

inline constexpr auto variation_row = []() -> const tiny::Op& { return tiny::kVariation; };
inline constexpr auto true_variation = [] { return facts().op; };
