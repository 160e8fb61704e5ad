#include "autograd/kernels/reduce.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/kernels/map.hpp"
#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/keep_threads.hpp"

namespace tapestry {

TEST_CASE("every mask of axes sums what it names", "[autograd][reduce]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor x = rng.normal({3, 4, 2, 5});
  for (std::uint32_t mask = 0; mask < 16; ++mask) {
    INFO("mask " << mask);
    const Shape out = reduced_shape(x.shape(), mask, true);
    std::vector<double> expected(static_cast<std::size_t>(out.size()));
    for (std::int64_t i = 0; i < x.size(); ++i) {
      std::int64_t rest = i, at = 0, step = 1;
      for (int axis = 3; axis >= 0; --axis) {
        const std::int64_t k = rest % x.dim(axis);
        rest /= x.dim(axis);
        if (mask >> axis & 1) continue;
        at += k * step;
        step *= x.dim(axis);
      }
      expected[static_cast<std::size_t>(at)] += x.view<double>()[static_cast<std::size_t>(i)];
    }
    CHECK(test::difference(sum_axes(x, mask, true), tensor(expected, out), 1e-13) == "");
    CHECK(sum_axes(x, mask, false).shape() == reduced_shape(x.shape(), mask, false));
  }
}

TEST_CASE("reductions over nothing give the neutral element", "[autograd][reduce]") {
  CHECK(sum(zeros({3, 0}), 1).to_vector() == std::vector<double>{0, 0, 0});
  CHECK(sum(zeros({0})).item() == 0);
  CHECK(logsumexp(zeros({2, 0}), 1).to_vector() == std::vector<double>(2, -INFINITY));
}

TEST_CASE("logsumexp and softmax do not overflow", "[autograd][reduce]") {
  const Tensor x = tensor({1000, 1001, 999});
  CHECK(logsumexp(x).item() == Approx(1001.4076));
  CHECK(sum(softmax(x)).item() == Approx(1).epsilon(1e-6));
  CHECK(log_softmax(-x).at({2}) == Approx(-0.4076).epsilon(1e-3));
}

TEST_CASE("sum_to is the adjoint of expand", "[autograd][reduce]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  for (const Shape& small :
       {Shape{}, Shape{5}, Shape{4, 1}, Shape{3, 1, 5}, Shape{1, 4, 1}, Shape{3, 4, 5}}) {
    INFO(to_string(small));
    const Tensor x = rng.normal(small), y = rng.normal({3, 4, 5});
    const double left = sum(expand(x, y.shape()) * y).item(),
                 right = sum(x * sum_to(y, small)).item();
    CHECK(left == Approx(right).epsilon(1e-12));
  }
}

namespace {

/// The largest distance from `truth`, relative to it.
double worst(const Tensor& x, double truth) {
  double most = 0;
  for (const double v : x.to_vector()) most = std::max(most, std::abs(v / truth - 1));
  return most;
}

}  // namespace

TEST_CASE("f32 sums over any axis keep six digits at ten million terms", "[autograd][reduce]") {
  constexpr std::int64_t n = 10'000'000;
  const double each = 0.1f, all = each * n;
  const Tensor row = full({n}, each), columns = row.with_shape({n / 2, 2}),
               middle = row.with_shape({2, n / 10, 5});
  CHECK(worst(sum(row), all) < 1e-6);
  CHECK(worst(mean(row), each) < 1e-6);
  CHECK(worst(sum(columns, 0), all / 2) < 1e-6);
  CHECK(worst(mean(columns, 0), each) < 1e-6);
  CHECK(worst(sum(columns), all) < 1e-6);
  CHECK(worst(sum(middle, 1), all / 10) < 1e-6);
  CHECK(worst(sum(middle, {0, 1}), all / 5) < 1e-6);
  CHECK(worst(logsumexp(columns, 0), each + std::log(n / 2.0)) < 1e-6);
  CHECK(worst(sum(full({n, 1}, each), 0), all) < 1e-6);
  const Tensor running = cumsum(row, 0);
  for (const std::int64_t k : {999, 99'999, 999'999, 9'999'999})
    CHECK(running.at({k}) == Approx(each * static_cast<double>(k + 1)).epsilon(1e-6));
  CHECK(cumsum(columns, 0).at({n / 2 - 1, 1}) == Approx(all / 2).epsilon(1e-6));
}

