#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace course {

/// What a check looks at, in the order in which a task is checked.
enum class Kind : std::uint8_t { shape, worked, gradient, edge, property };

struct Check {
  const char* task;  ///< "1.2"
  Kind kind;
  const char* name;  ///< a sentence about what right code does
  int points;
  void (*run)();  ///< returns when all is well, otherwise ends in one of the functions below
  const char* hint = "";  ///< topic of the hint when nothing better is known: after a crash, say
};

/// The checks of the unit, task by task. Every unit defines both; the second are those of which a
/// student sees only that they exist.
std::span<const Check> checks();
std::span<const Check> hidden_checks();

/// A wrong answer that comes from a known mistake, and the hint that helps.
struct Mistake {
  const char* hint;            ///< a topic of the task in hints.toml
  std::vector<double> answer;  ///< empty: any answer that is not explained otherwise
};

/// A line that is shown with the check when it does not pass: what was computed, in numbers.
void note(std::string line);

/// Ends the check as failed unless `ok`. `what` says what should hold.
void expect(bool ok, std::string what, const char* hint = "");
void expect_equal(std::string what, int got, int expected, const char* hint = "");
/// Numbers agree to `tolerance`, relative to the larger of 1 and the expected one. When they do not,
/// the hint is that of the first mistake with this answer; without one, it is guessed from how got
/// and expected differ: "zero" (nothing arrived), "sign", "factor", "nan"; and if that says nothing,
/// it is that of the mistake without an answer.
void expect_numbers(std::string what, std::vector<double> got, std::vector<double> expected,
                    std::span<const Mistake> mistakes = {}, double tolerance = 1e-9);
inline void expect_number(std::string what, double got, double expected,
                          std::span<const Mistake> mistakes = {}, double tolerance = 1e-9) {
  expect_numbers(std::move(what), {got}, {expected}, mistakes, tolerance);
}
/// `run` throws std::invalid_argument.
void expect_refused(std::string what, const std::function<void()>& run, const char* hint = "");

/// Random numbers of this check: the same for the same seed, others for every check.
class Draw {
 public:
  Draw();
  double uniform(double low, double high);
  int below(int count);  ///< 0 .. count-1

 private:
  std::uint64_t state_;
};

/// df/dx to about ten digits, from five values of f around x. The step grows with |x|.
double slope(const std::function<double(double)>& f, double x);

}  // namespace course
