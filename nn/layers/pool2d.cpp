#include "nn/layers/pool2d.hpp"

#include "autograd/ops.hpp"
#include "nn/layers/sizes.hpp"

namespace tapestry::nn {

MaxPool2d::MaxPool2d(int kernel) : kernel_(kernel) { sizes("max_pool2d", {kernel}); }
Tensor MaxPool2d::forward(const Tensor& x) { return max_pool2d(x, kernel_); }
std::string MaxPool2d::describe() const { return fmt::format("MaxPool2d {}", kernel_); }

AvgPool2d::AvgPool2d(int kernel) : kernel_(kernel) { sizes("avg_pool2d", {kernel}); }
Tensor AvgPool2d::forward(const Tensor& x) { return avg_pool2d(x, kernel_); }
std::string AvgPool2d::describe() const { return fmt::format("AvgPool2d {}", kernel_); }

}  // namespace tapestry::nn
