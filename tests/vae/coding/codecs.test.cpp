#include "vae/coding/codecs.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/exact/binary_net.hpp"

using namespace tapestry;
using test::throws_with;
using vae::coding::Ans;
using vae::coding::BernoulliCodec;
using vae::coding::NormalBuckets;
using vae::coding::NormalCodec;
using vae::coding::Slice;
using vae::coding::Symbols;
using vae::coding::UniformCodec;

namespace {

/// pop undoes push and push undoes pop; and both take the same symbols.
template <class Codec>
void check_inverse(const Codec& codec, const Symbols& symbols) {
  Rng rng(1);
  const Ans start = Ans::random(300, rng);
  Ans message = start;
  codec.push(message, symbols);
  CHECK(message.bits() > start.bits());
  CHECK(codec.pop(message) == symbols);
  CHECK(message == start);
  const Symbols drawn = codec.pop(message);
  CHECK(message.bits() < start.bits());
  codec.push(message, drawn);
  CHECK(message == start);
}

template <class Codec>
double bits(const Codec& codec, const Symbols& symbols) {
  Rng rng(2);
  Ans message = Ans::random(0, rng);
  const double before = message.bits();
  codec.push(message, symbols);
  return message.bits() - before;
}

Symbols symbols_of(const Tensor& x) {
  const std::vector<double> values = x.to_vector();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("codecs: push and pop undo each other", "[vae][coding]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  check_inverse(UniformCodec(5, 32), {0, 1, 0xffffffff, 77, 0x80000000});
  check_inverse(UniformCodec(3, 1), {1, 0, 1});
  const prob::Bernoulli coins(3.0 * rng.normal({200}));
  for (const int precision : {1, 12, 16, 32}) {
    check_inverse(BernoulliCodec(coins, precision), symbols_of(coins.sample(rng)));
  }
  for (const int size : {1, 8, 14}) {
    const NormalBuckets buckets(size);
    Symbols symbols;
    for (int i = 0; i < 50; ++i)
      symbols.push_back(static_cast<std::uint32_t>(rng.below(1 << size)));
    const prob::Normal q(rng.normal({50}), exp(rng.normal({50})));
    check_inverse(NormalCodec(buckets, q, size + 1), symbols);
    check_inverse(NormalCodec(buckets, q, 32), symbols);
  }
}

TEST_CASE("codecs: a uniform symbol takes its bits", "[vae][coding]") {
  CHECK(bits(UniformCodec(1000, 5), Symbols(1000, 17)) == Approx(5000).epsilon(1e-6));
}

TEST_CASE("codecs: coins take -log2 p bits each", "[vae][coding]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  const prob::Bernoulli coins(2.0 * rng.normal({5000}));
  const Tensor x = coins.sample(rng);
  const double information = -sum(coins.log_prob(x)).item() / std::log(2.0);
  CHECK(bits(BernoulliCodec(coins, 24), symbols_of(x)) == Approx(information).epsilon(1e-4));
  CHECK(bits(BernoulliCodec(coins, 16), symbols_of(x)) == Approx(information).epsilon(1e-3));
}

TEST_CASE("codecs: what a coin excludes can be coded nevertheless", "[vae][coding]") {
  const prob::Bernoulli sure(tensor({1000.0, -1000.0}));
  CHECK(bits(BernoulliCodec(sure, 16), {1, 0}) < 1e-4);
  CHECK(bits(BernoulliCodec(sure, 16), {0, 1}) == Approx(32).epsilon(1e-3));
  check_inverse(BernoulliCodec(sure, 16), {0, 1});
}

TEST_CASE("codecs: buckets have equal mass under the prior", "[vae][coding]") {
  const NormalBuckets buckets(6);
  REQUIRE(buckets.count() == 64);
  CHECK(std::isinf(buckets.border(0)));
  CHECK(std::isinf(buckets.border(64)));
  const auto below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (std::uint32_t k = 0; k < 64; ++k) {
    CHECK(below(buckets.border(k)) == Approx(k / 64.0).margin(1e-14));
    CHECK(below(buckets.centre(k)) == Approx((k + 0.5) / 64.0).epsilon(1e-13));
  }
}

TEST_CASE("codecs: no bucket of a normal is empty, and together they are all numbers",
          "[vae][coding]") {
  const DTypeScope f64(DType::f64);
  const NormalBuckets buckets(12);
  const Tensor loc = tensor({0.0, 0.3, -7.0, 40.0, 1e9, -2.0, 0.1});
  const Tensor scale = tensor({1.0, 0.01, 0.5, 1e-7, 1e6, 1e6, 3e-320});
  for (const int precision : {13, 20, 32}) {
    const NormalCodec codec(buckets, prob::Normal(loc, scale), precision);
    for (std::size_t i = 0; i < 7; ++i) {
      std::uint64_t next = 0;
      bool whole = true;
      for (std::uint32_t k = 0; k < buckets.count(); ++k) {
        const Slice slice = codec.slice(i, k);
        whole &= slice.start == next && slice.count >= 1;
        next = slice.start + slice.count;
      }
      CAPTURE(precision, i);
      CHECK(whole);
      CHECK(next == std::uint64_t{1} << precision);
    }
  }
}

TEST_CASE("codecs: a bucket's slice is its mass under the normal", "[vae][coding]") {
  const DTypeScope f64(DType::f64);
  const NormalBuckets buckets(8);
  const prob::Normal q(tensor({0.4}), tensor({0.3}));
  const NormalCodec codec(buckets, q, 32);
  for (std::uint32_t k = 1; k < 255; ++k) {
    const double mass =
        q.cdf(tensor(buckets.border(k + 1))).item() - q.cdf(tensor(buckets.border(k))).item();
    CHECK(static_cast<double>(codec.slice(0, k).count) ==
          Approx(1 + mass * (std::ldexp(1.0, 32) - 256)).epsilon(1e-9).margin(1.1));
  }
}

TEST_CASE("codecs: buckets popped from random bits follow the normal",
          "[vae][coding][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(5);
  const NormalBuckets buckets(12);
  const int n = 20000;
  const double loc = 0.7, scale = 0.2;
  Ans message = Ans::random(n, rng);
  const NormalCodec codec(buckets, prob::Normal(full({n}, loc), full({n}, scale)));
  double sum = 0, squares = 0;
  for (const std::uint32_t bucket : codec.pop(message)) {
    const double e = (buckets.centre(bucket) - loc) / scale;
    sum += e;
    squares += e * e;
  }
  CHECK(std::fabs(sum / n) <= 4 / std::sqrt(n));
  CHECK(std::fabs(squares / n - 1) <= 4 * std::sqrt(2.0 / n));
}

TEST_CASE("codecs: with the exact posterior, bits back costs -log2 p(x), whatever z is drawn",
          "[vae][coding]") {
  // One coin behind eight: its posterior is a coin too.
  const DTypeScope f64(DType::f64);
  Rng rng(6);
  const auto net = vae::exact::BinaryNet::random(1, 8, rng);
  const BernoulliCodec prior(net.prior(), 24);
  Ans message = Ans::random(1, rng);
  bool seen[2] = {};
  for (int i = 0; i < 50; ++i) {
    const Tensor x = net.sample(rng, 1).x;
    const BernoulliCodec posterior(prob::Bernoulli::from_probs(net.posterior_probs(x)), 24);
    const double before = message.bits();
    const Symbols z = posterior.pop(message);
    BernoulliCodec(net.likelihood(tensor({static_cast<double>(z[0])})), 24)
        .push(message, symbols_of(x));
    prior.push(message, z);
    seen[z[0]] = true;
    CHECK(message.bits() - before == Approx(-net.log_px(x).item() / std::log(2.0)).margin(1e-2));
  }
  CHECK((seen[0] && seen[1]));
}

TEST_CASE("codecs: symbols, shapes and options that do not fit are refused", "[vae][coding]") {
  const DTypeScope f64(DType::f64);
  Ans message;
  const NormalBuckets buckets(4);
  const BernoulliCodec coins(prob::Bernoulli(zeros({2})));
  const NormalCodec normal(buckets, prob::Normal(zeros({2}), ones({2})));
  CHECK_THROWS_AS(coins.push(message, Symbols{0, 2}), DomainError);
  CHECK_THROWS_AS(coins.push(message, Symbols{0}), ShapeError);
  CHECK_THROWS_AS(normal.push(message, Symbols{0, 16}), DomainError);
  CHECK_THROWS_AS(normal.push(message, Symbols{0, 1, 2}), ShapeError);
  CHECK_THROWS_AS(UniformCodec(2, 3).push(message, Symbols{0, 8}), DomainError);
  CHECK_THROWS_AS(UniformCodec(2, 3).push(message, Symbols{0}), ShapeError);
  CHECK(message == Ans());
  CHECK_THROWS_AS(UniformCodec(1, 33), ConfigError);
  CHECK_THROWS_AS(BernoulliCodec(prob::Bernoulli(zeros({2})), 0), ConfigError);
  CHECK_THROWS_AS(NormalBuckets(21), ConfigError);
  const prob::Normal q(zeros({1}), ones({1})), wide(zeros({1}), full({1}, 2e6));
  CHECK_THROWS_AS(NormalCodec(buckets, q, 4), ConfigError);
  CHECK(throws_with<DomainError>([&] { NormalCodec(buckets, wide); }, "scale must be at most 1e6"));
}
