#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tapestry::bench {

/// Machine and build: {"cpu", "cores", "blas", "compiler", "commit"}.
nlohmann::json header();
/// The same as lines of text.
std::string header_text();

/// Rows of cells; the first column is aligned to the left, numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> head);
  void add(std::vector<std::string> row);
  /// Prints the head with the first row, then every row that is new since the last call, so that a long
  /// run shows how far it is. The widths are those of the head.
  void show();

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t shown_ = 0;
};

/// 3 significant digits: "0.0123", "4.57", "132".
std::string number(double value);

/// Writes to FILE, atomically. ConfigError if that fails.
void write_json(const std::string& file, const nlohmann::json& results);

}  // namespace tapestry::bench
