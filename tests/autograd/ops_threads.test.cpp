#include <cstring>

#include "autograd/ops.hpp"
#include "autograd/ops/test_inputs.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

// Every op at a size at which its loops are cut into pieces: value and gradients have the same bits for any number of
// threads. Matrix products promise less (docs/design/threads.md): the last digits of f32.

namespace tapestry {
namespace {

Tensor numbers(const Shape& shape, std::uint32_t seed, double low = 0.2, double high = 2) {
  return test_inputs::values(shape, low, high, seed);
}
Tensor whole_numbers(const Shape& shape, int below) {
  std::vector<std::int32_t> values;
  for (std::int64_t k = 0; k < shape.size(); ++k) {
    values.push_back(static_cast<std::int32_t>(k * 7919 % below));
  }
  return index_tensor(values, shape);
}
Tensor positive_definite(std::int64_t batch, std::int64_t n) {
  return numbers({batch, n, n}, 3, 0, 0.1) + eye(n, DType::f64) * static_cast<double>(n);
}

/// Large inputs of an op. What is not named here is elementwise, with one operand or two.
std::vector<TestInput> large(const OpInfo& op) {
  const std::string_view name = op.name;
  const Tensor x = numbers({300, 400}, 1), row = numbers({400}, 2);
  if (name == "where") return {{{whole_numbers({300, 400}, 2), x, row}}};
  if (name == "sum" || name == "mean" || name == "max" || name == "logsumexp") {
    return {{{x}, {.i = {1, 0}}}, {{x}, {.i = {2, 1}}}, {{x}, {.i = {3, 0}}}};
  }
  if (name == "softmax" || name == "log_softmax" || name == "cumsum") {
    return {{{x}, {.i = {0}}}, {{x}, {.i = {1}}}};
  }
  if (name == "reshape") return {{{x}, {.i = {400, 300, 0, 0, 0, -4}}}};
  if (name == "broadcast_to") return {{{row}, {.i = {300, 400, 0, 0, 0, -4}}}};
  if (name == "transpose") return {{{x}, {.i = {1, 0}}}};
  if (name == "slice") return {{{x}, {.i = {1, 7, 390}}}};
  if (name == "concat") return {{{x, numbers({300, 50}, 4)}, {.i = {1}}}};
  if (name == "gather") return {{{x, whole_numbers({300, 500}, 400)}, {.i = {1}}}};
  if (name == "take_rows") return {{{x, whole_numbers({900}, 300)}}};
  if (name == "matmul")
    return {{{x, numbers({400, 350}, 5)}}, {{x, numbers({350, 400}, 5)}, {.i = {0, 1}}}};
  if (name == "cholesky" || name == "log_det") return {{{positive_definite(5, 60)}}};
  if (name == "log_det_triangular") return {{{positive_definite(50, 30)}}};
  if (name == "triangular_solve") {
    return {{{positive_definite(5, 60), numbers({5, 60, 40}, 6)}, {.i = {1, 0}}}};
  }
  if (name == "linear") return {{{x, numbers({200, 400}, 7), numbers({200}, 8)}, {.i = {2}}}};
  if (name == "bernoulli_log_prob") return {{{x, numbers({300, 400}, 9, 0, 1)}, {.i = {1}}}};
  if (name == "normal_log_prob") return {{{x, row, numbers({300, 400}, 10)}, {.i = {1}}}};
  if (name == "normal_kl_standard") return {{{x, numbers({300, 400}, 10)}, {.i = {1}}}};
  if (name == "conv2d") {
    return {{{numbers({16, 4, 28, 28}, 1), numbers({8, 4, 3, 3}, 2), numbers({8}, 3)},
             {.i = {2, 1, 1}}}};
  }
  if (name == "conv_transpose2d") {
    return {{{numbers({16, 8, 14, 14}, 1), numbers({8, 4, 4, 4}, 2), numbers({4}, 3)},
             {.i = {2, 1, 1}}}};
  }
  if (name == "max_pool2d" || name == "avg_pool2d")
    return {{{numbers({32, 8, 28, 28}, 1)}, {.i = {2}}}};
  if (name == "layer_norm") return {{{x, row, row}, {.f = {1e-5}}}};
  if (name == "batch_norm")
    return {{{numbers({64, 16, 14, 14}, 1), numbers({16}, 2), numbers({16}, 3)}, {.f = {1e-5}}}};
  if (name == "dropout") return {{{x}, {.i = {5, 0, 0}, .f = {0.3}}}};
  const Attrs attrs{.f = {0.5, 1.5}};
  if (operand_names(op).size() == 1) return {{{x}, attrs}};
  return {{{x, row}, attrs}, {{x, numbers({300, 400}, 11)}, attrs}, {{x, x}, attrs}};
}

bool is_product(std::string_view name) {
  return name == "matmul" || name == "linear" || name == "cholesky" || name == "log_det" ||
         name == "triangular_solve";
}

/// The value, then the gradient of each operand.
std::vector<Tensor> run(const OpInfo& op, const TestInput& input, DType dtype) {
  Tape tape;
  std::vector<Tensor> operands;
  for (const Tensor& t : input.inputs) {
    operands.push_back(t.dtype() == DType::i32 ? t : tape.watch(t.to(dtype)));
  }
  const Tensor y = apply(op, std::vector<Arg>(operands.begin(), operands.end()), input.attrs);
  tape.backward(y, numbers(y.shape(), 12).to(dtype));
  std::vector<Tensor> results{y};
  for (const Tensor& t : operands) {
    if (t.dtype() != DType::i32) results.push_back(tape.grad(t));
  }
  return results;
}

}  // namespace

TEST_CASE("every op has the same bits on 1, 2, 3 and 8 threads, products the same digits",
          "[autograd][ops][threads]") {
  const test::KeepThreads keep;
  for (const OpInfo* op : all_ops()) {
    for (const TestInput& input : large(*op)) {
      for (const DType dtype : {DType::f32, DType::f64}) {
        set_threads(1);
        const auto alone = run(*op, input, dtype);
        for (const int count : {2, 3, 8}) {
          set_threads(count);
          const auto together = run(*op, input, dtype);
          for (std::size_t k = 0; k < alone.size(); ++k) {
            CAPTURE(op->name, name(dtype), count, k);
            const auto a = alone[k].to_vector(), b = together[k].to_vector();
            if (!is_product(op->name)) {
              CHECK(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
              continue;
            }
            double worst = 0, largest = 0;
            for (std::size_t i = 0; i < a.size(); ++i) {
              worst = std::max(worst, std::abs(a[i] - b[i]));
              largest = std::max(largest, std::abs(a[i]));
            }
            CHECK(worst <= (dtype == DType::f32 ? 1e-5 : 1e-13) * largest);
          }
        }
      }
    }
  }
}

}  // namespace tapestry
