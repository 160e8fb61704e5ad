#pragma once

#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tapestry::bench {

/// The settings of a whole training run, which all jobs of `bench run` share.
struct JobSettings {
  std::string data = "mnist";  ///< as nn::find_dataset knows it, or a folder of IDX files
  int epochs = 10;
  int log_px = 100;              ///< samples for each of 2,000 test images; 0: no log p(x)
  std::filesystem::path folder;  ///< each job writes into one of its own in there
  std::string python = "python3", mnist_vae = "mnist_vae";  ///< the programs
};

/// A program that does the whole run: data, training, evaluations, files.
struct Job {
  std::string name;                  ///< "PyTorch compile"
  std::filesystem::path out;         ///< its folder
  std::vector<std::string> command;  ///< without what depends on the number of threads
  std::string mark;                  ///< stands in its output when the first step is done
};

/// mnist_vae itself, then the peers' programs of tests/bench/peers. ConfigError if the data is in no known
/// place.
std::vector<Job> all_jobs(const JobSettings& settings);

/// What a job's metrics.jsonl says at the end; NaN for what it does not say.
struct Outcome {
  double test_neg_elbo = NAN, log_px = NAN;
};
Outcome read_outcome(const std::filesystem::path& out);

/// "]    1/469" in mnist_vae's output: 469. 0 if it is not there.
int steps_per_epoch(const std::string& output);

}  // namespace tapestry::bench
