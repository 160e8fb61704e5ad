#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tapestry::vae {

/// metrics.jsonl: one JSON object a line, appended as a run goes on and safe on disk when `append`
/// returns. Its size in bytes is part of a checkpoint, so a resumed run can cut off what came later.
class MetricsLog {
 public:
  explicit MetricsLog(std::filesystem::path path) : path_(std::move(path)) {}

  /// Throws DataError when the line cannot be written.
  void append(const std::string& json_line);
  /// The same for an object of numbers; one that is not finite becomes null.
  void append_numbers(std::initializer_list<std::pair<const char*, double>> object);
  std::uintmax_t size() const;  ///< bytes; 0 without a file
  /// Keeps the first `bytes` bytes, which hold at least `lines` whole lines. Throws DataError if they
  /// do not, or if the file is shorter.
  void cut_to(std::uintmax_t bytes, int lines = 0);
  /// Throws DataError unless `kept` is nothing but whole lines, and at least `lines` of them.
  static void check_whole(std::string_view kept, int lines, const std::string& name);

 private:
  std::filesystem::path path_;
};

}  // namespace tapestry::vae
