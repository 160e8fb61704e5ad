// Checks of which a student sees the kind and nothing else. These are public with the rest of the
// project; an instructor's overlay may hold another hidden.cpp (docs/course/instructor.md).

#include "agree.hpp"
#include "checks.hpp"
#include "runs.hpp"

using namespace course;
using namespace tiny;

namespace {

void gradient_of_many() {
  Draw draw;
  for (int i = 0; i < 5; ++i) {
    Setting at{{draw.uniform(0.5, 2), draw.uniform(-1, 1), draw.uniform(0.4, 1)},
               draw.uniform(-2, 2),
               {draw.uniform(-1, 1), draw.uniform(0.3, 1.2)},
               {}};
    for (int k = 2 + draw.below(5); k > 0; --k) at.e.push_back(draw.uniform(-2, 2));
    const Table got = answer([&] {
      const Slopes s = iwae_gradient(at.line, at.x, at.q, at.e);
      return std::vector{s.loc, s.width};
    });
    judge([&] { judge_slopes(at, got); });
  }
}

/// Runs the program with a right library and with one that has a fault in it, in an order that is
/// drawn, each time on another model: all claims hold in the first case, and one breaks in the
/// second.
template <int piece>
void finds_a_fault() {
  Draw draw;
  const int fault = draw.below(kFaults), rounds = 8, certain = draw.below(rounds);
  for (int i = 0; i < rounds; ++i) {
    const bool faulty = draw.below(2) == 1 || i == certain;
    const Run got =
        run(draw_world(draw), library_with(row().pieces[piece], faulty ? fault : kNone));
    judge([&] {
      expect(!got.numbers.empty(), "there is a claim", "few");
      expect(all_hold(got) != faulty,
             faulty ? "a fault breaks a claim" : "every claim holds when the library is right",
             "library");
    });
  }
}

constexpr Check kHidden[] = {
    {"8.4", Kind::gradient, "other lines, more samples", 3, gradient_of_many},
    {"8.7", Kind::property, "a fault in the first function of the row", 4, finds_a_fault<0>},
    {"8.7", Kind::property, "a fault in the second function of the row", 4, finds_a_fault<1>},
};

}  // namespace

std::span<const Check> course::hidden_checks() { return kHidden; }
