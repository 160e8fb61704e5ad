#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"

// No NaN passes silently: one that goes into an op comes out of it.

namespace tapestry {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

using Unary = std::function<Tensor(const Tensor&)>;

const std::map<std::string, Unary>& elementwise() {
  static const std::map<std::string, Unary> table = {
      {"neg", [](auto& x) { return neg(x); }},
      {"exp", [](auto& x) { return exp(x); }},
      {"expm1", [](auto& x) { return expm1(x); }},
      {"log", [](auto& x) { return log(x); }},
      {"log1p", [](auto& x) { return log1p(x); }},
      {"sqrt", [](auto& x) { return sqrt(x); }},
      {"square", [](auto& x) { return square(x); }},
      {"abs", [](auto& x) { return abs(x); }},
      {"reciprocal", [](auto& x) { return reciprocal(x); }},
      {"sin", [](auto& x) { return sin(x); }},
      {"cos", [](auto& x) { return cos(x); }},
      {"lgamma", [](auto& x) { return lgamma(x); }},
      {"digamma", [](auto& x) { return digamma(x); }},
      {"erf", [](auto& x) { return erf(x); }},
      {"clamp", [](auto& x) { return clamp(x, -1, 1); }},
      {"tanh", [](auto& x) { return tanh(x); }},
      {"sigmoid", [](auto& x) { return sigmoid(x); }},
      {"log_sigmoid", [](auto& x) { return log_sigmoid(x); }},
      {"softplus", [](auto& x) { return softplus(x); }},
      {"relu", [](auto& x) { return relu(x); }},
      {"leaky_relu", [](auto& x) { return leaky_relu(x); }},
      {"elu", [](auto& x) { return elu(x); }},
      {"gelu", [](auto& x) { return gelu(x); }},
      {"silu", [](auto& x) { return silu(x); }},
      {"add", [](auto& x) { return x + 1.0; }},
      {"sub", [](auto& x) { return 1.0 - x; }},
      {"mul", [](auto& x) { return x * 0.0; }},
      {"div", [](auto& x) { return 1.0 / x; }},
      {"maximum", [](auto& x) { return maximum(x, 0.5); }},
      {"maximum, right", [](auto& x) { return maximum(0.5, x); }},
      {"minimum", [](auto& x) { return minimum(x, 0.5); }},
      {"minimum, right", [](auto& x) { return minimum(0.5, x); }},
      {"pow", [](auto& x) { return pow(x, 1.5); }},
      {"where", [](auto& x) { return where(ones(x.shape()).to(DType::i32), x, 0.0); }},
  };
  return table;
}

const std::map<std::string, Unary>& reductions() {
  static const std::map<std::string, Unary> table = {
      {"sum", [](auto& x) { return sum(x); }},
      {"sum rows", [](auto& x) { return sum(x, 1); }},
      {"sum columns", [](auto& x) { return sum(x, 0); }},
      {"mean", [](auto& x) { return mean(x); }},
      {"max", [](auto& x) { return max(x); }},
      {"max rows", [](auto& x) { return max(x, 1); }},
      {"max columns", [](auto& x) { return max(x, 0); }},
      {"logsumexp", [](auto& x) { return logsumexp(x); }},
      {"softmax", [](auto& x) { return softmax(x); }},
      {"log_softmax", [](auto& x) { return log_softmax(x); }},
      {"cumsum", [](auto& x) { return cumsum(x); }},
      {"max_pool2d",
       [](auto& x) {
         return max_pool2d(x.with_shape({1, 1, 3, 7}), 3);
       }},
      {"avg_pool2d",
       [](auto& x) {
         return avg_pool2d(x.with_shape({1, 1, 3, 7}), 3);
       }},
      {"layer_norm",
       [](auto& x) { return layer_norm(x, ones({7}, x.dtype()), ones({7}, x.dtype())); }},
      {"batch_norm",
       [](auto& x) { return batch_norm(x, ones({7}, x.dtype()), ones({7}, x.dtype())); }},
      {"matmul",
       [](auto& x) {
         return matmul(x, ones({7, 2}, x.dtype()));
       }},
      {"linear",
       [](auto& x) {
         return linear(x, ones({2, 7}, x.dtype()), ones({2}, x.dtype()), Activation::relu);
       }},
      {"bernoulli_log_prob",
       [](auto& x) {
         return bernoulli_log_prob(x, ones({3, 7}, x.dtype()), 1);
       }},
      {"normal_log_prob", [](auto& x) { return normal_log_prob(x, 0.0, 1.0, 1); }},
      {"normal_kl_standard", [](auto& x) { return normal_kl_standard(x, 1.0, 1); }},
  };
  return table;
}

int count(const Tensor& x, bool (*predicate)(double)) {
  int n = 0;
  for (const double v : x.to_vector()) n += predicate(v);
  return n;
}
bool is_nan(double v) { return std::isnan(v); }
bool is_finite(double v) { return std::isfinite(v); }

Tensor with_value(double special, std::size_t at, DType dtype) {
  std::vector<double> values(21, 0.7);
  values[at] = special;
  return tensor(values, {3, 7}, dtype);
}

}  // namespace

