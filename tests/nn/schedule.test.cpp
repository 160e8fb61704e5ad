#include "nn/optim/schedule.hpp"

#include "autograd/error.hpp"
#include "support/catch.hpp"

using namespace tapestry;
namespace schedule = tapestry::nn::schedule;

TEST_CASE("schedule: each one is its closed form") {
  const auto constant = schedule::constant(0.5);
  CHECK(constant(0) == 0.5);
  CHECK(constant(1000000) == 0.5);

  const auto step = schedule::step(0.8, 10, 0.5);
  CHECK(step(0) == 0.8);
  CHECK(step(9) == 0.8);
  CHECK(step(10) == Approx(0.4));
  CHECK(step(29) == Approx(0.2));

  const auto exponential = schedule::exponential(2.0, 0.9);
  CHECK(exponential(0) == 2.0);
  CHECK(exponential(3) == Approx(2.0 * 0.729));

  const auto cosine = schedule::cosine(1.0, 100, 0.2);
  CHECK(cosine(0) == 1.0);
  CHECK(cosine(50) == Approx(0.6));
  CHECK(cosine(25) == Approx(0.2 + 0.4 * (1 + std::sqrt(0.5))));
  CHECK(cosine(100) == Approx(0.2));
  CHECK(cosine(500) == Approx(0.2));
}

TEST_CASE("schedule: warm-up rises linearly to whatever follows") {
  const auto flat = schedule::warm_up(4, schedule::constant(1.0));
  CHECK(flat(0) == Approx(0.25));
  CHECK(flat(2) == Approx(0.75));
  CHECK(flat(3) == 1.0);
  CHECK(flat(100) == 1.0);
  const auto falling = schedule::warm_up(2, schedule::exponential(1.0, 0.5));
  CHECK(falling(0) == Approx(0.5));
  CHECK(falling(1) == Approx(0.5));
  CHECK(falling(2) == Approx(0.25));
}

TEST_CASE("schedule: weights of a KL begin at 0 and end at exactly 1") {
  const auto straight = schedule::ramp(0, 1, 300), bent = schedule::cosine(0, 300, 1);
  for (const auto& weight : {straight, bent}) {
    CHECK(weight(0) == 0);
    CHECK(weight(150) == Approx(0.5));
    CHECK(weight(300) == 1);
    CHECK(weight(1 << 30) == 1);
  }
  CHECK(straight(100) == Approx(1.0 / 3));
  CHECK(schedule::ramp(4, 2, 8)(2) == Approx(3.5));
}

TEST_CASE("schedule: a cycle comes back, and the last one goes on") {
  const auto weight = schedule::cyclical(schedule::ramp(0, 1, 50), 100, 3);
  for (const std::int64_t start : {0, 100, 200}) {
    CHECK(weight(start) == 0);
    CHECK(weight(start + 25) == 0.5);
    CHECK(weight(start + 50) == 1);
    CHECK(weight(start + 99) == 1);
  }
  CHECK(weight(300) == 1);
  CHECK(weight(1000000) == 1);
  CHECK(schedule::cyclical(schedule::ramp(0, 1, 300), 100, 2)(350) == Approx(250.0 / 300));
}

TEST_CASE("schedule: bad rates and counts are refused") {
  CHECK_THROWS_AS(schedule::constant(-1), ConfigError);
  CHECK_THROWS_AS(schedule::constant(NAN), ConfigError);
  CHECK_THROWS_AS(schedule::step(1, 0, 0.5), ConfigError);
  CHECK_THROWS_AS(schedule::exponential(1, -0.5), ConfigError);
  CHECK_THROWS_AS(schedule::cosine(1, 0), ConfigError);
  CHECK_THROWS_AS(schedule::ramp(-1, 1, 5), ConfigError);
  CHECK_THROWS_AS(schedule::ramp(0, 1, 0), ConfigError);
  CHECK_THROWS_AS(schedule::cyclical(schedule::constant(1), 0, 2), ConfigError);
  CHECK_THROWS_AS(schedule::cyclical(schedule::constant(1), 2, 0), ConfigError);
  CHECK_THROWS_AS(schedule::warm_up(0, schedule::constant(1)), ConfigError);
}
