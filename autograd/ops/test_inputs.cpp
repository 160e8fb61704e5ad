#include "autograd/ops/test_inputs.hpp"

namespace tapestry::test_inputs {

Tensor values(const Shape& shape, double low, double high, std::uint32_t seed) {
  Tensor t = Tensor::empty(shape, DType::f64);
  std::uint32_t state = 2654435769u * (seed + 1);
  for (double& v : t.mutate<double>()) {
    state = state * 1664525u + 1013904223u;  // a linear congruential generator is irregular enough
    v = low + (high - low) * (state >> 8) / 16777216.0;
  }
  return t;
}

std::vector<TestInput> unary(double low, double high, Attrs attrs) {
  std::vector<TestInput> inputs;
  for (const Shape& shape :
       {Shape{}, Shape{5}, Shape{3, 4}, Shape{2, 1, 3}, Shape{0}, Shape{2, 0}}) {
    inputs.push_back({{values(shape, low, high)}, attrs});
  }
  return inputs;
}

std::vector<TestInput> binary(double low, double high) {
  const std::pair<Shape, Shape> shapes[] = {
      {{}, {}},     {{5}, {5}},       {{3, 4}, {4}},         {{4}, {3, 4}},    {{3, 1}, {1, 4}},
      {{3, 4}, {}}, {{}, {3, 4}},     {{2, 3, 4}, {3, 1}},   {{1, 3}, {2, 1}}, {{2, 1, 4}, {3, 1}},
      {{0}, {1}},   {{2, 0}, {2, 1}}, {{1, 1, 4}, {6, 4, 1}}};
  std::vector<TestInput> inputs;
  for (const auto& [a, b] : shapes) {
    inputs.push_back({{values(a, low, high, 1), values(b, low, high, 2)}, {}});
  }
  return inputs;
}

}  // namespace tapestry::test_inputs
