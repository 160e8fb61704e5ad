#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "checks.hpp"
#include "failure.hpp"

namespace course {

namespace {

std::vector<std::string> texts(std::span<const double> numbers, int digits) {
  std::vector<std::string> all;
  for (const double x : numbers) all.push_back(fmt::format("{:.{}g}", x, digits));
  return all;
}

bool close(double got, double expected, double tolerance) {
  if (got == expected) return true;  // infinities too
  if (!std::isfinite(expected)) return false;
  return std::abs(got - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

bool all_close(std::span<const double> got, std::span<const double> expected, double tolerance) {
  return std::equal(got.begin(), got.end(), expected.begin(), expected.end(),
                    [&](double a, double b) { return close(a, b, tolerance); });
}

/// got = factor * expected for all elements; 0 if there is no such factor.
double common_factor(std::span<const double> got, std::span<const double> expected,
                     double tolerance) {
  double factor = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (expected[i] == 0) {
      if (got[i] != 0) return 0;
      continue;
    }
    const double ratio = got[i] / expected[i];
    if (factor != 0 && !close(ratio, factor, tolerance)) return 0;
    factor = ratio;
  }
  return factor;
}

std::string guess(std::span<const double> got, std::span<const double> expected, double tolerance,
                  double& factor) {
  const auto finite = [](double x) { return std::isfinite(x); };
  if (std::all_of(expected.begin(), expected.end(), finite) &&
      !std::all_of(got.begin(), got.end(), finite))
    return "nan";
  if (std::all_of(got.begin(), got.end(), [](double x) { return x == 0; })) return "zero";
  factor = common_factor(got, expected, std::max(tolerance, 1e-6));
  if (close(factor, -1, 1e-6)) return "sign";
  if (close(factor, 1, 1e-2)) return {};  // nearly right: that is another kind of mistake
  // Of a single number any other one is some factor away: only 2 and 1/2 say something then.
  if (factor != 0 && (got.size() > 1 || close(factor, 2, 1e-6) || close(factor, 0.5, 1e-6)))
    return "factor";
  return {};
}

}  // namespace

void expect(bool ok, std::string what, const char* hint) {
  if (!ok) throw Failure{.what = std::move(what), .hint = hint};
}

void expect_equal(std::string what, int got, int expected, const char* hint) {
  if (got == expected) return;
  throw Failure{.what = std::move(what),
                .got = {std::to_string(got)},
                .expected = {std::to_string(expected)},
                .hint = hint};
}

void expect_numbers(std::string what, std::vector<double> got, std::vector<double> expected,
                    std::span<const Mistake> mistakes, double tolerance) {
  if (all_close(got, expected, tolerance)) return;
  Failure failure{.what = std::move(what)};
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i)
    if (!close(got[i], expected[i], tolerance)) failure.wrong.push_back(static_cast<int>(i));
  const bool same_size = got.size() == expected.size();
  // Six digits, unless they do not show the difference.
  for (const int digits : {6, 9, 12, 17}) {
    failure.got = texts(got, digits);
    failure.expected = texts(expected, digits);
    if (std::none_of(failure.wrong.begin(), failure.wrong.end(), [&](int i) {
          return failure.got[static_cast<std::size_t>(i)] ==
                 failure.expected[static_cast<std::size_t>(i)];
        }))
      break;
  }
  const auto explains = [&](const Mistake& m) { return all_close(got, m.answer, tolerance); };
  const auto any_other = [](const Mistake& m) { return m.answer.empty(); };
  const auto hint_of = [&](auto fits) {
    const auto found = std::find_if(mistakes.begin(), mistakes.end(), fits);
    return found == mistakes.end() ? std::string() : std::string(found->hint);
  };
  failure.hint = hint_of(explains);
  if (failure.hint.empty() && same_size)
    failure.hint = guess(got, expected, tolerance, failure.factor);
  if (failure.hint.empty()) failure.hint = hint_of(any_other);
  throw failure;
}

double slope(const std::function<double(double)>& f, double x) {
  const double h = 1e-3 * std::max(1.0, std::abs(x));
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

}  // namespace course
