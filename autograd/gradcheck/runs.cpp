#include "autograd/gradcheck/runs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/sweep.hpp"

namespace tapestry::checking {

double dot(const Tensor& a, const Tensor& b) {
  const auto x = a.view<double>(), y = b.view<double>();
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

double largest(const Tensor& x) {
  double most = 0;
  for (const double v : x.view<double>()) {
    if (!std::isfinite(v)) return std::numeric_limits<double>::infinity();
    most = std::max(most, std::fabs(v));
  }
  return most;
}

bool same(const Tensor& a, const Tensor& b) {
  const auto x = a.view<double>(), y = b.view<double>();
  const double rounding = 1e-9 * std::max(1.0, largest(b));
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [=](double u, double v) { return std::fabs(u - v) <= rounding; });
}

namespace {

// More slopes than this take too long for a guess.
constexpr std::int64_t kMaxOutputs = 1024, kMaxSlopes = 1 << 18;

Tensor nudged(const Tensor& x, std::int64_t element, double by) {
  Tensor y = x.clone();
  y.mutate<double>()[static_cast<std::size_t>(element)] += by;
  return y;
}

double step(const Tensor& x, std::int64_t element) {
  return kStep * std::max(1.0, std::fabs(x.view<double>()[static_cast<std::size_t>(element)]));
}

// The contents of a fresh target are undefined. Memory that was NaN just now is likely to be taken
// next, and shows a gradient that is added to them.
void poison(const Shape& shape) {
  const Tensor blocks[] = {full(shape, NAN, DType::f64), full(shape, NAN, DType::f64),
                           full(shape, NAN, DType::f64)};
}

}  // namespace

Tensor Runs::value(const Tensors& inputs) const {
  std::vector<const Tensor*> pointers;
  for (const Tensor& x : inputs) pointers.push_back(&x);
  return op_.forward({pointers.data(), static_cast<int>(pointers.size())}, attrs_, nullptr);
}

Tensors Runs::gradients(const Tensors& inputs, const Tensor& dout, Tensors before) const {
  Tape tape;
  Tensors watched;
  std::vector<Arg> args;
  watched.reserve(inputs.size());  // an Arg points at its tensor
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    watched.push_back(wanted_[i] ? tape.watch(inputs[i]) : inputs[i]);
    args.emplace_back(watched.back());
  }
  const Tensor y = apply(op_, std::span<const Arg>(args), attrs_);
  if (!y.tracked()) return inputs;  // none is wanted
  for (const Tensor& x : inputs) poison(x.shape());
  Tensors parts = Sweep::contributions(tape, y.node().index, dout, std::move(before));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (wanted_[i] && !parts[i].defined()) parts[i] = zeros_like(inputs[i]);
  }
  return parts;
}

Tensor Runs::aliased_gradient(const Tensors& inputs, std::size_t i, std::size_t j,
                              const Tensor& dout) const {
  Tape tape;
  const Tensor x = tape.watch(inputs[i]);
  std::vector<Arg> args;
  for (std::size_t k = 0; k < inputs.size(); ++k)
    args.emplace_back(k == i || k == j ? x : inputs[k]);
  const Tensor y = apply(op_, std::span<const Arg>(args), attrs_);
  tape.backward(y, dout);
  return tape.grad(x);
}

Runs::Numeric Runs::numeric(const Tensors& inputs, std::size_t input, std::int64_t element,
                            const Tensor& dout, const Tensor& y) const {
  const auto d = dout.view<double>(), before = y.view<double>();
  Tensors moved = inputs;
  double changed = 0;
  // Difference first: outputs that did not change then add no rounding.
  const auto weighted_change = [&](double by) {
    moved[input] = nudged(inputs[input], element, by);
    Tensor there;
    try {
      there = value(moved);
    } catch (const DomainError&) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const auto after = there.view<double>();
    double total = 0, squares = 0;
    for (std::size_t j = 0; j < d.size(); ++j) {
      if (after[j] == before[j]) continue;  // also when both are infinite
      total += d[j] * (after[j] - before[j]);
      squares += d[j] * before[j] * (d[j] * before[j]);
    }
    changed = std::max(changed, std::sqrt(squares));
    return total;
  };
  const double h = step(inputs[input], element);
  const Slope found = numeric_slope(h, weighted_change);
  return {found, 8 * 4e-16 * changed / h};
}

Jacobian Runs::slopes(const Tensors& inputs, std::size_t input,
                      const std::vector<std::int64_t>& elements, const Tensor& y) const {
  Jacobian J;
  if (y.size() > kMaxOutputs || y.size() * static_cast<std::int64_t>(elements.size()) > kMaxSlopes)
    return J;
  J.outputs = static_cast<std::size_t>(y.size());
  J.analytic.resize(J.outputs * elements.size());
  J.numeric.resize(J.analytic.size());
  for (std::size_t j = 0; j < J.outputs; ++j) {
    const Tensor one = nudged(zeros_like(y), static_cast<std::int64_t>(j), 1);
    const Tensor row = gradients(inputs, one)[input];
    for (std::size_t k = 0; k < elements.size(); ++k)
      J.analytic[J.at(k, j)] = row.view<double>()[static_cast<std::size_t>(elements[k])];
  }
  Tensors moved = inputs;
  for (std::size_t k = 0; k < elements.size(); ++k) {
    const double h = step(inputs[input], elements[k]);
    const auto at = [&](double by) {
      moved[input] = nudged(inputs[input], elements[k], by);
      return value(moved);
    };
    const Tensor right = at(h), left = at(-h), near_right = at(h / 2), near_left = at(-h / 2);
    for (std::size_t j = 0; j < J.outputs; ++j) {
      const auto difference = [j](const Tensor& a, const Tensor& b) {
        return a.view<double>()[j] - b.view<double>()[j];
      };
      J.numeric[J.at(k, j)] =
          extrapolated(difference(right, left) / (2 * h), difference(near_right, near_left) / h);
    }
  }
  return J;
}

}  // namespace tapestry::checking
