#include "busy.hpp"

#include <map>

#include "competitors.hpp"
#include "contestant.hpp"
#include "peers.hpp"
#include "report.hpp"
#include "threads.hpp"

namespace tapestry::bench {
namespace {

struct Named {
  std::string name;
  Runner run;
};

/// A contestant's milliseconds per step: quiet, then beside each number of competitors.
using Loads = std::vector<Rounds>;

std::vector<Loads> measure(const std::vector<Named>& contestants,
                           const std::vector<int>& competitors, const Effort& effort) {
  std::vector<Loads> ms(contestants.size(), Loads(competitors.size() + 1));
  const auto all_take_their_turn = [&](std::size_t load) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      rest();
      ms[i][load].push_back(contestants[i].run(effort.seconds));
    }
  };
  for (const Named& c : contestants) c.run(0.5 * effort.seconds);  // caches, pool, frequency
  for (int round = 0; round < effort.rounds; ++round) {
    all_take_their_turn(0);
    for (std::size_t i = 0; i < competitors.size(); ++i) {
      const Competitors busy(competitors[i]);
      all_take_their_turn(i + 1);
    }
  }
  return ms;
}

std::vector<std::string> head(const std::vector<int>& competitors) {
  std::vector<std::string> cells = {"contestant", "case", "threads", "quiet ms"};
  for (const int n : competitors) {
    cells.push_back(fmt::format("beside {} ms", n));
    cells.push_back("slow- down");
  }
  return cells;
}

}  // namespace

nlohmann::json bench_busy(const std::vector<Case>& cases, const std::vector<int>& threads,
                          const std::vector<int>& competitors, const Start& start,
                          const Effort& effort, const std::string& python) {
  const std::vector<PeerProgram> programs = {{"pytorch.py", "eager"}, {"jax_peer.py", "jit"}};
  std::map<int, Peers> peers;
  for (const int n : threads) {
    peers.try_emplace(n, python, n, programs);
  }
  Table table(head(competitors));
  nlohmann::json results = nlohmann::json::array();
  for (const Case& c : cases) {
    const State state = start.of(c);
    for (const int n : threads) {
      use_threads(n);
      const auto tapestry = make_tapestry(c, state);
      std::vector<Named> contestants = {{"Tapestry", steps_of(*tapestry)}};
      peers.at(n).prepare(c, state, [&](const std::string& name, Runner steps) {
        contestants.push_back({name, std::move(steps)});
      });
      const std::vector<Loads> all = measure(contestants, competitors, effort);
      peers.at(n).drop(c);
      for (std::size_t i = 0; i < all.size(); ++i) {
        const Loads& ms = all[i];
        std::vector<std::string> row = {contestants[i].name, c.name, fmt::format("{}", n),
                                        number(median(ms[0]))};
        nlohmann::json beside = nlohmann::json::array();
        for (std::size_t k = 1; k < ms.size(); ++k) {
          row.push_back(number(median(ms[k])));
          row.push_back(number(median_ratio(ms[k], ms[0])));
          beside.push_back({{"competitors", competitors[k - 1]}, {"ms", ms[k]}});
        }
        table.add(row);
        results.push_back({{"case", c.name},
                           {"threads", n},
                           {"contestant", contestants[i].name},
                           {"quiet_ms", ms[0]},
                           {"beside", beside}});
      }
      table.show();
    }
  }
  return results;
}

}  // namespace tapestry::bench
