#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tapestry::bench {

/// Rows of cells; the first column is aligned to the left, numbers to the right. The widths are those of
/// the head, whose cells go over several lines where that keeps a column narrow.
class Table {
 public:
  static constexpr std::size_t kCase = 12;  ///< wide enough for the name of a case
  explicit Table(std::vector<std::string> head, std::size_t first_width = 26);
  void add(std::vector<std::string> row);
  /// The head and all rows at the first call, then the rows that are new since the last one.
  std::string new_lines();
  /// Prints them, so that a long run shows how far it is.
  void show();

 private:
  std::size_t width(std::size_t column) const;
  std::string line(const std::vector<std::string>& row) const;
  std::string head_lines() const;

  std::size_t first_width_;
  std::vector<std::vector<std::string>> rows_;
  std::size_t shown_ = 0;
};

/// From now on tables are shown in Markdown.
void print_markdown();

/// 3 significant digits: "0.0123", "4.57", "132".
std::string number(double value);

/// Writes to FILE, atomically. ConfigError if that fails.
void write_json(const std::string& file, const nlohmann::json& results);

}  // namespace tapestry::bench
