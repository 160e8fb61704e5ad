#include "compare.hpp"

#include "threads.hpp"

#include <map>
#include <set>

#include "contestant.hpp"
#include "peers.hpp"
#include "report.hpp"

namespace tapestry::bench {
namespace {

/// Milliseconds of one case by contestant and number of threads; what failed is missing.
using Results = std::map<std::pair<std::string, int>, Rounds>;

// One number of threads after the other: a second thread that has slept through a turn on one may wake up
// on the processor of the first.
Results measure(const Case& c, const State& state, const std::vector<int>& threads,
                std::map<int, Peers>& peers, const Effort& effort) {
  Results results;
  for (const int n : threads) {
    use_threads(n);
    const auto floor = make_floor(c);
    const auto tapestry = make_tapestry(c, state);
    std::vector<std::string> names = {"floor", "Tapestry"};
    std::vector<Runner> runners = {steps_of(*floor), steps_of(*tapestry)};
    peers.at(n).prepare(c, state, [&](const std::string& name, Runner steps) {
      names.push_back(name);
      runners.push_back(std::move(steps));
    });
    const std::vector<Rounds> ms = take_turns(runners, effort);
    for (std::size_t i = 0; i < names.size(); ++i) results[{names[i], n}] = ms[i];
    peers.at(n).drop(c);
  }
  return results;
}

// "PyTorch 2.13.0 eager" and "PyTorch 2.13.0 compile" are one library at two settings.
std::string library(const std::string& contestant) {
  return contestant.substr(0, contestant.find(' '));
}

}  // namespace

nlohmann::json bench_compare(const std::vector<Case>& cases, const std::vector<int>& threads,
                             const Start& start, const Effort& effort, const std::string& python) {
  std::map<int, Peers> peers;
  std::vector<std::string> columns = {"floor", "Tapestry"};
  for (const int n : threads) {
    peers.try_emplace(
        n, python, n,
        std::vector<PeerProgram>{
            {"pytorch.py", "eager"}, {"pytorch.py", "compile"}, {"jax_peer.py", "jit"}});
    for (const auto& peer : peers.at(n).all()) {
      if (std::find(columns.begin(), columns.end(), peer->name()) == columns.end()) {
        columns.push_back(peer->name());
      }
    }
  }
  std::vector<std::string> head = {"case, ms per step", "threads"},
                           best_head = {"best setting, ms"};
  head.insert(head.end(), columns.begin(), columns.end());
  head.push_back("best peer/Tapestry");
  Table table(head, Table::kCase);
  std::set<std::string> libraries;
  for (const std::string& name : columns) libraries.insert(library(name));
  best_head.insert(best_head.end(), libraries.begin(), libraries.end());
  best_head.push_back("best peer/Tapestry");
  Table best_table(best_head);
  nlohmann::json all = nlohmann::json::array();

  for (const Case& c : cases) {
    const Results results = measure(c, start.of(c), threads, peers, effort);
    const auto fastest_peer = [&](auto counts) {
      double fastest = INFINITY;
      for (const auto& [key, ms] : results) {
        if (key.first != "floor" && key.first != "Tapestry" && counts(key)) {
          fastest = std::min(fastest, median(ms));
        }
      }
      return fastest;
    };
    for (const int n : threads) {
      std::vector<std::string> row = {c.name, fmt::format("{}", n)};
      for (const std::string& name : columns) {
        const auto found = results.find({name, n});
        row.push_back(found == results.end() ? "-" : number(median(found->second)));
      }
      const double rival = fastest_peer([n](const auto& key) { return key.second == n; });
      row.push_back(number(rival / median(results.at({"Tapestry", n}))));
      table.add(row);
    }
    table.show();
    std::vector<std::string> row = {c.name};
    double ours = 0;
    for (const std::string& name : libraries) {
      double fastest = INFINITY;
      for (const auto& [key, ms] : results) {
        if (library(key.first) == name) fastest = std::min(fastest, median(ms));
      }
      if (name == "Tapestry") ours = fastest;
      row.push_back(number(fastest));
    }
    row.push_back(number(fastest_peer([](const auto&) { return true; }) / ours));
    best_table.add(row);
    for (const auto& [key, ms] : results) {
      all.push_back(
          {{"case", c.name}, {"contestant", key.first}, {"threads", key.second}, {"ms", ms}});
    }
  }
  fmt::print("\n");
  best_table.show();
  return all;
}

}  // namespace tapestry::bench
