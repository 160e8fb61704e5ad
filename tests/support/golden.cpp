#include "support/golden.hpp"

#include <cmath>
#include <fstream>

namespace tapestry::test {

nlohmann::json read_golden(const std::string& file) {
  const std::string path = std::string(TAPESTRY_TEST_DATA) + "/" + file;
  std::ifstream in(path);
  check<DataError>(in.good(), "cannot read {}", path);
  return nlohmann::json::parse(in);
}

Tensor golden_tensor(const nlohmann::json& value) {
  const auto sizes = value.at("shape").get<std::vector<std::int64_t>>();
  const auto data = value.at("data").get<std::vector<double>>();
  return tensor(data, Shape(sizes), DType::f64);
}

std::string difference(const Tensor& actual, const Tensor& expected, double tolerance) {
  if (actual.shape() != expected.shape()) {
    return fmt::format("shape {} instead of {}", actual.shape(), expected.shape());
  }
  const auto a = actual.to_vector(), b = expected.to_vector();
  double worst = 0;
  std::size_t at = 0, count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double error = std::fabs(a[i] - b[i]) / std::max(1.0, std::fabs(b[i]));
    if (error <= tolerance) continue;
    ++count;
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
  }
  if (!count) return {};
  return fmt::format("{} of {} elements differ; worst at {}: {} instead of {} (error {:.3g})",
                     count, a.size(), at, a[at], b[at], worst);
}

}  // namespace tapestry::test
