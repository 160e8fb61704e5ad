#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "busy.hpp"
#include "compare.hpp"
#include "contestant.hpp"
#include "header.hpp"
#include "health.hpp"
#include "ops.hpp"
#include "report.hpp"
#include "run.hpp"
#include "steps.hpp"
#include "tape.hpp"
#include "threads.hpp"

using namespace tapestry;
using namespace tapestry::bench;

namespace {

/// What the command line says.
struct Given {
  Effort effort;
  std::vector<int> threads = {1, 2}, competitors = {1, 2};
  std::vector<std::string> cases;
  Start start{.steps = 2000, .folder = TAPESTRY_SOURCE_DIR "/build/bench"};
  std::string python = TAPESTRY_SOURCE_DIR "/build/peers/bin/python3";
  std::string json;

  // of the whole run alone, which takes minutes: as it is started, on all processors
  JobSettings job{.folder = TAPESTRY_SOURCE_DIR "/build/bench/runs",
                  .mnist_vae = TAPESTRY_MNIST_VAE};
  std::vector<int> run_threads = {processors()};
  Effort run_effort{.rounds = 3, .seconds = 1};
};

void add_cases(CLI::App* command, Given& given) {
  command->add_option("CASE", given.cases, "cases; all by default (see bench list)");
  command
      ->add_option("--train", given.start.steps,
                   "steps of training before anything is timed; made once and kept")
      ->check(CLI::Range(0, 1'000'000))
      ->option_text(fmt::format("N [{}]", given.start.steps));
  command->add_flag_callback(
      "--fresh", [&] { given.start.steps = 0; },
      "initial weights and one minibatch of random pixels instead");
  command->add_option("--states", given.start.folder, "where trained states are kept")
      ->option_text("FOLDER [build/bench]");
}

void add_effort(CLI::App* command, std::vector<int>& threads, Effort& effort) {
  command->add_option("--threads", threads, "numbers of threads to compute on, one after the other")
      ->delimiter(',')
      ->check(CLI::Range(1, 256))
      ->option_text(fmt::format("N,N,... [{}]", fmt::join(threads, ",")));
  command->add_option("--rounds", effort.rounds, "rounds in which all take their turn")
      ->check(CLI::Range(1, 1'000'000))
      ->option_text(fmt::format("N [{}]", effort.rounds));
  command->add_option("--seconds", effort.seconds, "of each contestant in each round")
      ->check(CLI::Range(0.001, 3600.0))
      ->option_text(fmt::format("S [{}]", effort.seconds));
}

void add_python(CLI::App* command, Given& given) {
  command->add_option("--python", given.python, "the Python that has the peers installed")
      ->option_text("FILE [build/peers/bin/python3]");
}

void add_job(CLI::App* command, Given& given) {
  add_effort(command, given.run_threads, given.run_effort);
  command->get_option("--seconds")->description("for the floor in each round");
  command->add_option("--epochs", given.job.epochs, "passes over the training images")
      ->check(CLI::Range(1, 1'000'000))
      ->option_text(fmt::format("N [{}]", given.job.epochs));
  command
      ->add_option("--log-px", given.job.log_px,
                   "samples for log p(x) of 2,000 test images at the end; 0: none")
      ->check(CLI::Range(0, 4000))
      ->option_text(fmt::format("K [{}]", given.job.log_px));
  command->add_option("--data", given.job.data, "mnist, or a folder with files like MNIST's")
      ->option_text("NAME [mnist]");
  command->add_option("--out", given.job.folder, "where each program's files are left")
      ->option_text("FOLDER [build/bench/runs]");
}

void add_output(CLI::App* command, Given& given) {
  command->add_option("--json", given.json, "write every round's numbers to this file")
      ->option_text("FILE");
  command->add_flag_callback("--markdown", print_markdown, "print tables in Markdown");
}

void check_cases(const Given& given) {
  for (const Case& c : cases_named(given.cases)) {
    const State state = given.start.of(c);
    const auto tapestry = make_tapestry(c, state), by_hand = make_by_hand(c, state);
    check_same(*tapestry, *by_hand, c);
    fmt::print("{:<11} loss {:.4f}, {} gradients: the same by hand\n", c.name, tapestry->loss(),
               tapestry->gradients().size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures Tapestry's speed against what the machine can do.", "bench");
  app.require_subcommand(1);
  Given given;
  nlohmann::ordered_json header;
  nlohmann::json results;
  // `check` throws for what is wrong before anything is measured.
  const auto measured = [&](const char* name, const char* what, const std::vector<int>& threads,
                            auto check, auto run) {
    CLI::App* command = app.add_subcommand(name, what);
    add_output(command, given);
    command->callback([&, check, run] {
      check();
      header = measure_header(threads);
      fmt::print("{}\n", header_text(header, doubtful_settings(std::getenv)));
      std::fflush(stdout);
      results = run();
    });
    return command;
  };
  const auto cases = [&] { cases_named(given.cases); };
  CLI::App* steps = measured("steps", "training steps: matrix products alone, by hand, Tapestry",
                             given.threads, cases, [&] {
                               return bench_steps(cases_named(given.cases), given.threads,
                                                  given.start, given.effort);
                             });
  CLI::App* tape = measured("tape", "what a node of the tape costs", given.threads, cases,
                            [&] { return bench_tape(given.effort); });
  CLI::App* levels = measured(
      "health", "what looking for NaN and infinity costs in a training step", given.threads, cases,
      [&] {
        return bench_health(cases_named(given.cases), given.threads, given.start, given.effort);
      });
  CLI::App* ops = measured("ops", "bandwidth and flop rate of each kernel", given.threads, cases,
                           [&] { return bench_ops(given.threads, given.effort); });
  CLI::App* compare =
      measured("compare", "Tapestry against PyTorch and JAX (tests/bench/peers/install)",
               given.threads, cases, [&] {
                 return bench_compare(cases_named(given.cases), given.threads, given.start,
                                      given.effort, given.python);
               });
  CLI::App* busy =
      measured("busy", "how much other processes slow Tapestry, PyTorch and JAX down",
               given.threads, cases, [&] {
                 return bench_busy(cases_named(given.cases), given.threads, given.competitors,
                                   given.start, given.effort, given.python);
               });
  busy->add_option("--competitors", given.competitors,
                   "numbers of other processes; bench starts and ends them")
      ->delimiter(',')
      ->check(CLI::Range(1, 256))
      ->option_text("N,N,... [1,2]");
  CLI::App* whole = measured(
      "run", "the whole mnist_vae and the same program in PyTorch and JAX", given.run_threads,
      [&] { all_jobs(given.job); },
      [&] {
        given.job.python = given.python;
        return bench_run(given.job, given.run_threads, given.run_effort);
      });
  add_job(whole, given);
  for (CLI::App* command : {steps, tape, levels, ops, compare, busy}) {
    add_effort(command, given.threads, given.effort);
  }
  for (CLI::App* command : {compare, busy, whole}) add_python(command, given);
  CLI::App* same =
      app.add_subcommand("check", "measures nothing: is the step by hand the same as Tapestry's?");
  for (CLI::App* command : {steps, levels, compare, busy, same}) add_cases(command, given);
  same->callback([&] { check_cases(given); });
  app.add_subcommand("list", "the cases")->callback([] {
    for (const Case& c : all_cases()) fmt::print("{:<11} {}\n", c.name, c.what);
  });
  try {
    app.parse(argc, argv);
    if (!given.json.empty()) write_json(given.json, {{"header", header}, {"results", results}});
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    fmt::print(stderr, "bench: {}; see bench --help\n", error.what());
    return 2;
  } catch (const Error& error) {
    fmt::print(stderr, "bench: {}{}{}\n", error.message, error.hint.empty() ? "" : "; ",
               error.hint);
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
