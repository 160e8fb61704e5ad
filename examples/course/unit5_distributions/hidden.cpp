// Checks of which a student sees the kind and nothing else. These are public with the rest of the
// project; an instructor's overlay may hold another hidden.cpp (docs/course/instructor.md).

#include "agree.hpp"
#include "checks.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

void log_probs_at_random() {
  Draw draw;
  for (int i = 0; i < 20; ++i) {
    const double x = draw.uniform(-5, 5), loc = draw.uniform(-3, 3), scale = draw.uniform(0.1, 4);
    const double logit = draw.uniform(-8, 8);
    const double normal = answer([&] { return normal_log_prob(x, loc, scale); });
    const double coin = answer([&] { return bernoulli_log_prob(i % 2, logit); });
    judge([&] {
      const double z = (x - loc) / scale;
      expect_number("the normal", normal, kStandardNormal.log_prob(z) - std::log(scale));
      expect_number("the coin", coin, -std::log1p(std::exp(i % 2 ? -logit : logit)));
    });
  }
}

void own_log_prob_at_random() {
  Draw draw;
  for (int i = 0; i < 20; ++i) {
    const double x = draw.uniform(-5, 5), loc = draw.uniform(-3, 3), scale = draw.uniform(0.1, 4);
    const double got = answer([&] { return variation_log_prob(x, loc, scale); });
    judge([&] {
      expect_number("log density", got, variation().log_prob((x - loc) / scale) - std::log(scale));
    });
  }
}

constexpr Check kHidden[] = {
    {"5.1", Kind::property, "log densities at random", 2, log_probs_at_random},
    {"5.5", Kind::property, "the log density at random", 2, own_log_prob_at_random},
};

}  // namespace

std::span<const Check> course::hidden_checks() { return kHidden; }
