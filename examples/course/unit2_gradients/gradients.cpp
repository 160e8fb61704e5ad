#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "arrays.hpp"

namespace tiny {

int size_of(const Shape& shape) {
  int size = 1;
  for (const int axis : shape) size *= axis;
  return size;
}

Array zeros(const Shape& shape) { return {shape, std::vector<double>(size_of(shape))}; }

std::string text(const Shape& shape) {
  std::string all;
  for (const int axis : shape) all += (all.empty() ? "" : ", ") + std::to_string(axis);
  return "{" + all + "}";
}

// --- 2.1  Sum to a shape ----------------------------------------------------------------------------
Array sum_to(const Array& dy, const Shape& shape) {
  // SOLUTION 2.1 begin
  // STARTER todo("2.1", "sum a gradient to the shape of an operand");
  const int rank = static_cast<int>(dy.shape.size()),
            missing = rank - static_cast<int>(shape.size());
  if (missing < 0) throw std::invalid_argument("sum_to: more axes than the gradient has");
  for (int axis = missing; axis < rank; ++axis)
    if (shape[axis - missing] != 1 && shape[axis - missing] != dy.shape[axis])
      throw std::invalid_argument("sum_to: " + text(shape) + " is not broadcast to " +
                                  text(dy.shape));
  Array sum = zeros(shape);
  for (int i = 0; i < size_of(dy.shape); ++i) {
    // The element's place on each axis, from the last to the first, and its place in the sum.
    int rest = i, to = 0, stride = 1;
    for (int axis = rank - 1; axis >= missing; --axis) {
      const int place = rest % dy.shape[axis];
      rest /= dy.shape[axis];
      to += stride * (shape[axis - missing] == 1 ? 0 : place);
      stride *= shape[axis - missing];
    }
    sum.data[to] += dy.data[i];
  }
  return sum;
  // SOLUTION 2.1 end
}

// --- 2.2  Matrix product ----------------------------------------------------------------------------
static Array forward_matmul(const Arrays& in) {
  const int n = in[0].shape[0], k = in[0].shape[1], m = in[1].shape[1];
  Array y = zeros({n, m});
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < m; ++j)
      for (int h = 0; h < k; ++h)
        y.data[i * m + j] += in[0].data[i * k + h] * in[1].data[h * m + j];
  return y;
}
static Arrays back_matmul(const Arrays& in, const Array& y, const Array& dy) {
  // SOLUTION 2.2 begin
  // STARTER todo("2.2", "the gradient of a matrix product");
  const int n = in[0].shape[0], k = in[0].shape[1], m = in[1].shape[1];
  Array da = zeros({n, k}), db = zeros({k, m});
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < m; ++j)
      for (int h = 0; h < k; ++h) {
        da.data[i * k + h] += dy.data[i * m + j] * in[1].data[h * m + j];
        db.data[h * m + j] += in[0].data[i * k + h] * dy.data[i * m + j];
      }
  return {da, db};
  // SOLUTION 2.2 end
}
static std::vector<Arrays> samples_matmul() {
  return {{{{2, 3}, {1, -2, 0.5, 0, 3, -1}}, {{3, 1}, {2, -1, 0.3}}}};
}
const Op kMatmul{"matmul", forward_matmul, back_matmul, samples_matmul};

