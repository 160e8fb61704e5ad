#include "health.hpp"

#include "threads.hpp"

#include "autograd/debug/health_scope.hpp"
#include "contestant.hpp"
#include "report.hpp"

namespace tapestry::bench {
namespace {

// All levels step one model: four models would lie at four places of the caches.
Runner steps_under(Health level, Contestant& contestant) {
  return [level, steps = steps_of(contestant)](double seconds) {
    const debug::HealthScope scope(level);
    return steps(seconds);
  };
}

}  // namespace

nlohmann::json bench_health(const std::vector<Case>& cases, const std::vector<int>& threads,
                            const Start& start, const Effort& effort) {
  nlohmann::json results = nlohmann::json::array();
  Table table({"case", "threads", "off ms", "loss ms", "nodes ms", "collect ms", "loss/off",
               "nodes/off", "collect/off"},
              Table::kCase);
  for (const Case& c : cases) {
    const State state = start.of(c);
    for (const int n : threads) {
      use_threads(n);
      const auto step = make_tapestry(c, state);
      const std::vector<Rounds> ms =
          take_turns({steps_under(Health::off, *step), steps_under(Health::loss, *step),
                      steps_under(Health::nodes, *step), steps_under(Health::collect, *step)},
                     effort);
      std::vector<std::string> row{c.name, fmt::format("{}", n)};
      for (const Rounds& level : ms) row.push_back(number(median(level)));
      for (std::size_t level = 1; level < ms.size(); ++level) {
        row.push_back(fmt::format("{:.3f}", median_ratio(ms[level], ms[0])));
      }
      table.add(row);
      table.show();
      results.push_back({{"case", c.name},
                         {"threads", n},
                         {"off_ms", ms[0]},
                         {"loss_ms", ms[1]},
                         {"nodes_ms", ms[2]},
                         {"collect_ms", ms[3]}});
    }
  }
  return results;
}

}  // namespace tapestry::bench
