#include "run.hpp"

#include "contestant.hpp"
#include "report.hpp"
#include "threads.hpp"
#include "timed_program.hpp"

namespace tapestry::bench {
namespace {

/// A job's rounds.
struct Results {
  Job job;
  Rounds wall = {}, processor = {}, megabytes = {}, first_step = {};
  Outcome outcome = {};
  bool failed = false;
};

std::string last_line(std::string text) {
  text.erase(text.find_last_not_of(" \r\n") + 1);
  return text.substr(text.find_last_of("\r\n") + 1);
}

// From an empty folder, as somebody would start it. Returns what it said.
std::string run_once(Results& r, int threads) {
  std::filesystem::remove_all(r.job.out);
  std::filesystem::create_directories(r.job.out.parent_path());
  std::vector<std::string> command = r.job.command;
  command.insert(command.end(), {"--threads", fmt::format("{}", threads)});
  const TimedProgram t = time_program(command, r.job.mark);
  if (!t.succeeded) {
    r.failed = true;
    fmt::print("left out: {} ({})\n", r.job.name, last_line(t.output));
    return t.output;
  }
  r.wall.push_back(t.wall);
  r.processor.push_back(t.processor);
  r.megabytes.push_back(t.peak_megabytes);
  r.first_step.push_back(t.first_mark);
  r.outcome = read_outcome(r.job.out);
  fmt::print(stderr, "{}: {:.1f} s\n", r.job.name, t.wall);
  return t.output;
}

// Milliseconds of the products of one step. Its buffers are gone before the next program starts, so that
// nothing of them counts as that program's memory.
double floor_ms(double seconds) {
  const auto floor = make_floor(cases_named({"vae"}).front());
  const Runner steps = steps_of(*floor);
  steps(0.5 * seconds);
  return steps(seconds);
}

std::string nats(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f}", value); }

Table table_of(const std::vector<Results>& all, const Rounds& floor, const std::string& floor_name,
               int threads) {
  Table table({fmt::format("{} thread{}", threads, threads > 1 ? "s" : ""), "wall s", "/Tapestry",
               "processor s", "peak MB", "first step s", "test -ELBO", "log p(x)"});
  const Rounds& ours = all.front().wall;
  for (const Results& r : all) {
    if (r.failed) continue;
    table.add({r.job.name, number(median(r.wall)), number(median_ratio(r.wall, ours)),
               number(median(r.processor)), number(median(r.megabytes)),
               number(median(r.first_step)), nats(r.outcome.test_neg_elbo),
               nats(r.outcome.log_px)});
  }
  table.add(
      {floor_name, number(median(floor)), number(median_ratio(floor, ours)), "", "", "", "", ""});
  return table;
}

}  // namespace

nlohmann::json bench_run(const JobSettings& settings, const std::vector<int>& threads,
                         const Effort& effort) {
  nlohmann::json results = nlohmann::json::array();
  for (const int n : threads) {
    use_threads(n);
    std::vector<Results> all;
    for (Job& job : all_jobs(settings)) all.push_back({.job = std::move(job)});
    int steps = 0;  // of an epoch
    Rounds floor;   // seconds for all steps
    for (int round = 1; round <= effort.rounds; ++round) {
      fmt::print(stderr, "round {} of {}, threads: {}\n", round, effort.rounds, n);
      for (Results& r : all) {
        if (r.failed) continue;
        const std::string output = run_once(r, n);
        if (&r != &all.front()) continue;
        check<DataError>(!r.failed, "bench run compares with mnist_vae, which has failed");
        steps = steps_per_epoch(output);
      }
      floor.push_back(1e-3 * floor_ms(effort.seconds) * settings.epochs * steps);
    }
    const std::string floor_name = fmt::format("{} x {} x floor", settings.epochs, steps);
    table_of(all, floor, floor_name, n).show();
    for (const Results& r : all) {
      if (r.failed) continue;
      results.push_back({{"job", r.job.name},
                         {"threads", n},
                         {"wall_s", r.wall},
                         {"processor_s", r.processor},
                         {"peak_mb", r.megabytes},
                         {"first_step_s", r.first_step},
                         {"test_neg_elbo", r.outcome.test_neg_elbo},
                         {"log_px", r.outcome.log_px}});
    }
    results.push_back({{"job", floor_name}, {"threads", n}, {"wall_s", floor}});
  }
  return results;
}

}  // namespace tapestry::bench
