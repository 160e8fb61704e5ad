#include "steps.hpp"

#include <omp.h>

#include "contestant.hpp"
#include "report.hpp"

namespace tapestry::bench {

nlohmann::json bench_steps(const std::vector<Case>& cases, const std::vector<int>& threads,
                           const Effort& effort) {
  nlohmann::json results = nlohmann::json::array();
  Table table({"case", "threads", "floor ms", "by hand ms", "Tapestry ms", "by hand/floor",
               "Tapestry/floor", "Tapestry/by hand"});
  for (const Case& c : cases) {
    for (const int n : threads) {
      omp_set_num_threads(n);
      const auto floor = make_floor(c);
      const auto tapestry = make_tapestry(c);
      const auto by_hand = make_by_hand(c);
      if (by_hand) check_same(*tapestry, *by_hand, c);
      const auto runner = [](Contestant& contestant) {
        return [&contestant](double seconds) {
          return time_steps([&] { contestant.step(); }, seconds);
        };
      };
      std::vector<Runner> runners = {runner(*floor), runner(*tapestry)};
      if (by_hand) runners.push_back(runner(*by_hand));
      const std::vector<Rounds> ms = take_turns(runners, effort);
      const Rounds hand = by_hand ? ms[2] : Rounds(ms[0].size(), NAN);
      table.add({c.name, fmt::format("{}", n), number(median(ms[0])), number(median(hand)),
                 number(median(ms[1])), number(median_ratio(hand, ms[0])),
                 number(median_ratio(ms[1], ms[0])), number(median_ratio(ms[1], hand))});
      table.show();
      results.push_back({{"case", c.name},
                         {"threads", n},
                         {"floor_ms", ms[0]},
                         {"by_hand_ms", by_hand ? nlohmann::json(hand) : nlohmann::json()},
                         {"tapestry_ms", ms[1]}});
    }
  }
  return results;
}

}  // namespace tapestry::bench
