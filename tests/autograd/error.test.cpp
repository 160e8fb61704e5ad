#include "autograd/error.hpp"

#include "autograd/backward.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

// The layout of messages is fixed: these tests hold the whole text.

namespace tapestry {
namespace {

std::string here(std::uint32_t line) {
  return fmt::format("tests/autograd/error.test.cpp:{}", line);
}

}  // namespace

TEST_CASE("an error in an op shows op, place, module, operands and hint", "[autograd][error]") {
  Parameter weight("encoder.fc1.weight", zeros({400, 784}));
  const Tensor x = zeros({64, 784});
  std::uint32_t line = 0, from = 0;
  const std::string text = test::message([&] {
    from = __LINE__ + 1;
    const Scope scope("encoder.fc1");
    line = __LINE__ + 1;
    matmul(x, weight);
  });
  CHECK(text ==
        fmt::format(
            "tapestry: matmul: inner sizes differ, [64,784] times [400,784] (784 against 400)\n"
            "    at   {:<32} in encoder.fc1\n"
            "    from {}\n"
            "    left = f32 [64,784]\n"
            "    right = f32 [400,784]  parameter encoder.fc1.weight\n"
            "    hint: weights are stored [out,in]; use linear(x, w) or matmul(x, w, "
            "{{.transpose_right = true}})",
            here(line), here(from)));
}

TEST_CASE("outside modules the place stands alone", "[autograd][error]") {
  std::uint32_t line = 0;
  const std::string text = test::message([&] {
    line = __LINE__ + 1;
    add(zeros({2, 3}), zeros({4}));
  });
  CHECK(text ==
        fmt::format("tapestry: add: shapes [2,3] and [4] do not broadcast (3 against 4 in axis 1)\n"
                    "    at   {}\n"
                    "    left = f32 [2,3]\n"
                    "    right = f32 [4]\n"
                    "    hint: sizes are aligned at the right and must be equal or 1",
                    here(line)));
}

TEST_CASE("mixed dtypes name the lines of both operands", "[autograd][error]") {
  std::uint32_t line = 0;
  const std::string text = test::message([&] {
    line = __LINE__ + 1;
    mul(zeros({2}, DType::f32), zeros({2}, DType::f64));
  });
  CHECK(text == fmt::format("tapestry: mul: f32 ({0}) and f64 ({0}) in one op\n"
                            "    at   {0}\n"
                            "    left = f32 [2]\n"
                            "    right = f64 [2]\n"
                            "    hint: there is no promotion; convert one with x.to(dtype)",
                            here(line)));
}

TEST_CASE("numbers are shown as numbers", "[autograd][error]") {
  const std::string text = test::message([] { add(zeros({2}, DType::i32), 0.5); });
  CHECK(text.find("right = 0.5") != std::string::npos);
}

TEST_CASE("an error inside backward leaves with op, forward line and module", "[autograd][error]") {
  static constexpr OpInfo kBad{"homework",
                               "x",
                               "y = x",
                               "",
                               [](Inputs in, const Attrs&, Tensor*) { return in[0]; },
                               [](BackwardCtx&) { throw NotImplemented("write back_homework"); },
                               kSaveNothing,
                               nullptr};
  Parameter p("p", zeros({2}));
  std::uint32_t line = 0, from = 0;
  const std::string text = test::message([&] {
    Tape tape;
    Tensor y;
    {
      from = __LINE__ + 1;
      const Scope scope("decoder.out");
      line = __LINE__ + 1;
      y = apply(kBad, {p});
    }
    tape.backward(sum(y));
  });
  CHECK(text == fmt::format("tapestry: back_homework: write back_homework\n"
                            "    at   {:<32} in decoder.out\n"
                            "    from {}",
                            here(line), here(from)));
}

TEST_CASE("the parts of an error are fields too", "[autograd][error]") {
  try {
    reshape(zeros({2, 3}), {4, 2});
    FAIL("nothing was thrown");
  } catch (const ShapeError& error) {
    CHECK(error.op == "reshape");
    CHECK(error.message == "6 elements of [2,3] do not fill [4,2]");
    CHECK(error.at.line == __LINE__ - 5);
    CHECK(error.operands == std::vector<std::string>{"x = f32 [2,3]"});
    CHECK(error.hint.empty());
  }
}

TEST_CASE("every error of the project is an Error and a runtime_error", "[autograd][error]") {
  CHECK_THROWS_AS(throw ShapeError("x"), Error);
  CHECK_THROWS_AS(throw DTypeError("x"), Error);
  CHECK_THROWS_AS(throw DomainError("x"), Error);
  CHECK_THROWS_AS(throw TapeError("x"), Error);
  CHECK_THROWS_AS(throw ConfigError("x"), Error);
  CHECK_THROWS_AS(throw DataError("x"), Error);
  CHECK_THROWS_AS(throw NotImplemented("x"), std::runtime_error);
  CHECK(test::message([] { throw DataError("no such file: a.gz", "examples/run fetches it"); }) ==
        "tapestry: no such file: a.gz\n    hint: examples/run fetches it");
  CHECK_NOTHROW(check(true, "{}", 1));
  CHECK(test::message([] { check<ConfigError>(false, "epochs {} is below 1", 0); }) ==
        "tapestry: epochs 0 is below 1");
}

}  // namespace tapestry
