#include "nn/checksum.hpp"

#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("checksum: the values that Fowler, Noll and Vo publish", "[nn]") {
  CHECK(nn::checksum("") == 0xcbf29ce484222325);
  CHECK(nn::checksum("a") == 0xaf63dc4c8601ec8c);
  CHECK(nn::checksum("foobar") == 0x85944171f73967e8);
}

TEST_CASE("fingerprint: its values stand in the checkpoints of every version before", "[nn]") {
  CHECK(nn::fingerprint("") == 0);
  CHECK(nn::fingerprint("a") == 0xafefc0de915c1e74);
  CHECK(nn::fingerprint("the pixels of an image") == 0xd836e67c276ce3b2);
  CHECK(nn::fingerprint("b", nn::fingerprint("a")) == 0x6537ed1eec8723d6);
}
