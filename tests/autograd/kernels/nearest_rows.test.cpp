#include "autograd/kernels/nearest_rows.hpp"

#include <limits>

#include "autograd/autograd.hpp"
#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("nearest_rows: the row of the least distance, for points far from 0 too",
          "[nearest_rows]") {
  // 600 rows around (4000, -4000): |x|^2 - 2 x.row + |row|^2 in f32 would round distances below 1 to multiples of 2.
  const DTypeScope f32(DType::f32);
  Rng rng(3);
  const Tensor rows = rng.uniform({600, 2}) + tensor({4000.0, -4000.0});
  const Tensor x = rng.uniform({500, 2}) + tensor({4000.0, -4000.0});
  const auto number = nearest_rows(x, rows).to_vector();
  const auto row = rows.to_vector(), point = x.to_vector();
  int wrong = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    const auto distance = [&](std::size_t k) {
      const double a = point[2 * i] - row[2 * k], b = point[2 * i + 1] - row[2 * k + 1];
      return a * a + b * b;
    };
    const auto chosen = static_cast<std::size_t>(number[i]);
    for (std::size_t k = 0; k < 600; ++k) wrong += distance(k) < distance(chosen) - 1e-6;
  }
  CHECK(wrong == 0);
}

TEST_CASE("nearest_rows: of equal rows the first", "[nearest_rows]") {
  const Tensor rows = tensor({{1.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {0.0, 1.0}});
  CHECK(nearest_rows(tensor({{0.9, 0.0}, {0.0, 2.0}, {0.5, 0.5}}), rows).to_vector() ==
        std::vector<double>{0, 1, 0});
}

TEST_CASE("nearest_rows: a row that is not a number is never the nearest", "[nearest_rows]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor rows = tensor({{nan, 0.0}, {3.0, 0.0}, {1.0, 0.0}, {1.0, nan}});
  CHECK(nearest_rows(tensor({{0.0, 0.0}}), rows).item() == 2);
}
