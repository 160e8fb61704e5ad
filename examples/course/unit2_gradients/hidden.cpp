// Checks of which a student sees the kind and nothing else. These are public with the rest of the
// project; an instructor's overlay may hold another hidden.cpp (docs/course/instructor.md).

#include "agree.hpp"
#include "checks.hpp"
#include "variation.hpp"

using namespace course;

namespace {

void any_rows() {
  Draw draw;
  for (int i = 0; i < 6; ++i) {
    const int n = 1 + draw.below(4), d = 1 + draw.below(4);
    const Array x = draw_array(draw, {n, d}, -4, 4);
    const Array of_sum = draw_array(draw, {n}), of_softmax = draw_array(draw, {n, d});
    const std::vector<double> sum = gradients_of(logsumexp_row, {x}, of_sum);
    const std::vector<double> softmax = gradients_of(softmax_row, {x}, of_softmax);
    judge([&] {
      judge_gradients(kTrueLogSumExp, {x}, of_sum, sum);
      judge_gradients(kTrueSoftmax, {x}, of_softmax, softmax);
    });
  }
}

void any_logits() {
  Draw draw;
  for (int i = 0; i < 6; ++i) {
    const Shape shape{1 + draw.below(3), 1 + draw.below(3)};
    const Array l = draw_array(draw, shape, -6, 6), t = draw_array(draw, shape, 0, 1);
    const Array dy = draw_array(draw, shape);
    const std::vector<double> got = gradients_of(bce_row, {l, t}, dy);
    judge([&] { judge_gradients(kTrueBce, {l, t}, dy, got); });
  }
}

void any_operands() {
  Draw draw;
  for (int i = 0; i < 6; ++i) {
    const int n = 1 + draw.below(5), d = 1 + draw.below(5);
    const Arrays in{draw_array(draw, {n, d}), draw_array(draw, {d}, -1, 1)};
    const Array dy = draw_array(draw, {n, d});
    const std::vector<double> got = gradients_of(variation_row, in, dy);
    judge([&] { judge_gradients(variation(), in, dy, got); });
  }
}

constexpr Check kHidden[] = {
    {"2.3", Kind::property, "rows of any size", 2, any_rows},
    {"2.4", Kind::property, "logits and targets at random", 1, any_logits},
    {"2.5", Kind::property, "operands of any size", 2, any_operands},
};

}  // namespace

std::span<const Check> course::hidden_checks() { return kHidden; }
