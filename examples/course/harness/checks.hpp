#pragma once

// What a unit's checks are written with. Every check is compiled twice. In the program with the
// student's files, answer() runs and judge() is left out, so that nothing there knows what is right.
// In the judge, a program without the student's files, answer() reads what that program wrote and
// judge() runs. The verdict is made where no student's code is.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "answers.hpp"

namespace course {

/// What a check looks at, in the order in which a task is checked.
enum class Kind : std::uint8_t { shape, worked, gradient, edge, property };

struct Check {
  const char* task;  ///< "1.2"
  Kind kind;
  const char* name;  ///< a sentence about what right code does
  int points;
  void (*run)();          ///< inputs, answer(), judge(); see below
  const char* hint = "";  ///< topic of the hint when nothing better is known: after a crash, say
};

/// The checks of the unit, task by task. Every unit defines both; the second are those of which a
/// student sees only that they exist.
std::span<const Check> checks();
std::span<const Check> hidden_checks();

/// What the student's code answers: `ask` calls it and returns a number, a bool, a text, or a vector
/// of numbers. An `ask` that returns nothing changes what a later one looks at. Only the answer
/// crosses over: whatever else `ask` changes is as it was in the judge.
template <class Ask>
auto answer(Ask&& ask) -> decltype(ask()) {
  using Answer = decltype(ask());
#if COURSE_JUDGE
  if constexpr (!std::is_void_v<Answer>) {
    Answer known;
    answers::read(known);
    return known;
  }
#else
  if constexpr (std::is_void_v<Answer>) {
    ask();
  } else {
    const Answer given = ask();
    answers::write(given);
    return given;
  }
#endif
}

/// What is made of the answers: notes, expectations and the numbers they need, which must not be
/// computed anywhere else. A check may judge several times; it ends with the first that fails.
template <class Verdict>
void judge([[maybe_unused]] Verdict&& verdict) {
#if COURSE_JUDGE
  verdict();
#endif
}

/// Whether `run` throws std::invalid_argument; for use in answer(). Another exception ends the check.
bool refused(const std::function<void()>& run);

// --- Numbers to ask with ---

/// Random numbers of this check: the same for the same seed, others for every check.
class Draw {
 public:
  Draw();
  double uniform(double low, double high);
  int below(int count);  ///< 0 .. count-1
  /// `friendly` for seed 1, which students use; a number between half and twice of it for the others,
  /// so that a grade is never earned with numbers that were known before.
  double near(double friendly);
  /// The same, never nearer to 0 than `friendly`: for edges, where less would not be one.
  double beyond(double friendly);
  /// The same for a number of things: `friendly`, or one of low..high.
  int count_near(int friendly, int low, int high);

 private:
  std::uint64_t state_;
};

// --- Values from outside of the program: the same in both programs ---

/// A value of a file that was handed in beside the program, by FILE.KEY: handed_in("answers.node").
/// The kit has compared keys and types with the starter's; a truth is "1" or "0".
std::string handed_in(const std::string& key);
double handed_in_number(const std::string& key);
/// What the [drawn] of unit.toml drew for this student. std::logic_error for a name that is not there.
std::string drawn(const std::string& name);
double drawn_number(const std::string& name);

// --- For judge() alone: the program with the student's files does not hold these ---

/// handed_in, but for "" and 0, which a starter has where nothing is filled in: the check is TODO then.
std::string filled_in(const std::string& key, const char* task);
/// What the unit knows of a fault that was drawn (faults.toml): fact("loss.line").
std::string fact(const std::string& name);
double fact_number(const std::string& name);

/// A wrong answer that comes from a known mistake, and the hint that helps.
struct Mistake {
  const char* hint;            ///< a topic of the task in hints.toml
  std::vector<double> answer;  ///< empty: any answer that is not explained otherwise
};

/// A line that is shown with the check when it does not pass: what was asked, in numbers.
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

/// df/dx to about ten digits, from five values of f around x. The step grows with |x|.
double slope(const std::function<double(double)>& f, double x);

// --- A test that the student wrote ------------------------------------------------------------------

/// A wrong subject of such a test.
struct WrongSubject {
  std::string shown;  ///< what the test is shown: "Adam", "ops with right slopes"
  const char* what;   ///< what is wrong with the other
  const char* hint;   ///< for a test that lets it pass
};

/// Shows right subjects and a wrong one, `rounds` in all, in an order that is drawn. `says` is what the
/// student's test makes of one: says(true) of a right subject, says(false) of the wrong one. A test
/// that turns down a right one is offered the hint "passes".
template <class Says>
void check_test(Draw& draw, int rounds, const WrongSubject& wrong, Says says) {
  std::vector<int> is_right, said;
  for (int i = 0; i < rounds; ++i) {
    const bool right = draw.below(2) == 1;
    is_right.push_back(right);
    said.push_back(answer([&] { return says(right) ? 1 : 0; }));
  }
  judge([&] {
    note("your test is shown " + wrong.shown + " and, again and again, this:");
    note(wrong.what);
    for (std::size_t i = 0; i < said.size(); ++i) {
      expect(!is_right[i] || said[i] == 1, "your test lets the right ones pass", "passes");
      expect(is_right[i] || said[i] == 0, "your test turns the wrong one down", wrong.hint);
    }
  });
}

}  // namespace course
