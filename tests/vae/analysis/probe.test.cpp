#include "vae/analysis/probe.hpp"

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

/// Points around the four corners of a square, and which two opposite corners they belong to.
struct Corners {
  Tensor points, labels;
};
Corners corners(Rng rng, std::int64_t n) {
  std::vector<double> points;
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto corner = static_cast<int>(rng.below(4));
    points.insert(points.end(), {corner & 1 ? 1.0 : -1.0, corner & 2 ? 1.0 : -1.0});
    labels.push_back(corner == 1 || corner == 2);
  }
  return {tensor(points, {n, 2}) + 0.2 * rng.normal({n, 2}), index_tensor(labels, {n})};
}

}  // namespace

TEST_CASE("probe: opposite corners are told by a hidden layer, not by a line", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Corners train = corners(Rng(1), 2000), test = corners(Rng(2), 2000);
  const auto accuracy = [&](std::int64_t hidden) {
    const auto probe =
        vae::train_probe(train.points, train.labels, 2, {.hidden = hidden, .steps = 300});
    return vae::probe_accuracy(*probe, test.points, test.labels);
  };
  CHECK(accuracy(20) > 0.99);
  CHECK(accuracy(0) < 0.8);  // at most three of four corners
}

TEST_CASE("probe: what does not depend on the label tells nothing", "[vae][analysis]") {
  const Corners train = corners(Rng(1), 2000), test = corners(Rng(2), 2000);
  const auto probe =
      vae::train_probe(Rng(3).normal({2000, 2}), train.labels, 2, {.hidden = 5, .steps = 300});
  CHECK(std::abs(vae::probe_accuracy(*probe, Rng(4).normal({2000, 2}), test.labels) - 0.5) < 0.06);
}

TEST_CASE("probe: rows and labels that do not fit", "[vae][analysis]") {
  CHECK(test::throws_with<ShapeError>(
      [] {
        vae::train_probe(zeros({3, 2}), zeros({4}, DType::i32), 2);
      },
      "[3,2] and [4]"));
}
