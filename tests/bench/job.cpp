#include "job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "nn/data/image_dataset.hpp"

namespace tapestry::bench {
namespace {

namespace fs = std::filesystem;

// At a terminal mnist_vae draws its bar after the first step, "[>   ]    1/469".
constexpr const char* kFirstOfMnistVae = "]    1/";
constexpr const char* kFirstOfPeer = "first step done";

fs::path folder_of_data(const std::string& data) {
  if (fs::is_directory(data)) return data;
  if (const auto found = nn::find_dataset(data)) return *found;
  throw ConfigError(fmt::format("--data {}: it is in no known place", data),
                    "name the folder of MNIST's files, or set TAPESTRY_DATA");
}

}  // namespace

std::vector<Job> all_jobs(const JobSettings& s) {
  const std::string data = folder_of_data(s.data);
  const auto job = [&](const char* name, const char* folder, std::vector<std::string> command,
                       const char* mark) {
    const fs::path out = s.folder / folder;
    for (const std::string& word :
         {std::string("--data"), data, std::string("--out"), out.string(), std::string("--epochs"),
          fmt::format("{}", s.epochs), std::string("--log-px"), fmt::format("{}", s.log_px)}) {
      command.push_back(word);
    }
    return Job{name, out, std::move(command), mark};
  };
  const auto peer = [&](const char* name, const char* folder, const char* script,
                        const char* mode) {
    const std::string path = fmt::format("{}/tests/bench/peers/{}", TAPESTRY_SOURCE_DIR, script);
    return job(name, folder, {s.python, path, "--mode", mode}, kFirstOfPeer);
  };
  return {job("Tapestry", "tapestry", {s.mnist_vae}, kFirstOfMnistVae),
          peer("PyTorch eager", "pytorch_eager", "job_torch.py", "eager"),
          peer("PyTorch compile", "pytorch_compile", "job_torch.py", "compile"),
          peer("PyTorch DataLoader", "pytorch_loader", "job_torch.py", "loader"),
          peer("JAX jit", "jax", "job_jax.py", "jit")};
}

Outcome read_outcome(const fs::path& out) {
  Outcome outcome;
  std::ifstream file(out / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    if (row.contains("test_neg_elbo")) outcome.test_neg_elbo = row["test_neg_elbo"];
    if (row.contains("log_px")) outcome.log_px = row["log_px"];
  }
  return outcome;
}

int steps_per_epoch(const std::string& output) {
  const std::size_t mark = output.find(kFirstOfMnistVae);
  return mark == std::string::npos ? 0 : std::atoi(output.c_str() + mark + 7);
}

}  // namespace tapestry::bench
