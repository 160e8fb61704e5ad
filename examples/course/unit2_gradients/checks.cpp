// The checks of unit 2. Values and gradients are compared with differences of values that the judge
// computes in the plainest way.

#include "checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "agree.hpp"
#include "arrays.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// --- 2.1 sum to a shape -----------------------------------------------------------------------------

std::vector<double> summed(const Array& dy, const Shape& shape) {
  return answer([&] { return packed({sum_to(dy, shape)}); });
}

/// The matrix that the worked cases of 2.1 sum, or one near it.
Array two_by_three() {
  Draw draw;
  return near(draw, {2, 3}, {1, 2, 3, 10, 20, 30});
}

void sum_to_vector() {
  const Array dy = two_by_three();
  const std::vector<double> got = summed(dy, {3});
  judge([&] {
    note_array("dy", dy);
    note("the operand has the shape {3}: it was copied to both rows, so its gradient is their sum");
    const Array sum = judge_array("sum_to(dy, {3})", got, {3});
    const std::vector<double>& x = dy.data;
    const Mistake mistakes[] = {{"add", {x[0], x[1], x[2]}},
                                {"add", {x[3], x[4], x[5]}},
                                {"mean", {(x[0] + x[3]) / 2, (x[1] + x[4]) / 2, (x[2] + x[5]) / 2}},
                                {"place", {}}};
    expect_numbers("the sum over the rows", sum.data, true_sum_to(dy, {3}).data, mistakes);
  });
}

void sum_to_column() {
  const Array dy = two_by_three();
  const std::vector<double> got = summed(dy, {2, 1});
  judge([&] {
    note_array("dy", dy);
    note("the operand has the shape {2, 1}: each row has one number, copied to three columns");
    const Array sum = judge_array("sum_to(dy, {2, 1})", got, {2, 1});
    const std::vector<double>& x = dy.data;
    const Mistake mistakes[] = {{"add", {x[0], x[3]}}, {"add", {x[2], x[5]}}, {"place", {}}};
    expect_numbers("the sum of each row", sum.data, true_sum_to(dy, {2, 1}).data, mistakes);
  });
}

void sum_to_same() {
  const Array dy = two_by_three();
  const std::vector<double> got = summed(dy, dy.shape);
  judge([&] {
    note_array("dy", dy);
    note("the operand has dy's own shape: nothing was copied");
    expect_numbers("the sum", judge_array("sum_to(dy, {2, 3})", got, {2, 3}).data, dy.data,
                   std::vector<Mistake>{{"place", {}}});
  });
}

void sum_to_number() {
  const Array dy = two_by_three();
  for (const Shape& shape : {Shape{}, Shape{1, 1}}) {
    const std::vector<double> got = summed(dy, shape);
    judge([&] {
      note_array("dy", dy);
      note("the operand is one number, which was copied to all places");
      expect_numbers("the sum", judge_array("the sum", got, shape).data,
                     true_sum_to(dy, shape).data, std::vector<Mistake>{{"place", {}}});
    });
  }
}

void sum_to_three_axes() {
  Draw draw;
  const Array dy = draw_array(draw, {2, 3, 2});
  for (const Shape& shape : {Shape{3, 1}, Shape{2, 1, 2}, Shape{1, 3, 1}, Shape{2}}) {
    const std::vector<double> got = summed(dy, shape);
    judge([&] {
      note_array("dy", dy);
      note(fmt::format("an operand of {} axes; shapes are compared from the right", shape.size()));
      expect_numbers("the sum", judge_array("the sum", got, shape).data,
                     true_sum_to(dy, shape).data, std::vector<Mistake>{{"place", {}}});
    });
  }
}

void sum_to_refuses() {
  const Array dy = two_by_three();
  struct Case {
    Shape shape;
    const char* why;
  };
  for (const Case& wrong : {Case{{2}, "{2} against {2, 3}: the last axes are 2 and 3"},
                            Case{{3, 3}, "{3, 3} against {2, 3}: the first axes are 3 and 2"},
                            Case{{1, 2, 3}, "{1, 2, 3} has more axes than {2, 3}"}}) {
    const bool good = answer([&] { return refused([&] { sum_to(dy, wrong.shape); }); });
    judge([&] {
      note(wrong.why);
      expect(good, "an operand of this shape is refused, by std::invalid_argument", "refuse");
    });
  }
  const std::vector<double> got = summed(dy, {1, 3});
  judge([&] {
    note("{1, 3} is an operand of {2, 3}");
    expect_numbers("the sum", judge_array("the sum", got, {1, 3}).data,
                   true_sum_to(dy, {1, 3}).data);
  });
}

