#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "autograd/tensor.hpp"

namespace tapestry::test {

/// A file of tests/data, parsed.
nlohmann::json read_golden(const std::string& file);

/// {"shape": [2,3], "data": [...]} as an f64 tensor.
Tensor golden_tensor(const nlohmann::json& value);

/// Whether |a - b| <= tolerance * max(1, |b|) everywhere and the shapes agree; otherwise INFO-ready
/// text of the worst element. Empty text = equal. NaN equals NaN, infinities equal themselves.
std::string difference(const Tensor& actual, const Tensor& expected, double tolerance);

}  // namespace tapestry::test
