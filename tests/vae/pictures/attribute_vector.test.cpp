#include "vae/pictures/attribute_vector.hpp"

#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("attribute vector: the mean of one group minus the mean of the other",
          "[vae][analysis]") {
  const Tensor codes = tensor({{1, 0}, {3, 4}, {0, 0}, {0, 3}, {3, 0}});
  const Tensor want = tensor({2 - 1, 2 - 1});
  CHECK(test::difference(vae::attribute_vector(codes, tensor({1, 1, 0, 0, 0})), want, 1e-6) == "");
  // Any dtype, and anything but 0 is "with".
  const std::vector<std::int32_t> has{2, -1, 0, 0, 0};
  CHECK(test::difference(vae::attribute_vector(codes, index_tensor(has, {5})), want, 1e-6) == "");
}

TEST_CASE("attribute vector: exchanging the groups turns it round", "[vae][analysis]") {
  const Tensor codes = tensor({{1, 0}, {3, 4}, {0, -2}}), has = tensor({1, 0, 0});
  CHECK(test::difference(vae::attribute_vector(codes, 1.0 - has),
                         -vae::attribute_vector(codes, has), 1e-6) == "");
}

TEST_CASE("traverse: every code moved by every step", "[vae][analysis]") {
  const Tensor codes = tensor({{1, 0}, {3, 4}}), direction = tensor({2, -1});
  const Tensor path = vae::traverse(codes, direction, tensor({-1, 0, 0.5}));
  REQUIRE(path.shape() == Shape{3, 2, 2});
  const std::vector<double> want{-1, 1, 1, 5, 1, 0, 3, 4, 2, -0.5, 4, 3.5};
  CHECK(path.to_vector() == want);
  // A grid of two attributes is a traversal of a traversal.
  CHECK(vae::traverse(path, tensor({0, 1}), tensor({0, 1})).shape() == Shape{2, 3, 2, 2});
}

TEST_CASE("attributes: what does not fit is named", "[vae][errors]") {
  using test::throws_with;
  const Tensor codes = zeros({3, 2});
  CHECK(throws_with<ShapeError>([&] { vae::attribute_vector(codes, zeros({2})); }, "[2]"));
  CHECK(throws_with<DomainError>([&] { vae::attribute_vector(codes, zeros({3})); }, "0 codes"));
  CHECK(
      throws_with<DomainError>([&] { vae::attribute_vector(codes, full({3}, 1)); }, "0 have not"));
  CHECK(throws_with<ShapeError>([&] { vae::traverse(codes, zeros({3}), zeros({1})); }, "[3]"));
}