// --- 2.2 matrix product -----------------------------------------------------------------------------

void check_matmul(const Array& a, const Array& b, const Array& dy) {
  const std::vector<double> got = gradients_of(matmul_row, {a, b}, dy);
  judge([&] {
    std::vector<WrongGradients> mistakes;
    if (a.shape == b.shape && a.shape == dy.shape) {  // square: a wrong order has the right shape
      const auto product = [](const Array& x, const Array& y) { return kTrueMatmul.value({x, y}); };
      mistakes = {{"transpose", {product(dy, b), product(a, dy)}},
                  {"order", {product(b, dy), product(dy, a)}}};
    }
    judge_gradients(kTrueMatmul, {a, b}, dy, got, mistakes);
  });
}

void matmul_shapes() {
  Draw draw;
  const Array a = draw_array(draw, {2, 3}), b = draw_array(draw, {3, 4});
  check_matmul(a, b, draw_array(draw, {2, 4}));
}

void matmul_worked() {
  Draw draw;
  check_matmul(near(draw, {2, 2}, {1, 2, 3, 4}), near(draw, {2, 2}, {10, 20, 30, 40}),
               near(draw, {2, 2}, {1, 0, 0, 0}));
  check_matmul(near(draw, {2, 2}, {1, 2, 3, 4}), near(draw, {2, 2}, {10, 20, 30, 40}),
               near(draw, {2, 2}, {1, 5, 2, -3}));
}

void matmul_row_times_column() {
  Draw draw;
  check_matmul(near(draw, {1, 3}, {1, 2, 3}), near(draw, {3, 1}, {4, 5, 6}),
               near(draw, {1, 1}, {10}));
  check_matmul(near(draw, {3, 1}, {1, 2, 3}), near(draw, {1, 2}, {4, 5}),
               near(draw, {3, 2}, {1, 2, 3, 4, 5, 6}));
}

void matmul_any() {
  Draw draw;
  for (int i = 0; i < 8; ++i) {
    const int n = 1 + draw.below(4), k = 1 + draw.below(4), m = 1 + draw.below(4);
    const Array a = draw_array(draw, {n, k}), b = draw_array(draw, {k, m});
    check_matmul(a, b, draw_array(draw, {n, m}));
  }
}

// --- 2.3 sums of exponentials -----------------------------------------------------------------------

void logsumexp_worked() {
  Draw draw;
  const Array x = near(draw, {2, 2}, {0, 0, 1, 2});
  const std::vector<double> got = value_of(logsumexp_row, {x});
  judge([&] {
    note("log(1 + 1) = 0.693; log(e + e^2) = 2.313, when the rows are 0 0 and 1 2");
    std::vector<double> lost =
        kTrueLogSumExp.value({x}).data;  // the largest number is not added again
    for (std::size_t i = 0; i < 2; ++i) lost[i] -= std::max(x.data[2 * i], x.data[2 * i + 1]);
    judge_value(
        kTrueLogSumExp, {x}, got,
        {{"log",
          {std::exp(x.data[0]) + std::exp(x.data[1]), std::exp(x.data[2]) + std::exp(x.data[3])}},
         {"added_again", lost},
         {"rows", {}}});
  });
}

void logsumexp_far_out() {
  Draw draw;
  const double large = draw.beyond(1000);
  for (const std::vector<double>& row :
       {std::vector{large, large}, std::vector{-large, -large - 1}, std::vector{large, -kInfinity},
        std::vector{-kInfinity, 3.0}, std::vector{700.0, 720.0}}) {
    const Array x{{1, 2}, row};
    const std::vector<double> got = value_of(logsumexp_row, {x});
    judge([&] {
      note("exp(710) is infinite in double, and exp(-750) is 0; the result is neither");
      judge_value(kTrueLogSumExp, {x}, got, {{"largest", {}}});
    });
  }
}