// --- 2.3  Sums of exponentials ----------------------------------------------------------------------
static Array forward_logsumexp(const Arrays& in) {
  // SOLUTION 2.3 begin
  // STARTER todo("2.3", "log of the sum of exponentials of each row");
  const Array& x = in[0];
  const int n = x.shape[0], d = x.shape[1];
  Array y = zeros({n});
  for (int i = 0; i < n; ++i) {
    const double most = *std::max_element(&x.data[i * d], &x.data[i * d] + d);
    for (int j = 0; j < d; ++j) y.data[i] += std::exp(x.data[i * d + j] - most);
    y.data[i] = most + std::log(y.data[i]);
  }
  return y;
  // SOLUTION 2.3 end
}
static Arrays back_logsumexp(const Arrays& in, const Array& y, const Array& dy) {
  // SOLUTION 2.3 begin
  // STARTER todo("2.3", "the gradient of logsumexp");
  const int n = in[0].shape[0], d = in[0].shape[1];
  Array dx = zeros({n, d});
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < d; ++j)
      dx.data[i * d + j] = dy.data[i] * std::exp(in[0].data[i * d + j] - y.data[i]);
  return {dx};
  // SOLUTION 2.3 end
}
static Array forward_softmax(const Arrays& in) {
  // SOLUTION 2.3 begin
  // STARTER todo("2.3", "the softmax of each row");
  const Array sum = forward_logsumexp(in);
  const int n = in[0].shape[0], d = in[0].shape[1];
  Array y = zeros({n, d});
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < d; ++j) y.data[i * d + j] = std::exp(in[0].data[i * d + j] - sum.data[i]);
  return y;
  // SOLUTION 2.3 end
}
static Arrays back_softmax(const Arrays& in, const Array& y, const Array& dy) {
  // SOLUTION 2.3 begin
  // STARTER todo("2.3", "the gradient of softmax");
  const int n = y.shape[0], d = y.shape[1];
  Array dx = zeros({n, d});
  for (int i = 0; i < n; ++i) {
    double mean = 0;  // of dy, weighted by the softmax itself
    for (int j = 0; j < d; ++j) mean += y.data[i * d + j] * dy.data[i * d + j];
    for (int j = 0; j < d; ++j)
      dx.data[i * d + j] = y.data[i * d + j] * (dy.data[i * d + j] - mean);
  }
  return {dx};
  // SOLUTION 2.3 end
}
static std::vector<Arrays> samples_rows() { return {{{{2, 3}, {1, -2, 0.5, 0, 3, -1}}}}; }
const Op kLogSumExp{"logsumexp", forward_logsumexp, back_logsumexp, samples_rows};
const Op kSoftmax{"softmax", forward_softmax, back_softmax, samples_rows};

// --- 2.4  Cross entropy of a logit ------------------------------------------------------------------
static Array forward_bce(const Arrays& in) {
  // SOLUTION 2.4 begin
  // STARTER todo("2.4", "the cross entropy of a logit");
  Array y = zeros(in[0].shape);
  for (std::size_t i = 0; i < y.data.size(); ++i) {
    const double l = in[0].data[i], t = in[1].data[i];
    y.data[i] = std::max(l, 0.0) - l * t + std::log1p(std::exp(-std::abs(l)));
  }
  return y;
  // SOLUTION 2.4 end
}
static Arrays back_bce(const Arrays& in, const Array& y, const Array& dy) {
  // SOLUTION 2.4 begin
  // STARTER todo("2.4", "the gradient of the cross entropy");
  Array dl = zeros(y.shape), dt = zeros(y.shape);
  for (std::size_t i = 0; i < y.data.size(); ++i) {
    const double l = in[0].data[i], t = in[1].data[i];
    const double e = std::exp(-std::abs(l)), p = (l > 0 ? 1 : e) / (1 + e);
    dl.data[i] = dy.data[i] * (p - t);
    dt.data[i] = dy.data[i] * -l;
  }
  return {dl, dt};
  // SOLUTION 2.4 end
}
static std::vector<Arrays> samples_bce() { return {{{{3}, {1, -2, 0.5}}, {{3}, {0, 1, 0.25}}}}; }
const Op kBce{"bce", forward_bce, back_bce, samples_bce};

// VARIATION 2.5

// --- 2.6  A test ------------------------------------------------------------------------------------
bool gradient_is_right(const Op& op) {
  // SOLUTION 2.6 begin
  // STARTER todo("2.6", "a test of an op's gradient");
  // L = sum_i w_i y_i with weights that have nothing special, so dL/dy = w.
  const auto weight = [](std::size_t i) { return std::cos(1.0 + 2.0 * static_cast<double>(i)); };
  const auto loss = [&](const Arrays& in) {
    const Array y = op.forward(in);
    double sum = 0;
    for (std::size_t i = 0; i < y.data.size(); ++i) sum += weight(i) * y.data[i];
    return sum;
  };
  for (Arrays in : op.samples()) {
    const Array y = op.forward(in);
    Array dy = zeros(y.shape);
    for (std::size_t i = 0; i < dy.data.size(); ++i) dy.data[i] = weight(i);
    const Arrays claimed = op.backward(in, y, dy);
    if (claimed.size() != in.size()) return false;
    for (std::size_t k = 0; k < in.size(); ++k) {
      if (claimed[k].shape != in[k].shape) return false;
      for (std::size_t i = 0; i < in[k].data.size(); ++i) {
        const double at = in[k].data[i], h = 1e-5 * std::max(1.0, std::abs(at));
        in[k].data[i] = at + h;
        const double right = loss(in);
        in[k].data[i] = at - h;
        const double left = loss(in);
        in[k].data[i] = at;
        const double numeric = (right - left) / (2 * h);
        if (!(std::abs(claimed[k].data[i] - numeric) <= 1e-6 * std::max(1.0, std::abs(numeric))))
          return false;
      }
    }
  }
  return true;
  // SOLUTION 2.6 end
}

}  // namespace tiny
