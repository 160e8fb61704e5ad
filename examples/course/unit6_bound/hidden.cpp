// Checks of which a student sees the kind and nothing else. These are public with the rest of the
// project; an instructor's overlay may hold another hidden.cpp (docs/course/instructor.md).

#include "agree.hpp"
#include "checks.hpp"
#include "variation.hpp"

using namespace course;

namespace {

void own_bound_at_random() {
  Draw draw;
  for (int i = 0; i < 10; ++i) {
    const int n = 2 + draw.below(5);
    const Table q = draw_probabilities(draw, n), joint = draw_table(draw, n, -6, 0);
    const double got = answer([&] { return tiny::variation_bound(q, joint); });
    judge([&] { expect_number("its value", got, variation().value(q, joint)); });
  }
}

void split_at_random() {
  Draw draw;
  for (int i = 0; i < 10; ++i) {
    const int n = 2 + draw.below(5);
    const Table q = draw_probabilities(draw, n), prior = draw_probabilities(draw, n);
    const Table likelihood = draw_table(draw, n, -6, 0);
    const std::vector<double> got = answer([&] {
      const tiny::Split s = tiny::elbo_split(q, likelihood, prior);
      return std::vector{s.reconstruction - s.kl, s.kl};
    });
    judge([&] {
      Table joint = likelihood;
      for (std::size_t z = 0; z < joint.size(); ++z) joint[z] += std::log(prior[z]);
      expect_numbers("reconstruction - kl, and kl", got, {true_elbo(q, joint), true_kl(q, prior)});
    });
  }
}

constexpr Check kHidden[] = {
    {"6.2", Kind::property, "the two parts make the bound", 2, split_at_random},
    {"6.6", Kind::property, "tables at random", 2, own_bound_at_random},
};

}  // namespace

std::span<const Check> course::hidden_checks() { return kHidden; }
