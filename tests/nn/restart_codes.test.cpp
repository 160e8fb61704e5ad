#include "nn/layers/restart_codes.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace tapestry;
using namespace tapestry::nn;

TEST_CASE("restart_unused: codes that no vector chose start again among the vectors") {
  const DTypeScope f64(DType::f64);
  Codebook book(4, 1);
  book.weight.set_value(tensor({0.0, 50.0, 1.0, 70.0}).with_shape({4, 1}));
  const Tensor e = tensor({0.1, 0.2, 0.9, 1.1}).with_shape({2, 2, 1});
  book.average(e, book.nearest(e).code);
  Rng rng(1);
  CHECK(restart_unused(book, e, rng) == 2);
  const std::vector<double> now = book.weight.value().to_vector(), given = e.to_vector();
  CHECK(now[0] == Approx(0.15));
  CHECK(now[2] == Approx(1.0));
  for (const double fresh : {now[1], now[3]})
    CHECK(std::count(given.begin(), given.end(), fresh) == 1);
  CHECK(restart_unused(book, book.weight.value(), rng) == 0);
  CHECK(book.weight.value().to_vector() == now);
}