void logsumexp_gradient() {
  Draw draw;
  const Array x = near(draw, {2, 3}, {0, 1, -1, 2, 0.5, 1}), dy = near(draw, {2}, {1, 10});
  const std::vector<double> got = gradients_of(logsumexp_row, {x}, dy);
  judge([&] {
    note("the slopes of a row are its softmax: they are positive and sum to dy of that row");
    Array unnormalised = x;
    for (std::size_t i = 0; i < x.data.size(); ++i)
      unnormalised.data[i] = dy.data[i / 3] * std::exp(x.data[i]);
    judge_gradients(kTrueLogSumExp, {x}, dy, got, {{"softmax", {unnormalised}}});
  });
}

void softmax_worked() {
  Draw draw;
  const Array x = near(draw, {2, 3}, {0, 1, -1, 2, 0.5, 1});
  const std::vector<double> got = value_of(softmax_row, {x});
  judge([&] {
    Array whole = kTrueSoftmax.value({{{1, 6}, x.data}});
    judge_value(kTrueSoftmax, {x}, got, {{"rows", whole.data}, {"softmax", {}}});
  });
}

void softmax_far_out() {
  Draw draw;
  const double large = draw.beyond(1000);
  const Array x{{2, 3}, {large, large, -large, -large, -kInfinity, -large - 1}};
  const std::vector<double> got = value_of(softmax_row, {x});
  judge([&] { judge_value(kTrueSoftmax, {x}, got, {{"largest", {}}}); });
}

void softmax_gradient() {
  Draw draw;
  const Array x = near(draw, {2, 3}, {0, 1, -1, 2, 0.5, 1});
  const Array dy = near(draw, {2, 3}, {1, -2, 3, 0.5, 4, -1});
  const std::vector<double> got = gradients_of(softmax_row, {x}, dy);
  judge([&] {
    note("each y moves with every x of its row: up with its own, down with the others");
    const Array y = kTrueSoftmax.value({x});
    Array alone = y, sum = y;
    for (std::size_t i = 0; i < y.data.size(); ++i) {
      alone.data[i] = dy.data[i] * y.data[i] * (1 - y.data[i]);
      sum.data[i] = dy.data[i] * y.data[i];
    }
    judge_gradients(kTrueSoftmax, {x}, dy, got, {{"others", {alone}}, {"others", {sum}}});
  });
}

// --- 2.4 cross entropy of a logit -------------------------------------------------------------------

void bce_worked() {
  Draw draw;
  const Array l = near(draw, {4}, {0, 2, -1, 0.5});
  const Array t{{4}, {1, 0, 1, draw.uniform(0.2, 0.8)}};
  const std::vector<double> got = value_of(bce_row, {l, t});
  judge([&] {
    note("log 2 = 0.693 for l = 0, whatever t is");
    Array exchanged = t;
    for (double& x : exchanged.data) x = 1 - x;
    Array negative = kTrueBce.value({l, t});
    for (double& x : negative.data) x = -x;
    judge_value(kTrueBce, {l, t}, got,
                {{"target", kTrueBce.value({l, exchanged}).data},
                 {"minus", negative.data},
                 {"formula", {}}});
  });
}

void bce_far_out() {
  Draw draw;
  const double large = draw.beyond(1000);
  const Array l{{4}, {large, large, -large, 40}}, t{{4}, {1, 0, 1, 1}};
  const std::vector<double> got = value_of(bce_row, {l, t});
  judge([&] {
    note(
        "p is 1 in double from l = 37 on, and log(1 - p) is minus infinity; y is 0, l, -l, "
        "exp(-l)");
    judge_value(kTrueBce, {l, t}, got, {{"stable", {}}});
  });
}

void bce_small_digits() {
  Draw draw;
  const double l = draw.near(40);
  const double got = answer([&] { return kBce.forward({{{1}, {l}}, {{1}, {1}}}).data.at(0); });
  judge([&] {
    note(fmt::format("l = {:g}, t = 1: y = log(1 + exp(-l)) = {:.4g}, small and not 0", l,
                     std::exp(-l)));
    const Mistake lost[] = {{"log1p", {0}}, {"log1p", {}}};
    expect_number("y / exp(-l)", got / std::exp(-l), 1, lost, 1e-6);
  });
}

