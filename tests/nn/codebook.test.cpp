#include "nn/layers/codebook.hpp"

#include <limits>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/init.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

/// The nearest row of `weight` for each row of e, with no speed in mind.
std::vector<double> by_brute_force(const Tensor& e, const Tensor& weight) {
  std::vector<double> code;
  for (std::int64_t i = 0; i < e.dim(0); ++i) {
    double least = std::numeric_limits<double>::infinity();
    code.push_back(-1);
    for (std::int64_t k = 0; k < weight.dim(0); ++k) {
      double d = 0;
      for (std::int64_t j = 0; j < e.dim(1); ++j)
        d += (e.at({i, j}) - weight.at({k, j})) * (e.at({i, j}) - weight.at({k, j}));
      if (d < least) {
        least = d;
        code.back() = static_cast<double>(k);
      }
    }
  }
  return code;
}

}  // namespace

TEST_CASE("codebook: the nearest code, as by brute force") {
  const DTypeScope f64(DType::f64);
  Codebook book(17, 5);
  init::torch_default(book, Rng(1));
  const Tensor e = Rng(2).normal({300, 5});
  const auto [code, z] = book.nearest(e);
  CHECK(code.dtype() == DType::i32);
  CHECK(code.to_vector() == by_brute_force(e, book.weight.value()));
  CHECK(z.to_vector() == take_rows(book.weight, code).to_vector());
  const auto [same, maps] = book.nearest(e.with_shape({3, 10, 10, 5}));
  CHECK(same.shape() == Shape{3, 10, 10});
  CHECK(maps.shape() == Shape{3, 10, 10, 5});
  CHECK(same.to_vector() == code.to_vector());
}

TEST_CASE("codebook: of two codes at the same distance the first is taken, also far from 0") {
  Codebook book(3, 1);
  book.weight.set_value(tensor({9.0, 1.0, -1.0}).with_shape({3, 1}));
  CHECK(book.nearest(zeros({1, 1})).code.item() == 1);
  // In f32 the squares are near 1e8, whose last digit is 8: |e|^2 - 2 e.w + |w|^2 sees no difference.
  book.weight.set_value(tensor({10000.0, 10001.0, 10002.0}).with_shape({3, 1}));
  CHECK(book.nearest(full({1, 1}, 10001.25)).code.item() == 1);
}

TEST_CASE("codebook: the gradient goes straight through to e, and z's loss to the codes alone") {
  const DTypeScope f64(DType::f64);
  Codebook book(3, 2);
  book.weight.set_value(tensor({{0.0, 0.0}, {1.0, 1.0}, {-2.0, 0.5}}));
  Parameter e("e", tensor({{0.9, 0.6}, {0.2, -0.1}}));
  const Tensor slope = tensor({{3.0, -1.0}, {0.5, 2.0}});
  {
    Tape tape;
    const auto [code, z] = book.nearest(recorded(e));
    CHECK(code.to_vector() == std::vector<double>{1, 0});
    const Tensor through = e + (z - e).detach();
    CHECK(through.to_vector() == z.to_vector());
    tape.backward(sum(slope * through));
  }
  CHECK(e.grad().to_vector() == slope.to_vector());
  CHECK_FALSE(book.weight.grad().defined());
  e.zero_grad();
  Tape tape;
  const auto [code, z] = book.nearest(recorded(e));
  tape.backward(sum(square(recorded(e).detach() - z)));
  CHECK_FALSE(e.grad().defined());
  const auto grad = book.weight.grad().to_vector();  // 2 (w - e) for codes in use
  const std::vector<double> expected{-0.4, 0.2, 0.2, 0.8, 0, 0};
  for (std::size_t i = 0; i < 6; ++i) CHECK(grad[i] == Approx(expected[i]).margin(1e-12));
}

