#include "report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "nn/file.hpp"
#include "support/build_info.hpp"

namespace tapestry::bench {

nlohmann::json header() { return support::build_info(); }

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
