#include "autograd/parameter.hpp"

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"

namespace tapestry {

TEST_CASE("update writes in place, counts versions and remembers the line",
          "[autograd][parameter]") {
  Parameter p("w", tensor({1, 2}));
  const std::uint64_t version = p.version();
  const std::uint32_t line = __LINE__ + 1;
  p.update([](Tensor& value) { value.mutate<float>()[1] = 5; });
  CHECK(p.value().to_vector() == std::vector<double>{1, 5});
  CHECK(p.version() == version + 1);
  CHECK(p.last_update().line == line);
}

TEST_CASE("update leaves a tensor that shares the values as it was", "[autograd][parameter]") {
  const Tensor start = tensor({1, 2});
  Parameter p("w", start);
  const Tensor before = p.value();
  p.update([](Tensor& value) { value.mutate<float>()[0] = 9; });
  CHECK(start.at({0}) == 1);
  CHECK(before.at({0}) == 1);
  CHECK(p.value().at({0}) == 9);
}

TEST_CASE("set_value and set_grad keep shape and dtype", "[autograd][parameter]") {
  Parameter p("w", tensor({1, 2}));
  p.set_value(tensor({3, 4}));
  CHECK(p.value().to_vector() == std::vector<double>{3, 4});
  CHECK_THROWS_AS(p.set_value(tensor({1, 2, 3})), ShapeError);
  CHECK_THROWS_AS(p.set_value(zeros({2}, DType::f64)), DTypeError);
  CHECK_THROWS_AS(p.set_grad(zeros({3})), ShapeError);
}

TEST_CASE("a gradient has values of the parameter's dtype, and belongs to no tape",
          "[autograd][parameter]") {
  Parameter p("w", tensor(2.0));
  CHECK_THROWS_AS(p.set_grad(ones({}, DType::f64)), DTypeError);
  CHECK_THROWS_AS(p.set_grad(Tensor()), TapeError);
  {
    Tape tape;
    p.set_grad(square(p));
  }
  CHECK_FALSE(p.grad().tracked());
  CHECK(p.grad().item() == 4);
}

TEST_CASE("convert changes the dtype and drops the gradient", "[autograd][parameter]") {
  Parameter p("w", tensor({0.5, 2}));
  p.set_grad(ones({2}));
  p.convert(DType::f64);
  CHECK(p.value().dtype() == DType::f64);
  CHECK(p.value().to_vector() == std::vector<double>{0.5, 2});
  CHECK_FALSE(p.grad().defined());
}

TEST_CASE("a parameter is written by values, not by a conversion", "[autograd]") {
  Parameter p("p", ones({2}));
  p.convert(DType::f64);
  CHECK(!p.written());
  p.update([](Tensor& value) { value.mutate<double>()[0] = 3; });
  CHECK(p.written());
  p.convert(DType::f32);
  CHECK(p.written());
}

TEST_CASE("a parameter that another tape uses in between has one gradient", "[autograd]") {
  Parameter p("p", tensor({1.0, 2.0}));
  Tape tape;
  const Tensor a = 2.0 * p;
  {
    Tape inner;
    const Tensor other = 1.0 * p;
  }
  const std::vector<ParameterGrad> grads = tape.grads(sum(a + 3.0 * p));
  REQUIRE(grads.size() == 1);
  CHECK(grads[0].grad.to_vector() == std::vector<double>{5, 5});
}

}  // namespace tapestry
