#include "vae/coding/ans.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using test::throws_with;
using vae::coding::Ans;
using vae::coding::Slice;

namespace {

struct Symbol {
  Slice slice;
  int precision;
};

/// Slices of every precision, thin and thick, with all of 0..2^precision-1 among them.
std::vector<Symbol> random_symbols(int n, Rng& rng) {
  std::vector<Symbol> symbols;
  for (int i = 0; i < n; ++i) {
    const int precision = 1 + static_cast<int>(rng.below(32));
    const auto all = std::int64_t{1} << precision;
    const auto thick = static_cast<double>(all);
    const auto count = static_cast<std::int64_t>(std::pow(thick, rng.uniform()));
    const std::int64_t start = rng.below(all - count + 1);
    symbols.push_back(
        {{static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(count)}, precision});
  }
  return symbols;
}

void push_all(Ans& message, const std::vector<Symbol>& symbols) {
  for (const Symbol& s : symbols) message.push(s.slice, s.precision);
}

}  // namespace

TEST_CASE("ans: symbols are popped in reverse, and the message is as it was before",
          "[vae][coding]") {
  Rng rng(1);
  const std::vector<Symbol> symbols = random_symbols(20000, rng);
  const Ans start = Ans::random(3, rng);
  Ans message = start;
  push_all(message, symbols);
  for (auto s = symbols.rbegin(); s != symbols.rend(); ++s) {
    const std::uint64_t r = message.peek(s->precision);
    REQUIRE((r >= s->slice.start && r - s->slice.start < s->slice.count));
    message.pop(s->slice, s->precision);
  }
  CHECK(message == start);
}

TEST_CASE("ans: pushing what was popped gives the bits back", "[vae][coding]") {
  Rng rng(2);
  const Ans start = Ans::random(2000, rng);
  Ans message = start;
  // Pop at every precision, with slices that halve the numbers at a random place.
  std::vector<Symbol> popped;
  for (int i = 0; i < 3000; ++i) {
    const int precision = 1 + i % 32;
    const std::uint64_t all = std::uint64_t{1} << precision, r = message.peek(precision);
    const auto cut = 1 + static_cast<std::uint64_t>(rng.below(static_cast<std::int64_t>(all - 1)));
    const Slice slice = r < cut ? Slice{0, cut} : Slice{cut, all - cut};
    message.pop(slice, precision);
    popped.push_back({slice, precision});
  }
  CHECK(message.bits() < start.bits() - 1000);
  for (auto s = popped.rbegin(); s != popped.rend(); ++s) message.push(s->slice, s->precision);
  CHECK(message == start);
}

TEST_CASE("ans: a message is as long as its symbols' information", "[vae][coding]") {
  Rng rng(3);
  Ans message = Ans::random(0, rng);
  const double before = message.bits();
  double information = 0;
  for (const Symbol& s : random_symbols(20000, rng)) {
    message.push(s.slice, s.precision);
    information += s.precision - std::log2(static_cast<double>(s.slice.count));
  }
  // What the head cannot resolve is lost: about 2^precision / head of a bit a symbol.
  CHECK(message.bits() - before == Approx(information).epsilon(3e-4));
  CHECK(8.0 * static_cast<double>(message.file_size()) < message.bits() + 32 * 8 + 32);
}

TEST_CASE("ans: at the usual precisions nothing is lost to the head", "[vae][coding]") {
  Rng rng(4);
  Ans message = Ans::random(0, rng);
  const double before = message.bits();
  double information = 0;
  const std::uint64_t counts[] = {1, 100, 5000, 65536 - 5101}, starts[] = {0, 1, 101, 5101};
  for (int i = 0; i < 100000; ++i) {
    const double u = 65536 * rng.uniform();
    const int k = u < 1 ? 0 : u < 101 ? 1 : u < 5101 ? 2 : 3;
    message.push({starts[k], counts[k]}, 16);
    information += 16 - std::log2(static_cast<double>(counts[k]));
  }
  CHECK(message.bits() - before == Approx(information).epsilon(1e-5));
}