TEST_CASE("NaN passes through every elementwise op, and only at its own place",
          "[autograd][nonfinite]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const auto& [name, op] : elementwise()) {
      for (const std::size_t at : std::array<std::size_t, 3>{0, 8, 20}) {
        INFO(name << " in " << tapestry::name(dtype) << " at " << at);
        const Tensor y = op(with_value(kNaN, at, dtype));
        CHECK(count(y, is_nan) == 1);
        CHECK(std::isnan(y.to_vector()[at]));
      }
    }
  }
}

TEST_CASE("the gradient at NaN is NaN, too, in every op whose slope depends on its operand",
          "[autograd][nonfinite]") {
  const std::set<std::string> linear = {"neg", "add", "sub", "mul", "where"};  // dx is dy, or c dy
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const auto& [name, op] : elementwise()) {
      if (linear.count(name)) continue;
      for (const std::size_t at : std::array<std::size_t, 3>{0, 8, 20}) {
        INFO(name << " in " << tapestry::name(dtype) << " at " << at);
        Tape tape;
        const Tensor x = tape.watch(with_value(kNaN, at, dtype)), y = op(x);
        tape.backward(y, ones(y.shape(), dtype));
        CHECK(count(tape.grad(x), is_nan) == 1);
        CHECK(std::isnan(tape.grad(x).to_vector()[at]));
      }
    }
    INFO("linear with relu in " << tapestry::name(dtype));
    Tape tape;
    const Tensor bias = tape.watch(with_value(kNaN, 1, dtype).with_shape({21}));
    tape.backward(
        tapestry::linear(ones({1, 2}, dtype), ones({21, 2}, dtype), bias, Activation::relu),
        ones({1, 21}, dtype));
    CHECK(count(tape.grad(bias), is_nan) == 1);
  }
}

TEST_CASE("the larger of a number and a NaN gives both a gradient of NaN",
          "[autograd][nonfinite]") {
  for (const auto& op : {maximum, minimum}) {
    Tape tape;
    const Tensor a = tape.watch(tensor({kNaN, 1.0, 1.0})), b = tape.watch(tensor({0.0, kNaN, 1.0}));
    tape.backward(op(a, b), ones({3}));
    for (const Tensor& x : {a, b}) {
      CHECK(count(tape.grad(x), is_nan) == 2);
      CHECK(tape.grad(x).at({2}) == 0.5);
    }
  }
}

TEST_CASE("gradients at the edge are limits, not NaN", "[autograd][nonfinite]") {
  Tape tape;
  const Tensor none = tape.watch(full({2, 3}, -kInf));
  const Tensor some = logsumexp(none, 1);
  CHECK(some.to_vector() == std::vector<double>{-kInf, -kInf});
  tape.backward(some, ones({2}));
  CHECK(tape.grad(none).to_vector() == std::vector<double>(6, 0.0));
  for (const double tiny : {2.3e-308, 1e-300}) {  // below the first, numbers are flushed to 0
    Tape other;
    const Tensor b = other.watch(full({}, tiny, DType::f64));
    other.backward(full({}, 0, DType::f64) / b, full({}, 1e10, DType::f64));
    CHECK(other.grad(b).item() == 0);
  }
  Tape third;  // a NaN from above is not hidden by it
  const Tensor b = third.watch(tensor(1.0));
  third.backward(zeros({2}) / b, tensor({kNaN, 1.0}));
  CHECK(std::isnan(third.grad(b).item()));
}

TEST_CASE("NaN reaches the result of every reduction over it", "[autograd][nonfinite]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const auto& [name, op] : reductions()) {
      for (const std::size_t at : std::array<std::size_t, 3>{0, 8, 16}) {
        INFO(name << " in " << tapestry::name(dtype) << " at " << at);
        CHECK(count(op(with_value(kNaN, at, dtype)), is_nan) >= 1);
      }
    }
  }
}

