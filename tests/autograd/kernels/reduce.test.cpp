#include "autograd/kernels/reduce.hpp"

#include <omp.h>

#include "autograd/kernels/map.hpp"
#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

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

TEST_CASE("reductions and elementwise loops give the same bits for any number of threads",
          "[autograd][reduce][threads]") {
  const int before = omp_get_max_threads();
  Rng rng(3);
  const Tensor x = rng.normal({700, 401}), long_row = rng.normal({1000003});
  const auto run = [&](int threads) {
    omp_set_num_threads(threads);
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
  omp_set_num_threads(before);
}

}  // namespace tapestry
