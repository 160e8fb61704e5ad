#include "support/concept/build_info.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "autograd/kernels/blas.hpp"

namespace support {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

// "-dirty" when a source file differs from it. Files that --docs writes below docs/ do not count.
std::string commit() {
  const std::string command = fmt::format(
      "cd '{}' && git rev-parse --short HEAD 2>/dev/null && "
      "(git diff --quiet HEAD -- . ':!docs' || echo -dirty)",
      TAPESTRY_SOURCE_DIR);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 80> line{};
  std::string text;
  while (pipe && std::fgets(line.data(), line.size(), pipe.get())) text += line.data();
  std::erase(text, '\n');
  return text.empty() ? "unknown" : text;
}

#ifdef __clang__
constexpr const char* kCompiler = "clang++ " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

nlohmann::ordered_json build_info() {
  return {{"cpu", cpu_name()},
          {"cores", std::thread::hardware_concurrency()},
          {"blas", tapestry::blas_description()},
          {"compiler", kCompiler},
          {"commit", commit()}};
}

}  // namespace support
