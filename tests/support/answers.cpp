#include "support/answers.hpp"

#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <sstream>

namespace tapestry::test {
namespace {

Shape shape_of(const nlohmann::json& value) {
  return Shape(value.at("shape").get<std::vector<std::int64_t>>());
}

bool agrees(double x, std::string_view answer, double tiny) {
  if (const auto bar = answer.find('|'); bar != answer.npos) {
    return agrees(x, answer.substr(0, bar), tiny) || agrees(x, answer.substr(bar + 1), tiny);
  }
  const bool exact = answer.starts_with('=');
  const std::string text(answer.substr(exact));
  double want = std::strtod(text.c_str(), nullptr);
  if (std::isnan(want)) return std::isnan(x);
  if (std::isinf(want)) return x == want;
  if (std::fabs(want) < tiny) want = 0;
  if (std::fabs(x) < tiny) x = 0;
  if (exact) return x == want;
  const double unit = std::pow(10.0, std::stoi(text.substr(text.find('e') + 1)));
  return std::fabs(x - want) <= 2 * unit;
}

}  // namespace

void for_answers(const char* file, const char* variable,
                 const std::function<void(const nlohmann::json&)>& fn) {
  const char* other = std::getenv(variable);
  const std::string path = other ? other : std::string(TAPESTRY_TEST_DATA) + "/" + file;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzopen(path.c_str(), "rb"), gzclose);
  check<DataError>(in != nullptr, "cannot read {}", path);
  std::string line;
  char buffer[65536];
  while (gzgets(in.get(), buffer, sizeof buffer)) {
    line += buffer;
    if (!line.ends_with('\n')) continue;
    fn(nlohmann::json::parse(line));
    line.clear();
  }
  check<DataError>(line.empty(), "{}: the last line has no end", path);
}

Tensor case_tensor(const nlohmann::json& value, DType dtype) {
  const bool index = value.contains("i32");
  std::istringstream words(value.at(index ? "i32" : "x").get<std::string>());
  std::vector<double> numbers;
  for (std::string word; words >> word;) numbers.push_back(std::strtod(word.c_str(), nullptr));
  return tensor(numbers, shape_of(value), dtype).to(index ? DType::i32 : dtype);
}

std::string disagreement(const Tensor& actual, const nlohmann::json& answer) {
  if (actual.shape() != shape_of(answer)) {
    return fmt::format("shape {} instead of {}", actual.shape(), shape_of(answer));
  }
  const double tiny = actual.dtype() == DType::f64 ? std::numeric_limits<double>::min()
                                                   : std::numeric_limits<float>::min();
  std::istringstream words(answer.at("x").get<std::string>());
  std::string word;
  for (std::size_t i = 0; const double x : actual.to_vector()) {
    words >> word;
    if (!agrees(x, word, tiny)) return fmt::format("element {} is {} instead of {}", i, x, word);
    ++i;
  }
  return {};
}

}  // namespace tapestry::test
