// Checks of which a student sees the kind and nothing else. These are public with the rest of the
// project; an instructor's overlay may hold another hidden.cpp (docs/course/instructor.md).

#include "agree.hpp"
#include "checks.hpp"
#include "tape.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

void slopes_at_random() {
  check_slopes(mul_row, true_mul, draw_points(20, -3, 3));
  check_slopes(exp_row, true_exp, draw_points(20, -3, 3));
  check_slopes(tanh_row, true_tanh, draw_points(20, -3, 3));
  check_slopes(log_row, true_log, draw_points(20, 0.5, 5));
  check_slopes(div_row, true_div, draw_points(20, 0.5, 5));
}

void deep_expressions() { check_random_expressions(20, 12, false); }

void variation_at_random() {
  check_slopes(variation_row, true_variation, draw_points(20, 0.2, 4));
  check_slopes(variation_row, true_variation, draw_points(20, -4, -0.2));
}

constexpr Check kHidden[] = {
    {"1.4", Kind::property, "slopes at random points", 2, slopes_at_random},
    {"1.5", Kind::property, "tape and differences agree on deeper expressions", 1,
     deep_expressions},
    {"1.6", Kind::property, "slopes at random points", 2, variation_at_random},
};

}  // namespace

std::span<const Check> course::hidden_checks() { return kHidden; }
