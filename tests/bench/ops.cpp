#include "ops.hpp"

#include "threads.hpp"

#include <algorithm>

#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "nn/data/batcher.hpp"
#include "nn/optim/adam.hpp"
#include "report.hpp"

namespace tapestry::bench {
namespace {

/// One kernel: `work` is in bytes, or in flops when `flops` is set.
struct Kernel {
  std::string name;
  double work;
  bool flops;
  std::function<void()> run;
};

constexpr std::int64_t kRows = 128, kWidth = 784, kCount = kRows * kWidth;
constexpr double kBytes = 4.0 * kCount;  // one pass over such an array

using Op = std::function<Tensor(const Tensor&)>;

// Forward on its own, then forward and backward together with the tape; the second line's work is that of
// both.
void add_op(std::vector<Kernel>& list, const std::string& name, const Tensor& x, double forward,
            double backward, bool flops, Op op) {
  list.push_back({name, forward, flops, [=] {
                    const NoGrad no_grad;
                    op(x);
                  }});
  const Tensor seed = op(x);
  list.push_back({name + ", with backward", forward + backward, flops, [=] {
                    Tape tape;
                    tape.backward(op(tape.watch(x)), seed);
                  }});
}

std::vector<Kernel> kernels() {
  Rng rng(1);
  const Tensor x = rng.uniform({kRows, kWidth}), y = rng.uniform({kRows, kWidth});
  const Tensor row = rng.uniform({kWidth});
  std::vector<Kernel> list;
  const auto unary = [&](const char* name, Tensor (*op)(Arg)) {
    add_op(list, name, x, 2 * kBytes, 3 * kBytes, false, [op](const Tensor& t) { return op(t); });
  };
  unary("exp", exp);
  unary("log", log);
  unary("tanh", tanh);
  unary("sigmoid", sigmoid);
  unary("softplus", softplus);
  unary("relu", relu);
  unary("sqrt", sqrt);
  unary("square", square);
  add_op(list, "x + y", x, 3 * kBytes, 0, false, [=](const Tensor& t) { return t + y; });
  add_op(list, "x * y", x, 3 * kBytes, 3 * kBytes, false, [=](const Tensor& t) { return t * y; });
  add_op(list, "x + row", x, 2 * kBytes, 0, false, [=](const Tensor& t) { return t + row; });
  add_op(list, "sum", x, kBytes, kBytes, false, [](const Tensor& t) { return sum(t); });
  add_op(list, "sum over rows", x, kBytes, kBytes, false,
         [](const Tensor& t) { return sum(t, 0); });
  add_op(list, "sum of each row", x, kBytes, kBytes, false,
         [](const Tensor& t) { return sum(t, 1); });
  add_op(list, "logsumexp of each row", x, kBytes, 2 * kBytes, false,
         [](const Tensor& t) { return logsumexp(t, 1); });
  add_op(list, "softmax of each row", x, 2 * kBytes, 3 * kBytes, false,
         [](const Tensor& t) { return softmax(t, 1); });
  add_op(list, "bernoulli_log_prob", x, 2 * kBytes, 3 * kBytes, false,
         [=](const Tensor& t) { return bernoulli_log_prob(t, y, 1); });
  add_op(list, "normal_log_prob", x, 3 * kBytes, 4 * kBytes, false,
         [=](const Tensor& t) { return normal_log_prob(t, y, y, 1); });
  add_op(list, "normal_kl_standard", x, 2 * kBytes, 3 * kBytes, false,
         [=](const Tensor& t) { return normal_kl_standard(t, y, 1); });

  const Tensor weight = rng.uniform({400, kWidth}), bias = rng.uniform({400});
  const double product = 2.0 * kCount * 400;
  add_op(list, "linear 784 -> 400, relu", x, product, product, true,
         [=](const Tensor& t) { return linear(t, weight, bias, Activation::relu); });
  const Tensor maps = rng.uniform({kRows, 32, 14, 14}), kernel = rng.uniform({64, 32, 4, 4});
  const Tensor bias64 = rng.uniform({64}), bias32 = rng.uniform({32});
  const double taps = 2.0 * kRows * 49 * 64 * 512;
  add_op(list, "conv2d 32 -> 64", maps, taps, taps, true,
         [=](const Tensor& t) { return conv2d(t, kernel, bias64, {.stride = 2, .padding = 1}); });
  const Tensor small = rng.uniform({kRows, 64, 7, 7});
  add_op(list, "conv_transpose2d 64 -> 32", small, taps, taps, true, [=](const Tensor& t) {
    return conv_transpose2d(t, kernel, bias32, {.stride = 2, .padding = 1});
  });

  list.push_back({"normal noise", kBytes, false, [=]() mutable { rng.normal({kRows, kWidth}); }});
  const auto images = std::make_shared<nn::ByteImages>();
  images->count = kRows;
  images->rows = images->cols = 28;
  images->pixels.assign(static_cast<std::size_t>(kCount), 100);
  const auto batches = std::make_shared<nn::Batcher>(
      *images, rng, nn::BatcherOptions{.batch = kRows, .binarize = nn::Binarize::dynamic});
  list.push_back({"dynamic binarisation", 1.25 * kBytes, false, [images, batches] {
                    nn::Batch batch;
                    while (batches->next(batch)) {}
                  }});
  const auto parameter = std::make_shared<Parameter>("w", rng.uniform({kCount * 6}));
  parameter->set_grad(rng.uniform({kCount * 6}));
  const auto adam = std::make_shared<nn::Adam>(std::vector<Parameter*>{parameter.get()});
  list.push_back(
      {"Adam, 600,000 parameters", 6 * 7 * kBytes, false, [parameter, adam] { adam->step(); }});
  return list;
}

// The references: a copy as large as the arrays above, and a matrix product that fills the machine.
Kernel copy_reference() {
  const auto from = std::make_shared<Tensor>(zeros({kCount}));
  const auto to = std::make_shared<Tensor>(zeros({kCount}));
  return {"copy", 2 * kBytes, false, [=] {
            const float* in = from->view<float>().data();
            float* out = to->mutate<float>().data();
            parallel_pieces(kCount, kGrain, [=](std::int64_t begin, std::int64_t end) {
              std::copy(in + begin, in + end, out + begin);
            });
          }};
}
Kernel product_reference() {
  constexpr std::int64_t n = 1024;
  const auto a = std::make_shared<Tensor>(full({n, n}, 0.01));
  const auto c = std::make_shared<Tensor>(zeros({n, n}));
  return {"product 1024^3", 2.0 * n * n * n, true, [=] {
            const float* in = a->view<float>().data();
            gemm(false, true, n, n, n, 1.0f, in, n, in, n, 0.0f, c->mutate<float>().data(), n);
          }};
}

}  // namespace

nlohmann::json bench_ops(const std::vector<int>& threads, const Effort& effort) {
  nlohmann::json results = nlohmann::json::array();
  for (const int n : threads) {
    use_threads(n);
    Table table({fmt::format("{} thread{}", n, n > 1 ? "s" : ""), "us", "GB/s", "GFLOP/s",
                 "of the reference"});
    for (const Kernel& k : kernels()) {
      const Kernel reference = k.flops ? product_reference() : copy_reference();
      const auto ms = take_turns({repeat(k.run), repeat(reference.run)}, effort);
      // work / time of the kernel over work / time of the reference
      const double share = k.work / reference.work * median_ratio(ms[1], ms[0]);
      const std::string rate = number(1e-6 * k.work / median(ms[0]));
      table.add({k.name, number(1e3 * median(ms[0])), k.flops ? "" : rate, k.flops ? rate : "",
                 number(share)});
      table.show();
      results.push_back({{"kernel", k.name},
                         {"threads", n},
                         {"work", k.work},
                         {"unit", k.flops ? "flop" : "byte"},
                         {"ms", ms[0]},
                         {"reference_ms", ms[1]},
                         {"share_of_reference", share}});
    }
    fmt::print("\n");
  }
  return results;
}

}  // namespace tapestry::bench
