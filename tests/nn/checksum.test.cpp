#include "nn/checksum.hpp"

#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("checksum: the values that Fowler, Noll and Vo publish", "[nn]") {
  CHECK(nn::checksum("") == 0xcbf29ce484222325);
  CHECK(nn::checksum("a") == 0xaf63dc4c8601ec8c);
  CHECK(nn::checksum("foobar") == 0x85944171f73967e8);
}
