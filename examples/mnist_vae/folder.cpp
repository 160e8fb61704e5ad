#include "folder.hpp"

#include <fmt/format.h>

#include <fstream>

#include "autograd/error.hpp"
#include "nn/file.hpp"

namespace mnist_vae {

using namespace tapestry;

void check_out(const Config& c) {
  std::error_code fault;
  if (c.resume) {
    check<ConfigError>(std::filesystem::is_directory(c.out, fault),
                       "--resume: there is no folder {}", c.out.string());
  } else if (std::filesystem::exists(c.out / "config.json", fault)) {
    throw ConfigError(fmt::format("--out {}: holds a run already", c.out.string()),
                      "add --resume to go on with it, or name another folder");
  }
  fault.clear();
  std::filesystem::create_directories(c.out, fault);
  check<ConfigError>(!fault, "--out {}: cannot write there ({})", c.out.string(), fault.message());
  const std::filesystem::path probe = c.out / ".writable";
  const bool writable = std::ofstream(probe).put('x').good();
  std::filesystem::remove(probe, fault);
  check<ConfigError>(writable, "--out {}: cannot write there", c.out.string());
}

void open_run(const Config& c, vae::Trainer& trainer) {
  check_out(c);  // again: another process may have ended a run before the trainer held the folder
  if (!c.resume) {
    for (const char* file : {"checkpoint.safetensors", "metrics.jsonl"})
      std::filesystem::remove(c.out / file);  // of a run whose settings are gone
  } else if (trainer.resume()) {
    fmt::print("resume in epoch {}, step {}\n", trainer.epoch(), trainer.step_of_epoch());
  } else {
    fmt::print("no checkpoint in {}: starting from the beginning\n", c.out.string());
  }
  nn::write_file_atomically(c.out / "config.json", to_json(c));
}

}  // namespace mnist_vae
