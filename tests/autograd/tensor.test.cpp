#include "autograd/tensor.hpp"

#include <cmath>
#include <limits>
#include <type_traits>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"

namespace tapestry {

TEST_CASE("factories fill, and follow the default dtype", "[autograd][tensor]") {
  CHECK(tensor(2.5).shape() == Shape{});
  CHECK(tensor({1, 2, 3}).shape() == Shape{3});
  CHECK(tensor({{1, 2}, {3, 4}}).to_vector() == std::vector<double>{1, 2, 3, 4});
  CHECK(zeros({2}).dtype() == DType::f32);
  CHECK(full({2, 2}, 7).to_vector() == std::vector<double>(4, 7));
  CHECK(arange(4).to_vector() == std::vector<double>{0, 1, 2, 3});
  CHECK(linspace(0, 1, 5).to_vector() == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  CHECK(linspace(3, 9, 1).to_vector() == std::vector<double>{3});
  CHECK(eye(2).to_vector() == std::vector<double>{1, 0, 0, 1});
  CHECK(index_tensor(std::vector{4, 5}, {2}).dtype() == DType::i32);
  {
    const DTypeScope f64(DType::f64);
    CHECK(zeros({2}).dtype() == DType::f64);
    CHECK(tensor(0.1).item() == 0.1);
    for (std::int64_t n = 2; n < 200; ++n) CHECK(linspace(0.1, 0.7, n).at({-1}) == 0.7);
  }
  CHECK(default_dtype() == DType::f32);
}

TEST_CASE("factories refuse what does not fit", "[autograd][tensor]") {
  CHECK_THROWS_AS(tensor(std::vector<double>{1, 2, 3}, {2, 2}), ShapeError);
  CHECK_THROWS_AS(tensor({{1, 2}, {3}}), ShapeError);
  CHECK_THROWS_AS(zeros({-1}), ShapeError);
  CHECK_THROWS_AS(Tensor::empty({1 << 30, 1 << 30, 1 << 30}, DType::f32), ShapeError);
  CHECK_THROWS_AS(full({2}, 0.0 / 0.0, DType::i32), DomainError);
}

TEST_CASE("values are read by item, at, to_vector and view", "[autograd][tensor]") {
  const Tensor t = tensor({{1, 2, 3}, {4, 5, 6}});
  CHECK(t.at({1, 0}) == 4);
  CHECK(t.at({-1, -1}) == 6);
  CHECK(t.view<float>()[4] == 5);
  CHECK_THROWS_AS(t.item(), ShapeError);
  CHECK_THROWS_AS(t.at({2, 0}), ShapeError);
  CHECK_THROWS_AS(t.at({0}), ShapeError);
  CHECK(test::throws_with<DTypeError>([&] { t.view<double>(); }, "x.to(DType::f64) converts"));
  CHECK_THROWS_AS(Tensor().view<float>(), TapeError);
  CHECK_THROWS_AS(Tensor().item(), TapeError);
  CHECK_THROWS_AS(Tensor().clone(), TapeError);
}

TEST_CASE("copies share values; clone does not", "[autograd][tensor]") {
  const Tensor a = tensor({1, 2});
  const Tensor b = a;
  CHECK(b.shares_storage(a));
  CHECK_FALSE(a.clone().shares_storage(a));
  CHECK(a.clone().to_vector() == a.to_vector());
  CHECK(a.with_shape({2, 1}).shares_storage(a));
  CHECK_THROWS_AS(a.with_shape({3}), ShapeError);
}

TEST_CASE("a tensor cannot be written once someone else can see it", "[autograd][tensor]") {
  Tensor a = zeros({2});
  a.mutate<float>()[0] = 1;
  {
    const Tensor b = a;
    CHECK_THROWS_AS(a.mutate<float>(), TapeError);
  }
  CHECK_NOTHROW(a.mutate<float>());
  Tape tape;
  Tensor w = tape.watch(zeros({2}));
  CHECK_THROWS_AS(w.mutate<float>(), TapeError);
}

TEST_CASE("nothing can be assigned to the result of an expression", "[autograd][tensor]") {
  CHECK_FALSE(std::is_assignable_v<Tensor&&, const Tensor&>);
  CHECK(std::is_assignable_v<Tensor&, const Tensor&>);
}

TEST_CASE("a number that no i32 holds is refused", "[autograd][tensor]") {
  const double most = 2147483647, least = -2147483648.0;
  const Tensor ends = tensor(std::vector<double>{most, least - 0.5}, {2}, DType::f64);
  CHECK(ends.to(DType::i32).to_vector() == std::vector<double>{most, least});
  for (const double bad : {most + 1, least - 1, 1e300, -1e300, HUGE_VAL, -HUGE_VAL,
                           std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(bad);
    const Tensor x = tensor(std::vector<double>{0, bad}, {2}, DType::f64);
    CHECK_THROWS_AS(x.to(DType::i32), DomainError);
  }
  const Tensor rounded = full({1}, 2147483647, DType::f32);  // 2^31 in f32
  CHECK_THROWS_AS(rounded.to(DType::i32), DomainError);
}

TEST_CASE("conversions round to the nearest float, and towards 0 to an i32", "[autograd][tensor]") {
  const Tensor a = tensor(std::vector<double>{0.1, -3.7}, {2}, DType::f64);
  CHECK(a.to(DType::f32).at({0}) == static_cast<double>(0.1f));
  CHECK(a.to(DType::i32).to_vector() == std::vector<double>{0, -3});
  CHECK(a.to(DType::f64).shares_storage(a));
}

TEST_CASE("a tensor prints dtype, shape and values, long ones elided", "[autograd][tensor]") {
  CHECK(to_string(tensor({{1, 2.5}, {3, -4}})) == "f32 [2,2] [[1, 2.5], [3, -4]]");
  CHECK(to_string(tensor(3.0)) == "f32 [] 3");
  CHECK(to_string(arange(9)) == "f32 [9] [0, 1, 2, ..., 6, 7, 8]");
  CHECK(to_string(zeros({0, 2})) == "f32 [0,2] []");
  CHECK(to_string(Tensor()) == "f32 [] (no values)");
  CHECK(fmt::format("{}", tensor({1})) == "f32 [1] [1]");
}

TEST_CASE("a number takes the dtype of the other operands", "[autograd][tensor]") {
  CHECK((zeros({2}, DType::f64) + 0.1).at({0}) == 0.1);
  CHECK((zeros({2}, DType::f32) + 0.1).dtype() == DType::f32);
  CHECK(add(1.0, 2.0).item() == 3);
}

}  // namespace tapestry

namespace tapestry {

TEST_CASE("memory that is not there is said so, with what wanted it", "[autograd][tensor]") {
  if (!pool_enabled()) return;  // a sanitizer ends the program instead
  const auto text = [](const Shape& shape) {
    try {
      (void)Tensor::empty(shape, DType::f32);
    } catch (const MemoryError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  check_contains(text({1 << 23, 1 << 23}),
                 "no memory for a tensor f32 [8388608,8388608] (281475 GB)");
  check_contains(text({(std::int64_t{1} << 48) - 1}),
                 "no memory for a tensor f32 [281474976710655]");
  CHECK_THROWS_AS(Tensor::empty({(std::int64_t{1} << 48) - 1}, DType::f64), MemoryError);
  check_contains(text({1 << 23, 1 << 23}), "hint: ");
  const Tensor column = zeros({1 << 23, 1});
  const std::string message = test::message<MemoryError>([&] { column + zeros({1, 1 << 23}); });
  check_contains(message, "tapestry: add: no memory for a tensor f32 [8388608,8388608]");
  check_contains(message, "tensor.test.cpp:");
}

TEST_CASE("i32 values are printed as the whole numbers that they are", "[autograd]") {
  CHECK(to_string(index_tensor(std::vector<std::int32_t>{1234567, -2147483647}, {2})) ==
        "i32 [2] [1234567, -2147483647]");
}

}  // namespace tapestry
