#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tapestry::bench {

/// How long to measure.
struct Effort {
  int rounds = 7;
  double seconds = 0.2;  ///< of each contestant in each round, at least
};

/// Milliseconds per step, round by round.
using Rounds = std::vector<double>;

/// Runs the contestants in turn, A B C A B C: a machine that slows down slows them all down. `run` makes
/// steps for that many seconds and answers milliseconds per step; its first call is not counted.
using Runner = std::function<double(double seconds)>;
std::vector<Rounds> take_turns(const std::vector<Runner>& contestants, const Effort& effort);

/// A moment between two turns: threads of OpenMP spin for a while after their last loop, which must not
/// cost the next contestant anything.
void rest();

/// A runner that repeats this step.
Runner repeat(std::function<void()> step);

/// Seconds on a clock that only goes forward.
double seconds_now();

double median(Rounds values);
/// The median of a[i] / b[i]: measured within the same round, so drift cancels.
double median_ratio(const Rounds& a, const Rounds& b);

}  // namespace tapestry::bench
