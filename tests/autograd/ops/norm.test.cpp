#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

namespace tapestry {

TEST_CASE("layer_norm gives rows of mean 0 and variance 1", "[autograd][norm]") {
  Rng rng(1);
  const Tensor x = rng.normal({6, 50}) * 3.0 + 100.0;
  const Tensor y = layer_norm(x, ones({50}), zeros({50}));
  for (const double m : mean(y, 1).to_vector()) CHECK(m == Approx(0).margin(1e-5));
  for (const double v : mean(square(y), 1).to_vector()) CHECK(v == Approx(1).epsilon(1e-4));
}

TEST_CASE("layer_norm of one element has no gradient, however small eps", "[autograd][norm]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Tape tape;
    const Tensor x = tape.watch(tensor({0.3, -7.1}).with_shape({2, 1}).to(dtype));
    const Tensor y = layer_norm(x, full({1}, 0.7, dtype), full({1}, 0.2, dtype), 1e-12);
    tape.backward(y, tensor({0.9, 1.3}).with_shape({2, 1}).to(dtype));
    CHECK(y.to_vector() == full({2}, 0.2, dtype).to_vector());
    CHECK(tape.grad(x).to_vector() == std::vector<double>{0, 0});
  }
}

TEST_CASE("batch_norm of [B,C,H,W] is batch_norm of its channels as columns", "[autograd][norm]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const Tensor x = rng.normal({4, 3, 5, 2}), weight = rng.normal({3}), bias = rng.normal({3});
  const Tensor images = batch_norm(x, weight, bias);
  const Tensor columns = batch_norm(reshape(transpose(x, {0, 2, 3, 1}), {-1, 3}), weight, bias);
  CHECK(test::difference(reshape(transpose(images, {0, 2, 3, 1}), {-1, 3}), columns, 1e-12) == "");
}

TEST_CASE("batch_norm survives a mean that is large against the spread", "[autograd][norm]") {
  // E[x^2] - E[x]^2 in f32 would lose everything here.
  Rng rng(3);
  const Tensor x = rng.normal({256, 2}) + 3000.0;
  const Tensor y = batch_norm(x, ones({2}), zeros({2}));
  for (const double v : mean(square(y), 0).to_vector()) CHECK(v == Approx(1).epsilon(1e-2));
}

TEST_CASE("batch_statistics are the mean and the variance over the batch", "[autograd][norm]") {
  Tape tape;
  const Tensor x = tape.watch(tensor({{1, 10}, {2, 10}, {6, 10}}));
  const BatchStatistics s = batch_statistics(x);
  CHECK(s.mean.to_vector() == std::vector<double>{3, 10});
  CHECK(s.variance.at({0}) == Approx(14.0 / 3));
  CHECK(s.variance.at({1}) == 0);
  CHECK_FALSE(s.mean.tracked());
  Rng rng(4);
  const Tensor images = rng.normal({4, 3, 5, 2});
  const Tensor centred = images - mean(images, {0, 2, 3}, true);
  CHECK(test::difference(batch_statistics(images).variance, mean(square(centred), {0, 2, 3}),
                         1e-6) == "");
}

TEST_CASE("normalisations refuse what does not fit", "[autograd][norm]") {
  CHECK_THROWS_AS(layer_norm(zeros({2, 3}), zeros({2}), zeros({3})), ShapeError);
  CHECK_THROWS_AS(layer_norm(zeros({}), zeros({1}), zeros({1})), ShapeError);
  CHECK_THROWS_AS(batch_norm(zeros({2, 3}), zeros({3}), zeros({2})), ShapeError);
  CHECK_THROWS_AS(batch_norm(zeros({3}), zeros({3}), zeros({3})), ShapeError);
  CHECK_THROWS_AS(batch_norm(zeros({0, 3}), zeros({3}), zeros({3})), ShapeError);
  CHECK_THROWS_AS(batch_statistics(zeros({0, 3})), ShapeError);
}

TEST_CASE("dropout zeroes a share p, scales the rest, and its gradient uses the same mask",
          "[autograd][norm][statistical]") {
  Rng rng(5);
  Tape tape;
  const Tensor x = tape.watch(ones({100000}));
  const Tensor y = dropout(x, 0.3, rng);
  double zeros_seen = 0;
  for (const double v : y.to_vector()) {
    CHECK((v == 0 || v == Approx(1 / 0.7)));
    zeros_seen += v == 0;
  }
  CHECK(std::fabs(zeros_seen - 30000) < 4.5 * std::sqrt(100000 * 0.3 * 0.7));
  tape.backward(sum(y));
  CHECK(tape.grad(x).to_vector() == y.to_vector());
}

TEST_CASE("dropout draws once, so two calls differ and a restored generator repeats",
          "[autograd][norm]") {
  Rng rng(6);
  const Rng::State before = rng.state();
  const Tensor x = ones({64});
  const auto first = dropout(x, 0.5, rng).to_vector(), second = dropout(x, 0.5, rng).to_vector();
  CHECK(first != second);
  CHECK(rng.state().draw == before.draw + 2);
  rng.set_state(before);
  CHECK(dropout(x, 0.5, rng).to_vector() == first);
  Rng drawn(6);
  drawn.uniform({64});
  CHECK(dropout(x, 0.5, drawn).to_vector() == second);
}

TEST_CASE("dropout sees the same mask in f32 and f64", "[autograd][norm]") {
  Rng a(7), b(7);
  const Tensor narrow = dropout(ones({500}, DType::f32), 0.4, a),
               wide = dropout(ones({500}, DType::f64), 0.4, b);
  CHECK(test::difference(narrow.to(DType::f64), wide, 1e-6) == "");
}

TEST_CASE("dropout with p = 0 changes nothing; p = 1, negative or NaN is refused",
          "[autograd][norm]") {
  Rng rng(8);
  const Tensor x = rng.normal({50});
  CHECK(dropout(x, 0, rng).to_vector() == x.to_vector());
  CHECK_THROWS_AS(dropout(x, 1, rng), DomainError);
  CHECK_THROWS_AS(dropout(x, -0.1, rng), DomainError);
  CHECK_THROWS_AS(dropout(x, std::nan(""), rng), DomainError);
}

TEST_CASE("batch_norm gives the gradient of its bias alone, after other nodes",
          "[autograd][norm]") {
  Tape tape;
  const Tensor b = tape.watch(tensor({0.5, -0.5}));
  const Tensor bias = (b + tensor({1.0, 2.0})) * tensor({2.0, 3.0});
  const Tensor y = batch_norm(tensor({{1, 10}, {2, 11}, {6, 15}}), ones({2}), bias);
  tape.backward(y, tensor({{1, 2}, {3, 4}, {5, 6}}));
  CHECK(tape.grad(b).to_vector() == std::vector<double>{2 * 9, 3 * 12});
}

}  // namespace tapestry
