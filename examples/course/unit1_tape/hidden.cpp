// Checks of which a student sees the kind and nothing else. These are public with the rest of the
// project; an instructor's overlay may hold another hidden.cpp (docs/course/instructor.md).

#include <cmath>

#include "agree.hpp"
#include "checks.hpp"
#include "tape.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

void slopes_at_random() {
  check_slopes_at_random(
      kMul, [](double a, double b) { return a * b; }, -3, 3);
  check_slopes_at_random(
      kExp, [](double a, double) { return std::exp(a); }, -3, 3);
  check_slopes_at_random(
      kTanh, [](double a, double) { return std::tanh(a); }, -3, 3);
  check_slopes_at_random(
      kLog, [](double a, double) { return std::log(a); }, 0.5, 5);
  check_slopes_at_random(
      kDiv, [](double a, double b) { return a / b; }, 0.5, 5);
}

void deep_expressions() { check_random_expressions(20, 12, &kit_gradient); }

void variation_at_random() {
  check_slopes_at_random(kVariation, variation().value, 0.2, 4);
  check_slopes_at_random(kVariation, variation().value, -4, -0.2);
}

constexpr Check kHidden[] = {
    {"1.4", Kind::property, "slopes at random points", 2, slopes_at_random},
    {"1.5", Kind::property, "tape and differences agree on deeper expressions", 1,
     deep_expressions},
    {"1.6", Kind::property, "slopes at random points", 2, variation_at_random},
};

}  // namespace

std::span<const Check> course::hidden_checks() { return kHidden; }
