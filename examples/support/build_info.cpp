#include "support/build_info.hpp"

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

nlohmann::ordered_json build_info() {
  return {{"cpu", cpu_name()},
          {"cores", std::thread::hardware_concurrency()},
          {"blas", tapestry::blas_description()},
          {"compiler", kCompiler},
          {"commit", commit()}};
}

}  // namespace support
