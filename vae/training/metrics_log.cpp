#include "vae/training/metrics_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>

#include "autograd/error.hpp"

namespace tapestry::vae {

void MetricsLog::append(const std::string& json_line) {
  const std::string line = json_line + "\n";
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool written = fd >= 0 &&
                       ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0;
  const int fault = errno;
  if (fd >= 0) ::close(fd);
  check<DataError>(written, "{}: cannot append a line: {}", path_.string(), std::strerror(fault));
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
  const bool whole = kept.empty() || kept.back() == '\n';
  check<DataError>(whole && std::ranges::count(kept, '\n') >= lines,
                   "{}: the {} bytes that the checkpoint knows do not hold the lines of {} epochs",
                   path_.string(), bytes, lines);
  if (size() > bytes) std::filesystem::resize_file(path_, bytes);
}

}  // namespace tapestry::vae
