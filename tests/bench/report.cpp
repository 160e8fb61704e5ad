#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "nn/file.hpp"

namespace tapestry::bench {

Table::Table(std::vector<std::string> head, std::size_t first_width) : first_width_(first_width) {
  rows_.push_back(std::move(head));
}

void Table::add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

namespace {
bool markdown = false;

// A cell's words on as few lines as fit the width, two columns of which stay free.
std::vector<std::string> wrapped(const std::string& cell, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream words(cell);
  for (std::string word; words >> word;) {
    if (lines.empty() || lines.back().size() + 1 + word.size() + 2 > width) {
      lines.push_back(word);
    } else {
      lines.back() += " " + word;
    }
  }
  return lines;
}

}  // namespace

void print_markdown() { markdown = true; }

std::string Table::line(const std::vector<std::string>& row) const {
  if (markdown) return fmt::format("| {} |\n", fmt::join(row, " | "));
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) {
    text += i ? fmt::format("{:>{}}", row[i], width(i)) : fmt::format("{:<{}}", row[i], width(i));
  }
  return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

std::size_t Table::width(std::size_t column) const {
  std::size_t longest = 0;
  std::istringstream words(rows_[0][column]);
  for (std::string word; words >> word;) longest = std::max(longest, word.size());
  return std::max<std::size_t>(longest + 2, column ? 10 : first_width_);
}

std::string Table::head_lines() const {
  const std::vector<std::string>& head = rows_[0];
  if (markdown) return line(head) + line(std::vector<std::string>(head.size(), "---"));
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    cells.push_back(wrapped(head[i], width(i)));
    height = std::max(height, cells.back().size());
  }
  std::string text;
  for (std::size_t k = height; k > 0; --k) {  // cells end on the last line
    std::vector<std::string> row;
    for (const std::vector<std::string>& cell : cells) {
      row.push_back(k > cell.size() ? "" : cell[cell.size() - k]);
    }
    text += line(row);
  }
  return text;
}

std::string Table::new_lines() {
  std::string text;
  for (; shown_ < rows_.size(); ++shown_) text += shown_ ? line(rows_[shown_]) : head_lines();
  return text;
}

void Table::show() {
  fmt::print("{}", new_lines());
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