TEST_CASE("ans: popping from random bits draws from the distribution",
          "[vae][coding][statistical]") {
  Rng rng(5);
  Ans message = Ans::random(20000, rng);
  const int n = 100000;
  int ones = 0;
  for (int i = 0; i < n; ++i) {
    const bool one = message.peek(12) < 1000;
    message.pop(one ? Slice{0, 1000} : Slice{1000, 3096}, 12);
    ones += one;
  }
  const double p = 1000.0 / 4096;
  CHECK(std::fabs(ones - n * p) <= 4 * std::sqrt(n * p * (1 - p)));
}

TEST_CASE("ans: a message comes back from its file", "[vae][coding]") {
  Rng rng(6);
  const ScratchFolder scratch;
  for (const std::int64_t words : {0, 1, 5000}) {
    Ans message = Ans::random(words, rng);
    push_all(message, random_symbols(100, rng));
    message.save(scratch / "message");
    CHECK(Ans::load(scratch / "message") == message);
    CHECK(message.file_size() ==
          static_cast<std::int64_t>(std::filesystem::file_size(scratch / "message")));
  }
}

TEST_CASE("ans: the file is laid out as the header says", "[vae][coding]") {
  const ScratchFolder scratch;
  Ans message;
  message.push({5, 1}, 32);  // the head, 2^32, becomes a word and 1; then 1 2^32 + 5
  message.save(scratch / "message");
  const std::string bytes = slurp(scratch / "message");
  CHECK(bytes.substr(0, 28) == std::string("tapANS1\n"
                                           "\5\0\0\0\1\0\0\0"
                                           "\1\0\0\0\0\0\0\0"
                                           "\0\0\0\0",
                                           28));
  CHECK(bytes.size() == 36);
}

TEST_CASE("ans: a damaged file is refused, whichever byte it is", "[vae][coding]") {
  Rng rng(7);
  const ScratchFolder scratch;
  Ans::random(9, rng).save(scratch / "whole");
  const std::string whole = slurp(scratch / "whole");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 1 << i % 8);
    CHECK_THROWS_AS(Ans::load(scratch.write("damaged", bytes)), DataError);
    CHECK_THROWS_AS(Ans::load(scratch.write("cut", whole.substr(0, i))), DataError);
  }
  CHECK_THROWS_AS(Ans::load(scratch.write("longer", whole + "1234")), DataError);
  CHECK(throws_with<DataError>([&] { Ans::load(scratch / "nowhere"); }, "nowhere"));
  CHECK(throws_with<DataError>([&] { Ans::load(scratch.write("text", "Dear reader")); },
                               "text: this is no message of an ANS coder"));
  CHECK(throws_with<DataError>([&] { Ans::load(scratch.write("cut", whole.substr(0, 50))); },
                               "cut: cut off or damaged, 50 bytes do not hold 9 words"));
  std::string bytes = whole;
  bytes[30] = static_cast<char>(~bytes[30]);
  CHECK(throws_with<DataError>([&] { Ans::load(scratch.write("bad", bytes)); }, "bad: damaged"));
}

TEST_CASE("ans: an empty message has nothing to pop, and stays as it is", "[vae][coding]") {
  Ans message;
  const Slice half{0, 1};
  CHECK(throws_with<DataError>([&] { message.pop(half, 1); }, "the message has run out"));
  CHECK(message == Ans());
}

TEST_CASE("ans: slices and precisions that make no sense are refused", "[vae][coding]") {
  Ans message;
  CHECK_THROWS_AS(message.push({0, 1}, 0), ConfigError);
  CHECK_THROWS_AS(message.push({0, 1}, 33), ConfigError);
  CHECK_THROWS_AS(message.peek(0), ConfigError);
  CHECK_THROWS_AS(message.push({3, 0}, 8), DomainError);
  CHECK_THROWS_AS(message.push({250, 7}, 8), DomainError);
  CHECK_THROWS_AS(message.push({~std::uint64_t{0}, 2}, 8), DomainError);
  message.push({250, 6}, 8);
  CHECK(throws_with<DomainError>([&] { message.pop({0, 250}, 8); }, "is on top"));
  Rng rng(8);
  CHECK_THROWS_AS(Ans::random(-1, rng), ConfigError);
}
