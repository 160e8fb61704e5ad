#include "vae/training/metrics_log.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "autograd/error.hpp"
#include "nn/file.hpp"

namespace tapestry::vae {

void MetricsLog::append(const std::string& json_line) {
  nn::append_to_file(path_, json_line + "\n");
}

void MetricsLog::append_numbers(std::initializer_list<std::pair<const char*, double>> object) {
  std::string line;
  for (const auto& [name, number] : object) {
    const std::string value = std::isfinite(number) ? fmt::format("{}", number) : "null";
    line += fmt::format("{}\"{}\":{}", line.empty() ? "{" : ",", name, value);
  }
  append(line + "}");
}

std::uintmax_t MetricsLog::size() const {
  std::error_code none;
  const std::uintmax_t bytes = std::filesystem::file_size(path_, none);
  return none ? 0 : bytes;
}

void MetricsLog::cut_to(std::uintmax_t bytes, int lines) {
  if (size() < bytes) {
    throw DataError(fmt::format("{}: {} bytes, but the checkpoint was made after {}",
                                path_.string(), size(), bytes),
                    "put the file back as it was, or start again in another folder");
  }
  std::string kept(bytes, ' ');
  std::ifstream(path_, std::ios::binary).read(kept.data(), static_cast<std::streamsize>(bytes));
  check_whole(kept, lines, path_.string());
  if (size() > bytes) std::filesystem::resize_file(path_, bytes);
}

void MetricsLog::check_whole(std::string_view kept, int lines, const std::string& name) {
  const bool whole = kept.empty() || kept.back() == '\n';
  check<DataError>(whole && std::ranges::count(kept, '\n') >= lines,
                   "{}: the {} bytes that the checkpoint knows do not hold the lines of {} epochs",
                   name, kept.size(), lines);
}

}  // namespace tapestry::vae
