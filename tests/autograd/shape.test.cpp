#include "autograd/shape.hpp"

#include "autograd/error.hpp"
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
