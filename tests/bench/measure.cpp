#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace tapestry::bench {

std::vector<Rounds> take_turns(const std::vector<Runner>& contestants, const Effort& effort) {
  std::vector<Rounds> results(contestants.size());
  for (const Runner& run : contestants) run(0.5 * effort.seconds);  // caches, pool, frequency
  for (int round = 0; round < effort.rounds; ++round) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      rest();
      results[i].push_back(contestants[i](effort.seconds));
    }
  }
  return results;
}

void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

namespace {

double time_steps(const std::function<void()>& step, double seconds) {
  step();  // the contestant before has emptied the caches
  const double begin = seconds_now();
  double now = begin;
  std::int64_t steps = 0;
  while (now - begin < seconds || steps < 3) {
    step();
    ++steps;
    now = seconds_now();
  }
  return 1e3 * (now - begin) / static_cast<double>(steps);
}

}  // namespace

Runner repeat(std::function<void()> step) {
  return [step = std::move(step)](double seconds) { return time_steps(step, seconds); };
}

double seconds_now() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

double median(Rounds values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

double median_ratio(const Rounds& a, const Rounds& b) {
  Rounds ratios(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) ratios[i] = a[i] / b[i];
  return median(ratios);
}

}  // namespace tapestry::bench