TEST_CASE("f32 gradients that are sums over a large batch keep six digits", "[autograd][reduce]") {
  constexpr std::int64_t n = 2'000'000;
  const double each = 0.1f, all = each * n;
  const Tensor x = full({n, 1}, 1.0), weight = full({3, 1}, 1.0);
  for (const Activation activation : {Activation::none, Activation::relu}) {
    Tape tape;
    const Tensor bias = tape.watch(full({3}, 1.0));
    tape.backward(linear(x, weight, bias, activation), full({n, 3}, each));
    CHECK(worst(tape.grad(bias), all) < 1e-6);
  }
  const Tensor many = full({n, 3}, 1.0), image = full({n / 8, 1, 2, 2}, 1.0);
  const auto gradient_of_bias = [&](std::int64_t width, auto fn) {
    Tape tape;
    const Tensor bias = tape.watch(full({width}, 1.0)), y = fn(bias);
    tape.backward(y, full(y.shape(), each));
    return tape.grad(bias);
  };
  const Tensor one = ones({3}), kernel = ones({1, 1, 1, 1});
  CHECK(worst(gradient_of_bias(3, [&](auto& b) { return layer_norm(many, one, b); }), all) < 1e-6);
  CHECK(worst(gradient_of_bias(3, [&](auto& b) { return batch_norm(many, one, b); }), all) < 1e-6);
  CHECK(worst(gradient_of_bias(1, [&](auto& b) { return conv2d(image, kernel, b); }), all / 2) <
        1e-6);
  Tape other;
  const Tensor a = other.watch(full({3}, 1.0)), b = other.watch(full({3}, 1.0));
  other.backward(a * many + b, full({n, 3}, each));
  CHECK(worst(other.grad(a), all) < 1e-6);
  CHECK(worst(other.grad(b), all) < 1e-6);
}

TEST_CASE("batch statistics of large f32 numbers keep their digits", "[autograd][reduce]") {
  const BatchStatistics s = batch_statistics(full({100'000, 2}, 1e8));
  CHECK(s.mean.to_vector() == std::vector<double>(2, 1e8));
  CHECK(s.variance.to_vector() == std::vector<double>(2, 0));
}

TEST_CASE("reductions and elementwise loops give the same bits for any number of threads",
          "[autograd][reduce][threads]") {
  const test::KeepThreads keep;
  Rng rng(3);
  const Tensor x = rng.normal({700, 401}), long_row = rng.normal({1000003});
  const auto run = [&](int threads) {
    set_threads(threads);
    std::vector<double> all;
    for (const Tensor& t : {sum(x), sum(x, 0), sum(x, 1), max(x, 0), logsumexp(x, 1), sum(long_row),
                            mean(long_row), sum(softplus(x) * tanh(x)), cumsum(x, 0)}) {
      const auto v = t.to_vector();
      all.insert(all.end(), v.begin(), v.end());
    }
    return all;
  };
  const auto one = run(1);
  CHECK(run(2) == one);
  CHECK(run(3) == one);
}

TEST_CASE("f32 gradients of elements that are read often keep six digits", "[autograd][reduce]") {
  constexpr std::int64_t n = 3'000'000;
  const double each = 0.1f;
  const Tensor index = zeros({n}).to(DType::i32);
  const auto gradient = [&](const Tensor& x, auto read) {
    Tape tape;
    const Tensor leaf = tape.watch(x), y = read(leaf);
    tape.backward(y, full(y.shape(), each));
    return tape.grad(leaf);
  };
  const Tensor rows = gradient(ones({3, 2}), [&](auto&x) { return take_rows(x, index); }),
               along = gradient(ones({3}), [&](auto&x) { return gather(x, 0, index); });
  CHECK(rows.at({0, 1}) == Approx(each * n).epsilon(1e-6));
  CHECK(along.at({0}) == Approx(each * n).epsilon(1e-6));
  CHECK(rows.at({1, 0}) == 0);
  CHECK(rows.dtype() == DType::f32);
}

TEST_CASE("layer_norm in f32 keeps six digits along a row of ten million", "[autograd][reduce]") {
  constexpr std::int64_t n = 10'000'000;
  // Every tenth number is 1, the others 0: mean 0.1, deviation 0.3.
  std::vector<double> tenth(n, 0.0);
  for (std::size_t i = 0; i < tenth.size(); i += 10) tenth[i] = 1;
  const Tensor values = tensor(tenth, {1, n}, DType::f32), one = ones({n}), zero = zeros({n});
  Tape tape;
  const Tensor x = tape.watch(values), y = layer_norm(x, one, zero, 0);
  CHECK(y.at({0, 0}) == Approx(3).epsilon(2e-6));
  CHECK(y.at({0, 1}) == Approx(-1.0 / 3).epsilon(2e-6));
  // With dy = x: mean(dy) = 0.1 and mean(dy y) = 0.3, so dx = (dy - 0.1 - 0.3 y) / 0.3 = 0.
  tape.backward(y, values);
  CHECK(std::abs(tape.grad(x).at({0, 0})) < 1e-5);
  CHECK(std::abs(tape.grad(x).at({0, 1})) < 1e-5);
}

}  // namespace tapestry
