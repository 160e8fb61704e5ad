// What the judge knows and how it compares.

#include "agree.hpp"

#include <algorithm>

#include "failure.hpp"

using namespace course;

// --- Values that are right, written in the plainest way that holds for moderate numbers -------------

static Array matmul_value(const Arrays& in) {
  const int n = in[0].shape[0], k = in[0].shape[1], m = in[1].shape[1];
  Array y{{n, m}, std::vector<double>(static_cast<std::size_t>(n * m))};
  for (int i = 0; i < n * m; ++i)
    for (int h = 0; h < k; ++h) y.data[i] += in[0].data[i / m * k + h] * in[1].data[h * m + i % m];
  return y;
}

static Array logsumexp_value(const Arrays& in) {
  const int n = in[0].shape[0], d = in[0].shape[1];
  Array y{{n}, {}};
  for (int i = 0; i < n; ++i) {
    const auto row = in[0].data.begin() + i * d;
    const double most = *std::max_element(row, row + d);
    double sum = 0;
    for (int j = 0; j < d; ++j) sum += std::exp(row[j] - most);
    y.data.push_back(most + std::log(sum));
  }
  return y;
}

static Array softmax_value(const Arrays& in) {
  const Array sums = logsumexp_value(in);
  Array y = in[0];
  const std::size_t d = static_cast<std::size_t>(in[0].shape[1]);
  for (std::size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = std::exp(y.data[i] - sums.data[i / d]);
  return y;
}

static Array bce_value(const Arrays& in) {
  Array y = in[0];
  for (std::size_t i = 0; i < y.data.size(); ++i) {
    const double l = in[0].data[i];
    y.data[i] = (l > 0 ? l : 0) + std::log1p(std::exp(l > 0 ? -l : l)) - in[1].data[i] * l;
  }
  return y;
}

const Truth kTrueMatmul{"matmul", "y_ij = sum_h a_ih b_hj", matmul_value};
const Truth kTrueLogSumExp{"logsumexp", "y_i = log sum_j exp(x_ij)", logsumexp_value};
const Truth kTrueSoftmax{"softmax", "y_ij = exp(x_ij) / sum_k exp(x_ik)", softmax_value};
const Truth kTrueBce{"bce", "y = -t log p - (1 - t) log(1 - p)", bce_value};

Array true_sum_to(const Array& dy, const Shape& shape) {
  Array sum{shape, std::vector<double>(static_cast<std::size_t>(count_of(shape)))};
  const std::size_t missing = dy.shape.size() - shape.size();
  std::vector<int> at(dy.shape.size());  // counts through dy, the last axis first
  for (const double x : dy.data) {
    int to = 0;
    for (std::size_t axis = missing; axis < at.size(); ++axis)
      to = to * shape[axis - missing] + (shape[axis - missing] == 1 ? 0 : at[axis]);
    sum.data[static_cast<std::size_t>(to)] += x;
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < dy.shape[axis]) break;
      at[axis] = 0;
    }
  }
  return sum;
}

Arrays true_gradients(const Truth& op, const Arrays& in, const Array& dy) {
  Arrays all = in, at = in;
  for (std::size_t k = 0; k < in.size(); ++k)
    for (std::size_t i = 0; i < in[k].data.size(); ++i) {
      all[k].data[i] = slope(
          [&](double x) {
            at[k].data[i] = x;
            const Array y = op.value(at);
            double sum = 0;
            for (std::size_t j = 0; j < y.data.size(); ++j) sum += dy.data[j] * y.data[j];
            return sum;
          },
          in[k].data[i]);
      at[k].data[i] = in[k].data[i];
    }
  return all;
}

// --- Answers ----------------------------------------------------------------------------------------

static std::string words(const Shape& shape) {
  std::string all;
  for (const int axis : shape) all += fmt::format("{}{}", all.empty() ? "" : ", ", axis);
  return "{" + all + "}";
}

