#include "autograd/kernels/denormals.hpp"

#include <atomic>
#include <cmath>
#include <limits>

#include "autograd/kernels/parallel.hpp"
#include "autograd/observer.hpp"
#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

using namespace tapestry;

namespace {

// Asked of the arithmetic itself: half of the smallest normal number.
bool flushing() {
  volatile float smallest = std::numeric_limits<float>::min(), half = 0.5f;
  return smallest * half == 0.0f;
}

/// Notes whether denormals were flushed while it looked on.
struct Onlooker : Observer {
  int looks = 0, flushed = 0;
  void look() {
    ++looks;
    flushed += flushing();
  }
  void recorded(const Tape&, std::int32_t, Inputs, const Tensor&) override { look(); }
  void before_node(const Tape&, std::int32_t) override { look(); }
  void after_node(const Tape&, std::int32_t) override { look(); }
  void sweep_ends(const Tape&) override { look(); }
};

}  // namespace

TEST_CASE("denormals: flushed inside, the caller's state afterwards", "[autograd][denormals]") {
  REQUIRE_FALSE(flushing());
  {
    const FlushDenormals flush;
    CHECK(flushing());
    {
      const FlushDenormals nested;
      CHECK(flushing());
    }
    CHECK(flushing());
  }
  CHECK_FALSE(flushing());
  try {
    const FlushDenormals flush;
    throw 1;
  } catch (int) {
    CHECK_FALSE(flushing());
  }
}

TEST_CASE("denormals: an op's result below the smallest normal number is 0, on every thread",
          "[autograd][denormals][threads]") {
  const test::KeepThreads keep;
  for (const int count : {1, 3}) {
    set_threads(count);
    for (const std::int64_t n : {1, 5, 300'000}) {
      CAPTURE(count, n);
      const Tensor tiny = full({n}, 1e-20, DType::f32);
      CHECK(max(tiny * tiny).item() == 0);  // 1e-40
      CHECK(max(full({n}, 1e-200, DType::f64) * full({n}, 1e-110, DType::f64)).item() == 0);
      CHECK(-max(-(tiny * 1e-17)).item() == Approx(1e-37));  // a normal one stays
      CHECK_FALSE(flushing());
    }
  }
  std::atomic<int> flushed = 0;
  parallel_each(100, [&](std::int64_t) { flushed += flushing(); });
  CHECK(flushed == 100);
  CHECK_FALSE(flushing());
}

TEST_CASE("denormals: gradients are flushed, and sums of them in parameters",
          "[autograd][denormals]") {
  Parameter p("p", full({3}, 2.0, DType::f32));
  const auto pass = [&](double factor) {
    Tape tape;
    tape.backward(sum(p * full({3}, factor, DType::f32) * full({3}, 1e-20, DType::f32)));
  };
  pass(1e-20);
  CHECK(p.grad().to_vector() == std::vector<double>(3, 0.0));
  // The difference of two normal numbers, 1e-39: added outside of any op.
  p.zero_grad();
  pass(1.20e-18);
  pass(-1.21e-18);
  CHECK(p.grad().to_vector() == std::vector<double>(3, 0.0));
  CHECK_FALSE(flushing());
}

TEST_CASE("denormals: the caller's state comes back however an op or a sweep ends",
          "[autograd][denormals]") {
  CHECK_THROWS(matmul(ones({2, 3}), ones({2, 3})));
  CHECK_FALSE(flushing());
  CHECK_THROWS(log(full({2}, -1.0)) + ones({3}));
  CHECK_FALSE(flushing());
  {
    Tape tape;
    const Tensor x = tape.watch(ones({2}));
    CHECK_THROWS(tape.backward(x));  // no scalar
  }
  CHECK_FALSE(flushing());

  Onlooker onlooker;
  {
    const ObserverScope scope(onlooker);
    Tape tape;
    const Tensor x = tape.watch(ones({2}));
    tape.backward(sum(exp(x) * x));
  }
  CHECK(onlooker.looks > 8);
  CHECK(onlooker.flushed == 0);

  const FlushDenormals mine;  // a caller who flushes goes on to do so
  CHECK(sum(ones({3})).item() == 3);
  CHECK(flushing());
}