void bce_gradient() {
  Draw draw;
  const Array l = near(draw, {4}, {0, 2, -1, 0.5});
  const Array t{{4}, {1, 0, 1, draw.uniform(0.2, 0.8)}}, dy = near(draw, {4}, {1, -2, 3, 10});
  const std::vector<double> got = gradients_of(bce_row, {l, t}, dy);
  judge([&] {
    note("dL/dl is the famous p - t, times dL/dy");
    Array residual = l, minus = l, slope_of_p = l, dt = l;
    for (std::size_t i = 0; i < l.data.size(); ++i) {
      const double p = 1 / (1 + std::exp(-l.data[i]));
      residual.data[i] = dy.data[i] * (t.data[i] - p);
      slope_of_p.data[i] = dy.data[i] * (p - t.data[i]) * p * (1 - p);
      minus.data[i] = dy.data[i] * l.data[i];
      dt.data[i] = -minus.data[i];
    }
    Array forgotten = dt;
    for (double& x : forgotten.data) x = 0;
    judge_gradients(kTrueBce, {l, t}, dy, got,
                    {{"sign", {residual, dt}},
                     {"twice", {slope_of_p, dt}},
                     {"second", {l, minus}},
                     {"second", {l, forgotten}}});
  });
}

void bce_gradient_far_out() {
  Draw draw;
  const double large = draw.beyond(1000);
  const Array l{{4}, {large, large, -large, -large}}, t{{4}, {1, 0, 1, 0}};
  const Array dy = near(draw, {4}, {1, 2, 3, 4});
  const std::vector<double> got = answer([&] {
    return kBce.backward({l, t}, kBce.forward({l, t}), dy).at(0).data;
  });
  judge([&] {
    note("p - t is 0, 1, -1, 0 there");
    expect_numbers("dL/dl", got, {0, dy.data[1], -dy.data[2], 0},
                   std::vector<Mistake>{{"stable", {}}});
  });
}

// --- 2.5 an op of your own --------------------------------------------------------------------------

void variation_value() {
  Draw draw;
  const Arrays in{near(draw, {2, 3}, {1, 2, 3, 10, 20, 30}), near(draw, {3}, {0, 0.5, -1})};
  const std::string name = answer([&] { return std::string(kVariation.name); });
  const std::vector<double> got = value_of(variation_row, in);
  judge([&] {
    expect(name == variation().name, fmt::format("the row's name is {}", variation().name));
    judge_value(variation(), in, got, {{"formula", {}}});
  });
}

void variation_gradient() {
  Draw draw;
  const Arrays in{near(draw, {2, 3}, {1, 2, 3, 10, 20, 30}), near(draw, {3}, {0, 0.5, -1})};
  const Array dy = near(draw, {2, 3}, {1, -1, 2, 3, 0.5, -2});
  const std::vector<double> got = gradients_of(variation_row, in, dy);
  judge([&] {
    Arrays first_row = true_gradients(variation(), in, dy), mean = first_row;
    Array of_one = dy;
    for (std::size_t i = 3; i < 6; ++i) of_one.data[i] = 0;
    first_row[1] = true_gradients(variation(), in, of_one)[1];
    for (double& x : mean[1].data) x /= 2;
    judge_gradients(variation(), in, dy, got, {{"sum", first_row}, {"sum", mean}});
  });
}

void variation_samples() {
  Draw draw;
  const double phase = draw.uniform(0, 6);
  std::vector<Arrays> samples;
  const int count = answer([&] {
    samples = kVariation.samples();
    return static_cast<int>(samples.size());
  });
  judge(
      [&] { expect(1 <= count && count <= 20, "there are samples, and not too many", "samples"); });
  bool several = false, one_row = false, one_column = false, negative = false, positive = false;
  for (int i = 0; i < std::min(count, 20); ++i) {
    const std::vector<double> in = answer([&] { return packed(samples.at(i)); });
    const std::vector<double> got = answer([&] {
      const Array y = kVariation.forward(samples.at(i));
      Array dy = y;
      for (std::size_t k = 0; k < dy.data.size(); ++k)
        dy.data[k] = std::cos(phase + 3.0 * double(k));
      return packed(kVariation.backward(samples.at(i), y, dy));
    });
    judge([&] {
      const Arrays at = judge_operands(fmt::format("sample {}", i), in);
      Array dy = at[0];
      for (std::size_t k = 0; k < dy.data.size(); ++k)
        dy.data[k] = std::cos(phase + 3.0 * double(k));
      judge_gradients(variation(), at, dy, got);
      const int n = at[0].shape[0], d = at[0].shape[1];
      several = several || (n > 1 && d > 1 && n != d);
      one_row = one_row || n == 1;
      one_column = one_column || d == 1;
      for (const Array& a : at)
        for (const double x : a.data) negative = negative || x < 0, positive = positive || x > 0;
    });
  }
  judge([&] {
    expect(several, "one sample has several rows and columns, not as many of both", "samples");
    expect(one_row, "one sample has a single row, where nothing is summed", "samples");
    expect(one_column, "one sample has a single column", "samples");
    expect(negative && positive, "there are numbers below and above 0", "samples");
  });
}