/// The arrays of an answer, whatever it holds.
static Arrays unpacked(const std::vector<double>& all) {
  Arrays arrays;
  std::size_t at = 0;
  const auto next = [&](double most) {
    const double x = at < all.size() ? all[at++] : -1;
    if (!(0 <= x && x <= most && x == std::floor(x)))
      throw Failure{.what = "an array of the answer cannot be read"};
    return static_cast<std::size_t>(x);
  };
  while (at < all.size()) {
    Array a;
    for (std::size_t axes = next(8); axes > 0; --axes)
      a.shape.push_back(static_cast<int>(next(1e6)));
    const std::size_t count = next(1e6);
    for (std::size_t i = 0; i < count; ++i) a.data.push_back(at < all.size() ? all[at++] : NAN);
    arrays.push_back(std::move(a));
  }
  return arrays;
}

static const Array& shaped(const std::string& what, const Array& a, const Shape& shape,
                           const char* hint) {
  expect(a.shape == shape,
         fmt::format("{} has the shape {}; got {}", what, words(shape), words(a.shape)), hint);
  expect(static_cast<int>(a.data.size()) == count_of(shape),
         fmt::format("{} of shape {} holds {} numbers; got {}", what, words(shape), count_of(shape),
                     a.data.size()),
         hint);
  return a;
}

Array judge_array(const std::string& what, const std::vector<double>& got, const Shape& shape,
                  const char* hint) {
  const Arrays arrays = unpacked(got);
  expect(arrays.size() == 1, what + " is one array", hint);
  return shaped(what, arrays[0], shape, hint);
}

Arrays judge_operands(const std::string& what, const std::vector<double>& got) {
  const Arrays in = unpacked(got);
  const bool good = in.size() == 2 && in[0].shape.size() == 2 && in[1].shape.size() == 1 &&
                    in[0].shape[1] == in[1].shape[0] && in[0].shape[0] > 0 && in[1].shape[0] > 0 &&
                    in[0].data.size() + in[1].data.size() <= 100 &&
                    static_cast<int>(in[0].data.size()) == count_of(in[0].shape) &&
                    static_cast<int>(in[1].data.size()) == count_of(in[1].shape);
  expect(good,
         what +
             " is a matrix {n, d} and a vector {d}, with as many numbers as their shapes say, "
             "100 at most",
         "samples");
  return in;
}

void note_array(const std::string& name, const Array& a) {
  std::string line = fmt::format("{} {}:", name, words(a.shape));
  const std::size_t row = a.shape.empty() ? 1 : static_cast<std::size_t>(a.shape.back());
  for (std::size_t i = 0; i < a.data.size(); ++i)
    line += fmt::format("{} {:.4g}", i > 0 && i % row == 0 ? " |" : "", a.data[i]);
  note(line);
}

static void note_inputs(const Truth& op, const Arrays& in) {
  note(fmt::format("{}: {}", op.name, op.formula));
  for (std::size_t k = 0; k < in.size(); ++k) note_array(fmt::format("operand {}", k), in[k]);
}

void judge_value(const Truth& op, const Arrays& in, const std::vector<double>& got,
                 const std::vector<Mistake>& mistakes) {
  note_inputs(op, in);
  const Array right = op.value(in);
  expect_numbers(fmt::format("value of {}", op.name),
                 judge_array(fmt::format("the value of {}", op.name), got, right.shape).data,
                 right.data, mistakes);
}

void judge_gradients(const Truth& op, const Arrays& in, const Array& dy,
                     const std::vector<double>& got, const std::vector<WrongGradients>& mistakes) {
  note_inputs(op, in);
  note_array("dL/dy", dy);
  const Arrays answer = unpacked(got), right = true_gradients(op, in, dy);
  expect_equal("gradients, one for each operand", static_cast<int>(answer.size()),
               static_cast<int>(in.size()), "shape");
  Array ones = dy;
  for (double& x : ones.data) x = 1;
  const Arrays without_dy = true_gradients(op, in, ones);
  for (std::size_t k = 0; k < in.size(); ++k) {
    const std::string what = fmt::format("the gradient of operand {}", k);
    shaped(what, answer[k], in[k].shape, "shape");
    std::vector<Mistake> known{{"dy", without_dy[k].data}};
    for (const WrongGradients& wrong : mistakes)
      known.push_back({wrong.hint, wrong.answer[k].data});
    known.push_back({"slope", {}});
    expect_numbers(what, answer[k].data, right[k].data, known, 1e-7);
  }
}
