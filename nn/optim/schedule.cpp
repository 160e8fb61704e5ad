#include "nn/optim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "autograd/error.hpp"

namespace tapestry::nn::schedule {

namespace {

void check_rate(const char* what, double value) {
  check<ConfigError>(std::isfinite(value) && value >= 0,
                     "schedule: {} must be finite and not negative, not {}", what, value);
}

void check_count(const char* what, std::int64_t count) {
  check<ConfigError>(count >= 1, "schedule: {} must be at least 1, not {}", what, count);
}

}  // namespace

Schedule constant(double lr) {
  check_rate("lr", lr);
  return [=](std::int64_t) { return lr; };
}

Schedule step(double lr, std::int64_t every, double factor) {
  check_rate("lr", lr);
  check_rate("factor", factor);
  check_count("every", every);
  return [=](std::int64_t t) {
    const std::int64_t steps = t / every;
    return lr * std::pow(factor, static_cast<double>(steps));
  };
}

Schedule exponential(double lr, double factor) {
  check_rate("lr", lr);
  check_rate("factor", factor);
  return [=](std::int64_t t) { return lr * std::pow(factor, static_cast<double>(t)); };
}

Schedule cosine(double lr, std::int64_t steps, double last) {
  check_rate("lr", lr);
  check_rate("last", last);
  check_count("steps", steps);
  return [=](std::int64_t t) {
    const double done = static_cast<double>(std::min(t, steps)) / static_cast<double>(steps);
    return last + (lr - last) * (1 + std::cos(std::numbers::pi * done)) / 2;
  };
}

Schedule ramp(double first, double last, std::int64_t steps) {
  check_rate("first", first);
  check_rate("last", last);
  check_count("steps", steps);
  return [=](std::int64_t t) {
    return std::lerp(first, last,
                     static_cast<double>(std::min(t, steps)) / static_cast<double>(steps));
  };
}

Schedule cyclical(Schedule one, std::int64_t period, std::int64_t times) {
  check_count("period", period);
  check_count("times", times);
  return [=, one = std::move(one)](std::int64_t t) {
    return one(t - period * std::min(t / period, times - 1));
  };
}

Schedule warm_up(std::int64_t steps, Schedule then) {
  check_count("steps", steps);
  return [=, then = std::move(then)](std::int64_t t) {
    const double ramp = static_cast<double>(t + 1) / static_cast<double>(steps);
    return then(t) * std::min(1.0, ramp);
  };
}

}  // namespace tapestry::nn::schedule
