#include "steps.hpp"

#include "threads.hpp"

#include "contestant.hpp"
#include "report.hpp"

namespace tapestry::bench {

nlohmann::json bench_steps(const std::vector<Case>& cases, const std::vector<int>& threads,
                           const Start& start, const Effort& effort) {
  nlohmann::json results = nlohmann::json::array();
  Table table({"case", "threads", "floor ms", "by hand ms", "Tapestry ms", "by hand/floor",
               "Tapestry/floor", "Tapestry/by hand"},
              Table::kCase);
  for (const Case& c : cases) {
    const State state = start.of(c);
    for (const int n : threads) {
      use_threads(n);
      const auto floor = make_floor(c);
      const auto tapestry = make_tapestry(c, state);
      const auto by_hand = make_by_hand(c, state);
      check_same(*tapestry, *by_hand, c);
      const std::vector<Rounds> ms =
          take_turns({steps_of(*floor), steps_of(*by_hand), steps_of(*tapestry)}, effort);
      table.add({c.name, fmt::format("{}", n), number(median(ms[0])), number(median(ms[1])),
                 number(median(ms[2])), number(median_ratio(ms[1], ms[0])),
                 number(median_ratio(ms[2], ms[0])), number(median_ratio(ms[2], ms[1]))});
      table.show();
      results.push_back({{"case", c.name},
                         {"threads", n},
                         {"floor_ms", ms[0]},
                         {"by_hand_ms", ms[1]},
                         {"tapestry_ms", ms[2]},
                         {"trained_steps", start.steps},
                         {"by_hand_denormals", by_hand->denormals()},
                         {"tapestry_denormals", tapestry->denormals()}});
    }
  }
  return results;
}

}  // namespace tapestry::bench