// --- 2.6 a test -------------------------------------------------------------------------------------

// Ops to be tested: y_ij = f x_ij v_j for a matrix {n, d} and a vector {d}. The factor is drawn, and
// all have one name, so that only their numbers tell.
double f = 1;

Array outer_value(const Arrays& in) {
  Array y = in[0];
  for (std::size_t i = 0; i < y.data.size(); ++i)
    y.data[i] *= f * in[1].data[i % in[1].data.size()];
  return y;
}

Arrays outer_back(const Arrays& in, const Array&, const Array& dy) {
  Arrays d = in;
  const std::size_t n = in[1].data.size();
  d[1].data.assign(n, 0);
  for (std::size_t i = 0; i < dy.data.size(); ++i) {
    d[0].data[i] = f * dy.data[i] * in[1].data[i % n];
    d[1].data[i % n] += f * dy.data[i] * in[0].data[i];
  }
  return d;
}

std::vector<Arrays> subject_samples() {
  return {{{{2, 3}, {1, -2, 0.5, 0.1, 3, -1}}, {{3}, {0.3, -1.2, 2}}},
          {{{3, 2}, {0.7, -0.4, 1.5, 2.5, -1, 0.2}}, {{2}, {-0.6, 1.1}}},
          {{{1, 4}, {1, -2, 0.5, 3}}, {{4}, {0.7, -0.4, 0.9, 1}}}};
}

using Back = Arrays (*)(const Arrays&, const Array&, const Array&);
struct Wrong {
  const char* what;
  const char* hint;
  Back backward;
};

const Wrong kWrong[] = {
    {"the second operand's gradient is that of the last row alone", "second",
     [](const Arrays& in, const Array& y, const Array& dy) {
       Arrays d = outer_back(in, y, dy);
       const std::size_t n = in[1].data.size();
       for (std::size_t i = 0; i < dy.data.size(); ++i)
         d[1].data[i % n] = f * dy.data[i] * in[0].data[i];
       return d;
     }},
    {"dy is taken for 1", "weights",
     [](const Arrays& in, const Array& y, const Array& dy) {
       Array ones = dy;
       for (double& x : ones.data) x = 1;
       return outer_back(in, y, ones);
     }},
    {"dy is summed first: right when all of it is equal", "weights",
     [](const Arrays& in, const Array& y, const Array& dy) {
       Array even = dy;
       double sum = 0;
       for (const double x : dy.data) sum += x;
       for (double& x : even.data) x = sum / static_cast<double>(dy.data.size());
       return outer_back(in, y, even);
     }},
    {"the first operand's gradient has the wrong sign", "compare",
     [](const Arrays& in, const Array& y, const Array& dy) {
       Arrays d = outer_back(in, y, dy);
       for (double& x : d[0].data) x = -x;
       return d;
     }},
    {"right for a matrix of two rows only", "samples",
     [](const Arrays& in, const Array& y, const Array& dy) {
       Arrays d = outer_back(in, y, dy);
       if (in[0].shape[0] != 2)
         for (double& x : d[1].data) x *= 2;
       return d;
     }},
    {"one percent too large in one element", "tolerance",
     [](const Arrays& in, const Array& y, const Array& dy) {
       Arrays d = outer_back(in, y, dy);
       d[0].data.back() *= 1.01;
       return d;
     }},
    {"the second gradient has the shape of the first", "shapes",
     [](const Arrays& in, const Array& y, const Array& dy) {
       Arrays d = outer_back(in, y, dy);
       d[1].shape = {1, in[1].shape[0]};
       return d;
     }},
};

inline bool judged_right(Back backward) {
  return gradient_is_right({"subject", outer_value, backward, subject_samples});
}

/// The student's test is shown the right op and a wrong one, in an order that is drawn.
template <int wrong>
void catches() {
  Draw draw;
  f = draw.near(1.5);
  check_test(draw, 16,
             {"y_ij = f x_ij v_j with its gradient", kWrong[wrong].what, kWrong[wrong].hint},
             [&](bool right) { return judged_right(right ? outer_back : kWrong[wrong].backward); });
}