TEST_CASE("codebook: average puts each code on the mean of its vectors") {
  const DTypeScope f64(DType::f64);
  Codebook book(3, 1);
  book.weight.set_value(tensor({0.0, 10.0, -50.0}).with_shape({3, 1}));
  const auto step = [&](std::initializer_list<double> values) {
    const Tensor e = tensor(values).with_shape({static_cast<std::int64_t>(values.size()), 1});
    book.average(e, book.nearest(e).code, 0.75);
    return book.weight.value().to_vector();
  };
  CHECK(step({1, 3, 8}) ==
        std::vector<double>{2, 8, -50});  // from the first step on, no trace of 0
  // N = 0.75 (0.5, 0.25) + 0.25 (1, 1), M = 0.75 (1, 2) + 0.25 (4, 7)
  const auto after = step({4, 7});
  CHECK(after[0] == Approx((0.75 * 1 + 0.25 * 4) / (0.75 * 0.5 + 0.25)));
  CHECK(after[1] == Approx((0.75 * 2 + 0.25 * 7) / (0.75 * 0.25 + 0.25)));
  CHECK(after[2] == -50);  // no vector chose it
}

TEST_CASE("codebook: repeated averages of the same vectors end at k-means") {
  const DTypeScope f64(DType::f64);
  Codebook book(4, 2);
  const Tensor e = Rng(2).normal({200, 2});
  book.weight.set_value(slice(e, 0, 0, 4));
  for (int i = 0; i < 300; ++i) book.average(e, book.nearest(e).code, 0.5);
  // A fixed point of Lloyd's algorithm: every code is the mean of the vectors nearest to it.
  const Tensor code = book.nearest(e).code;
  for (std::int64_t k = 0; k < 4; ++k) {
    const Tensor mine =
        where(equal(code.to(DType::f64), static_cast<double>(k)), 1.0, zeros({200}));
    const Tensor mean = sum(e * mine.with_shape({200, 1}), 0) / sum(mine);
    for (std::int64_t j = 0; j < 2; ++j)
      CHECK(book.weight.value().at({k, j}) == Approx(mean.at({j})).margin(1e-9));
  }
}

TEST_CASE("codebook: a code that is out of use for long keeps its value") {
  Codebook book(2, 1);
  book.weight.set_value(tensor({1.0, 5.0}).with_shape({2, 1}));
  const Tensor both = tensor({1.25, 5.5}).with_shape({2, 1}), one = full({1, 1}, 1.25);
  book.average(both, book.nearest(both).code, 0.5);
  for (int i = 0; i < 400; ++i) book.average(one, book.nearest(one).code, 0.5);
  CHECK(book.weight.value().to_vector() == std::vector<double>{1.25, 5.5});
}

TEST_CASE("codebook: bad arguments are refused") {
  Codebook book(4, 3);
  CHECK_THROWS_AS(book.nearest(ones({2, 3})), ConfigError);  // never initialised
  init::torch_default(book, Rng(1));
  CHECK(test::throws_with<ShapeError>([&] { book.nearest(ones({2, 4})); }, "[..., 3]"));
  CHECK_THROWS_AS(book.nearest(ones({2, 3}, DType::f64)), DTypeError);
  const Tensor code = book.nearest(ones({2, 3})).code;
  CHECK_THROWS_AS(book.average(ones({3, 3}), code), ShapeError);
  CHECK_THROWS_AS(book.average(ones({2, 3}), code, 1.0), ConfigError);
  CHECK_THROWS_AS(Codebook(0, 3), ConfigError);
  CHECK(book.describe() == "Codebook 4 x 3");
}

TEST_CASE("codebook: the same codes for one thread and two", "[threads]") {
  Codebook book(64, 16);
  init::torch_default(book, Rng(1));
  const Tensor e = Rng(2).normal({5000, 16});
  const test::KeepThreads keep;
  set_threads(1);
  const auto one = book.nearest(e).code.to_vector();
  set_threads(2);
  CHECK(book.nearest(e).code.to_vector() == one);
}
