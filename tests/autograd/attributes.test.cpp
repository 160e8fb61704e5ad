#include "autograd/attributes.hpp"

#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("attributes: each kind of argument is written as one would write it", "[autograd]") {
  const auto text = [](const char* kinds, const Attrs& attrs) {
    OpInfo op{};
    op.attributes = kinds;
    return attributes_text(op, attrs, {2, 3, 4});
  };
  CHECK(text("axis:i0", {.i = {2}}) == "axis=2");
  CHECK(text("stride:i1 padding:i0", {.i = {1, 3}}) == "stride=3 padding=1");
  CHECK(text("min:f0 max:f1", {.f = {0.5, -2}}) == "min=0.5 max=-2");
  CHECK(text("keepdims:b1", {.i = {0, 1}}) == "keepdims");
  CHECK(text("keepdims:b1", {.i = {1, 0}}).empty());
  CHECK(text("activation:a0", {.i = {static_cast<int>(Activation::tanh)}}) == "activation=tanh");
  CHECK(text("activation:a0", {}).empty());
  CHECK(text("axes:m0", {.i = {0b101}}) == "axes=0,2");
  CHECK(text("n:n0", {.i = {0b110}}) == "n=12");
  CHECK(text("order:p", {.i = {1, 2, 0}}) == "order=[1,2,0]");
  CHECK(text("", {.i = {5}}).empty());
}