void accepts_what_is_right() {
  Draw draw;
  std::vector<int> is_right, said;
  for (int i = 0; i < 24; ++i) {
    f = draw.near(0.8) * (1 + i % 3);
    is_right.push_back(draw.below(4) > 0);
    said.push_back(answer(
        [&] { return judged_right(is_right.back() ? outer_back : kWrong[3].backward) ? 1 : 0; }));
  }
  judge([&] {
    note("your test is shown y_ij = f x_ij v_j for several f");
    for (std::size_t i = 0; i < said.size(); ++i) {
      expect(!is_right[i] || said[i] == 1, "your test lets the right gradient pass", "passes");
      expect(is_right[i] || said[i] == 0, "your test turns down one with the wrong sign",
             "compare");
    }
  });
}

constexpr Check kChecks[] = {
    {"2.1", Kind::shape, "{2, 3} to {3}: the rows are summed", 4, sum_to_vector, "shape"},
    {"2.1", Kind::worked, "{2, 3} to {2, 1}: each row is summed", 3, sum_to_column, "place"},
    {"2.1", Kind::edge, "the same shape is left as it is", 1, sum_to_same, "place"},
    {"2.1", Kind::edge, "one number gets everything", 2, sum_to_number, "shape"},
    {"2.1", Kind::edge, "shapes that do not fit are refused", 2, sum_to_refuses, "refuse"},
    {"2.1", Kind::property, "three axes", 3, sum_to_three_axes, "place"},
    {"2.2", Kind::shape, "{2, 3} times {3, 4}: a gradient for each, in its shape", 3, matmul_shapes,
     "shape"},
    {"2.2", Kind::worked, "two by two, where a wrong order has the right shape", 4, matmul_worked,
     "transpose"},
    {"2.2", Kind::edge, "a row times a column, and the other way", 3, matmul_row_times_column,
     "shape"},
    {"2.2", Kind::property, "any three sizes", 5, matmul_any, "slope"},
    {"2.3", Kind::worked, "logsumexp of two rows", 2, logsumexp_worked, "rows"},
    {"2.3", Kind::edge, "logsumexp at 1000, -1000 and -infinity", 3, logsumexp_far_out, "largest"},
    {"2.3", Kind::gradient, "logsumexp", 5, logsumexp_gradient, "softmax"},
    {"2.3", Kind::worked, "softmax of two rows", 2, softmax_worked, "softmax"},
    {"2.3", Kind::edge, "softmax at 1000, -1000 and -infinity", 2, softmax_far_out, "largest"},
    {"2.3", Kind::gradient, "softmax", 6, softmax_gradient, "others"},
    {"2.4", Kind::worked, "bce of four logits", 3, bce_worked, "formula"},
    {"2.4", Kind::edge, "bce at 1000 and -1000", 3, bce_far_out, "stable"},
    {"2.4", Kind::edge, "bce where it is 1e-18", 2, bce_small_digits, "log1p"},
    {"2.4", Kind::gradient, "bce, with respect to logit and target", 4, bce_gradient, "slope"},
    {"2.4", Kind::edge, "its gradient at 1000 and -1000", 2, bce_gradient_far_out, "stable"},
    {"2.5", Kind::worked, "the row and its value", 3, variation_value, "formula"},
    {"2.5", Kind::gradient, "its gradients", 6, variation_gradient, "sum"},
    {"2.5", Kind::edge, "its samples", 4, variation_samples, "samples"},
    {"2.6", Kind::property, "what is right passes, a wrong sign does not", 5, accepts_what_is_right,
     "passes"},
    {"2.6", Kind::property, "catches the gradient of one row only", 2, catches<0>, "second"},
    {"2.6", Kind::property, "catches dy taken for 1", 2, catches<1>, "weights"},
    {"2.6", Kind::property, "catches a dy that was summed first", 1, catches<2>, "weights"},
    {"2.6", Kind::property, "catches a wrong sign of the first operand", 1, catches<3>, "compare"},
    {"2.6", Kind::property, "catches what is right for two rows only", 2, catches<4>, "samples"},
    {"2.6", Kind::property, "catches one percent in one element", 3, catches<5>, "tolerance"},
    {"2.6", Kind::property, "catches a gradient of the wrong shape", 2, catches<6>, "shapes"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
