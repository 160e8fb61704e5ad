#include "autograd/shape.hpp"

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"

namespace tapestry {

TEST_CASE("a shape knows its rank, sizes and number of elements", "[autograd][shape]") {
  const Shape s{2, 3, 4};
  CHECK(s.rank() == 3);
  CHECK(s[0] == 2);
  CHECK(s[-1] == 4);
  CHECK(s.size() == 24);
  CHECK(s.size(1, 3) == 12);
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{5, 0}.size() == 0);
  CHECK(to_string(s) == "[2,3,4]");
  CHECK(to_string(Shape{}) == "[]");
  CHECK_THROWS_AS(s[3], ShapeError);
  CHECK_THROWS_AS(s[-4], ShapeError);
}

TEST_CASE("shapes are edited by making new ones", "[autograd][shape]") {
  const Shape s{2, 3, 4};
  CHECK(s.with(-1, 7) == Shape{2, 3, 7});
  CHECK(s.without(0) == Shape{3, 4});
  CHECK(s.inserted(1, 9) == Shape{2, 9, 3, 4});
  CHECK(s.inserted(-1, 9) == Shape{2, 3, 4, 9});
  CHECK(s.sub(1, 2) == Shape{3});
  CHECK(s == Shape{2, 3, 4});
  CHECK_FALSE(Shape{1} == Shape{});
}

TEST_CASE("a shape has at most six axes", "[autograd][shape]") {
  CHECK_NOTHROW(Shape{1, 1, 1, 1, 1, 1});
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1}), ShapeError);
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1}.inserted(0, 1)), ShapeError);
}

TEST_CASE("reshape refuses sizes that no tensor has", "[autograd][shape]") {
  const Tensor x = zeros({3, 4}), none = zeros({0});
  constexpr std::int64_t k32 = std::int64_t{1} << 32, k62 = std::int64_t{1} << 62;
  for (const Shape& shape :
       {Shape{-2, -6}, Shape{-1, -12}, Shape{-3, 4}, Shape{-1, -1}, Shape{0, -1}}) {
    INFO(to_string(shape));
    CHECK_THROWS_AS(reshape(x, shape), ShapeError);
    CHECK_THROWS_AS(x.with_shape(shape), ShapeError);
  }
  for (const Shape& shape : {Shape{k62, 4}, Shape{k32, k32}, Shape{-1, 0, k62, 4}}) {
    INFO(to_string(shape));
    CHECK_THROWS_AS(reshape(none, shape), ShapeError);
    CHECK_THROWS_AS(none.with_shape(shape), ShapeError);
  }
  CHECK(reshape(x, {2, -1}).shape() == Shape{2, 6});
  CHECK(reshape(none, {-1, 5}).shape() == Shape{0, 5});
  CHECK(reshape(none, {0, 7}).shape() == Shape{0, 7});
}

TEST_CASE("broadcasting follows NumPy's rule", "[autograd][shape]") {
  CHECK(broadcast({3, 4}, {4}) == Shape{3, 4});
  CHECK(broadcast({4}, {3, 4}) == Shape{3, 4});
  CHECK(broadcast({3, 1}, {1, 4}) == Shape{3, 4});
  CHECK(broadcast({}, {2, 3}) == Shape{2, 3});
  CHECK(broadcast({1}, {0}) == Shape{0});
  CHECK(broadcast({0, 1}, {1, 5}) == Shape{0, 5});
  CHECK_THROWS_AS(broadcast({3}, {4}), ShapeError);
  CHECK_THROWS_AS(broadcast({2, 3}, {3, 2}), ShapeError);
  CHECK_THROWS_AS(broadcast({0}, {2}), ShapeError);
}

TEST_CASE("axes become a mask; wrong or repeated ones are errors", "[autograd][shape]") {
  CHECK(Axes().mask(3) == 0b111);
  CHECK(Axes().mask(0) == 0);
  CHECK(Axes(-1).mask(3) == 0b100);
  CHECK(Axes({0, -1}).mask(3) == 0b101);
  CHECK_THROWS_AS(Axes(3).mask(3), ShapeError);
  CHECK_THROWS_AS(Axes({0, -3}).mask(3), ShapeError);
}

}  // namespace tapestry
