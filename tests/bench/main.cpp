#include <CLI/CLI.hpp>

#include "compare.hpp"
#include "contestant.hpp"
#include "health.hpp"
#include "ops.hpp"
#include "report.hpp"
#include "steps.hpp"
#include "tape.hpp"

using namespace tapestry;
using namespace tapestry::bench;

int main(int argc, char** argv) {
  CLI::App app("Measures Tapestry's speed against what the machine can do.", "bench");
  app.require_subcommand(1);
  Effort effort;
  std::vector<int> threads = {1, 2};
  std::vector<std::string> names;
  std::string json;
  const auto add = [&](const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("--threads", threads, "numbers of threads")
        ->delimiter(',')
        ->capture_default_str();
    command->add_option("--rounds", effort.rounds, "rounds in which all take their turn")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--seconds", effort.seconds, "of each contestant in each round")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--json", json, "write every round's numbers to this file");
    return command;
  };
  CLI::App* steps = add("steps", "training steps: matrix products alone, by hand, Tapestry");
  steps->add_option("CASE", names, "cases; all by default (see bench list)");
  CLI::App* tape = add("tape", "what a node of the tape costs");
  CLI::App* levels = add("health", "what looking for NaN and infinity costs in a training step");
  levels->add_option("CASE", names, "cases; all by default (see bench list)");
  CLI::App* ops = add("ops", "bandwidth and flop rate of each kernel");
  CLI::App* compare =
      add("compare", "Tapestry against PyTorch and JAX (tests/bench/peers/install)");
  compare->add_option("CASE", names, "cases; all by default (see bench list)");
  std::string python = TAPESTRY_SOURCE_DIR "/build/peers/bin/python3";
  compare->add_option("--python", python, "the Python that has the peers installed")
      ->capture_default_str();
  CLI::App* same = app.add_subcommand(
      "check",
      "compares losses and gradients of the step by hand with Tapestry's; measures nothing");
  same->add_option("CASE", names, "cases; all by default (see bench list)");
  CLI::App* list = app.add_subcommand("list", "the cases");
  CLI11_PARSE(app, argc, argv);
  try {
    if (*list) {
      for (const Case& c : all_cases()) fmt::print("{:<11} {}\n", c.name, c.what);
      return 0;
    }
    if (*same) {
      for (const Case& c : cases_named(names)) {
        const auto tapestry = make_tapestry(c), by_hand = make_by_hand(c);
        check_same(*tapestry, *by_hand, c);
        fmt::print("{:<11} loss {:.4f}, {} gradients: the same by hand\n", c.name, tapestry->loss(),
                   tapestry->gradients().size());
      }
      return 0;
    }
    fmt::print("{}\n", header_text());
    nlohmann::json results;
    if (*steps) results = bench_steps(cases_named(names), threads, effort);
    if (*tape) results = bench_tape(effort);
    if (*levels) results = bench_health(cases_named(names), threads, effort);
    if (*ops) results = bench_ops(threads, effort);
    if (*compare) results = bench_compare(cases_named(names), threads, effort, python);
    if (!json.empty()) write_json(json, {{"header", header()}, {"results", results}});
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