TEST_CASE("infinity comes out as the limit, never as a finite surprise", "[autograd][nonfinite]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor up = with_value(kInf, 8, dtype), down = with_value(-kInf, 8, dtype);
    const auto at8 = [](const Tensor& y) { return y.to_vector()[8]; };
    for (const char* op :
         {"exp", "expm1", "log", "log1p", "sqrt", "square", "abs", "lgamma", "digamma", "softplus",
          "relu", "leaky_relu", "elu", "gelu", "silu", "add", "maximum", "pow", "where"}) {
      INFO(op << " in " << name(dtype));
      CHECK(at8(elementwise().at(op)(up)) == kInf);
      CHECK(count(elementwise().at(op)(up), is_finite) == 20);
    }
    for (const char* op : {"neg", "sub", "log_sigmoid"}) {
      INFO(op << " in " << name(dtype));
      const Tensor& x = op == std::string("log_sigmoid") ? down : up;
      CHECK(at8(elementwise().at(op)(x)) == -kInf);
    }
    for (const char* op : {"sin", "cos", "mul"}) {
      INFO(op << " in " << name(dtype));
      CHECK(std::isnan(at8(elementwise().at(op)(up))));
    }
    for (const char* op : {"sum", "mean", "max", "logsumexp"}) {
      INFO(op << " in " << name(dtype));
      CHECK(reductions().at(op)(up).item() == kInf);
    }
    CHECK(reductions().at("sum")(down).item() == -kInf);
    CHECK(reductions().at("max")(down).item() == Approx(0.7));
    CHECK(reductions().at("logsumexp")(full({3, 7}, -kInf, dtype)).item() == -kInf);
  }
}

TEST_CASE("comparisons with NaN are false", "[autograd][nonfinite]") {
  const Tensor x = tensor({kNaN, 1.0});
  CHECK(less(x, 2.0).to_vector() == std::vector<double>{0, 1});
  CHECK(less_equal(x, 2.0).to_vector() == std::vector<double>{0, 1});
  CHECK(greater(x, 0.0).to_vector() == std::vector<double>{0, 1});
  CHECK(greater_equal(x, 0.0).to_vector() == std::vector<double>{0, 1});
  CHECK(equal(x, x).to_vector() == std::vector<double>{0, 1});
}

TEST_CASE("a loss that is NaN or infinite stops backward", "[autograd][nonfinite]") {
  Tape tape;
  const Tensor x = tape.watch(tensor({0.0, 1.0}));
  const Tensor loss = sum(log(x));
  CHECK_THROWS_AS(tape.backward(loss), DomainError);
}

}  // namespace tapestry

namespace tapestry {

TEST_CASE("argmax is the place of what max returns: the first of equals, the first NaN",
          "[autograd][ops]") {
  const Tensor x = tensor({{1.0, 3.0, 3.0}, {2.0, kNaN, 5.0}, {kNaN, 1.0, kNaN}});
  CHECK(argmax(x, 1).to_vector() == std::vector<double>{1, 1, 0});
  CHECK(argmax(x, 0).to_vector() == std::vector<double>{2, 1, 2});
}

TEST_CASE("arguments that leave nothing are refused", "[autograd][ops]") {
  CHECK_THROWS_AS(clamp(tensor(0.5), 1, -1), DomainError);
  CHECK_THROWS_AS(clamp(tensor(0.5), kNaN, 1), DomainError);
  CHECK(clamp(tensor(0.5), 1, 1).item() == 1);
  CHECK_THROWS_AS(Rng(1).permutation(-1), DomainError);
  const auto image = ones({1, 1, 3, 3}), kernel = ones({1, 1, 2, 2}), bias = ones({1});
  CHECK_THROWS_AS(conv2d(image, kernel, bias, {.stride = 1 << 30, .padding = 1 << 30}),
                  ConfigError);
}

TEST_CASE("gelu keeps its digits in the lower tail", "[autograd][ops]") {
  for (const double at : {-5.5, -4.5, -3.0, 0.7}) {
    Tape tape;
    const Tensor x = tape.watch(full({}, at, DType::f32)), y = gelu(x);
    tape.backward(y);
    const double cdf = 0.5 * std::erfc(-at / std::sqrt(2.0)),
                 pdf = std::exp(-at * at / 2) / std::sqrt(2 * std::acos(-1.0));
    CHECK(y.item() == Approx(at * cdf).epsilon(1e-6));
    CHECK(tape.grad(x).item() == Approx(cdf + at * pdf).epsilon(2e-6));
  }
}

}  // namespace tapestry
