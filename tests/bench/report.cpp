#include "report.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include "autograd/kernels/blas.hpp"
#include "nn/file.hpp"

namespace tapestry::bench {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

// The commit of the source tree; "unknown" outside a clone.
std::string commit() {
  const std::string command =
      fmt::format("git -C '{}' describe --always --dirty 2>/dev/null", TAPESTRY_SOURCE_DIR);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 80> text{};
  if (!pipe || !std::fgets(text.data(), text.size(), pipe.get())) return "unknown";
  const std::string line = text.data();
  return line.substr(0, line.find('\n'));
}

#ifdef __clang__
constexpr const char* kCompiler = "clang++ " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

nlohmann::json header() {
  return {{"cpu", cpu_name()},
          {"cores", std::thread::hardware_concurrency()},
          {"blas", blas_description()},
          {"compiler", kCompiler},
          {"commit", commit()}};
}

std::string header_text() {
  const nlohmann::json h = header();
  return fmt::format("{}, {} cores; {}; {}; commit {}\n", h["cpu"].get<std::string>(),
                     h["cores"].get<int>(), h["blas"].get<std::string>(),
                     h["compiler"].get<std::string>(), h["commit"].get<std::string>());
}

Table::Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }

void Table::add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

void Table::show() {
  for (; shown_ < rows_.size(); ++shown_) {
    std::string line;
    for (std::size_t i = 0; i < rows_[shown_].size(); ++i) {
      const std::size_t width = std::max<std::size_t>(rows_[0][i].size() + 2, i ? 9 : 26);
      line += i ? fmt::format("{:>{}}", rows_[shown_][i], width)
                : fmt::format("{:<{}}", rows_[shown_][i], width);
    }
    fmt::print("{}\n", line);
  }
  std::fflush(stdout);
}

std::string number(double value) {
  if (!std::isfinite(value)) return "-";
  const double size = std::fabs(value);
  return fmt::format("{:.{}f}", value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

void write_json(const std::string& file, const nlohmann::json& results) {
  nn::write_file_atomically(file, results.dump(1) + "\n");
}

}  // namespace tapestry::bench
