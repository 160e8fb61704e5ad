#include "autograd/ops.hpp"

#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops/test_inputs.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

// What must hold for every op, checked over the test inputs in its row.

namespace tapestry {
namespace {

std::string shapes_of(const TestInput& at) {
  std::string text;
  for (const Tensor& x : at.inputs) text += to_string(x.shape());
  return text;
}

// Calls fn(op, input) for every test input of every op.
template <class Fn>
void for_each_test_input(Fn fn) {
  for (const OpInfo* op : all_ops()) {
    for (const TestInput& at : op->test_inputs()) {
      INFO(op->name << " " << shapes_of(at) << " attrs "
                    << fmt::format("{}", fmt::join(at.attrs.i, ",")));
      fn(*op, at);
    }
  }
}

struct Run {
  Tensor y;
  std::vector<Tensor> gradients;  // undefined for operands without one
};

Tensor value_of(const OpInfo& op, const std::vector<Tensor>& inputs, const Attrs& attrs) {
  const std::vector<Arg> args(inputs.begin(), inputs.end());
  return apply(op, std::span<const Arg>(args), attrs);
}

// Value and gradients on a tape, starting from `seed` times a fixed random gradient of y.
Run run(const OpInfo& op, const std::vector<Tensor>& inputs, const Attrs& attrs, double seed = 1) {
  Tape tape;
  std::vector<Tensor> watched;
  for (const Tensor& x : inputs) watched.push_back(x.dtype() == DType::i32 ? x : tape.watch(x));
  Run r;
  r.y = value_of(op, watched, attrs);
  if (!r.y.tracked()) return r;
  std::vector<double> dy = Rng(5).normal(r.y.shape(), DType::f64).to_vector();
  for (double& d : dy) d *= seed;
  tape.backward(r.y, tensor(dy, r.y.shape(), r.y.dtype()));
  for (const Tensor& x : watched) r.gradients.push_back(x.tracked() ? tape.grad(x) : Tensor());
  return r;
}

std::vector<Tensor> in_f32(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> out;
  for (const Tensor& x : inputs) out.push_back(x.dtype() == DType::i32 ? x : x.to(DType::f32));
  return out;
}

}  // namespace

TEST_CASE("every op: the gradient agrees with central differences on all inputs",
          "[autograd][ops]") {
  for_each_test_input([](const OpInfo& op, const TestInput& at) {
    const GradReport report = check_op(op, at);
    INFO(report.text);
    CHECK(report.ok);
    // Samples stand away from kinks, so nothing may hide behind them.
    CHECK(report.kinks == 0);
  });
}

TEST_CASE("every op: the row is complete and its test inputs reach sizes 0 and 1",
          "[autograd][ops]") {
  std::set<std::string> names;
  for (const OpInfo* op : all_ops()) {
    INFO(op->name);
    CHECK(names.insert(op->name).second);
    CHECK(std::string(op->args).size() > 0);
    CHECK(std::string(op->formula).size() > 3);
    CHECK(std::string(op->gradient).size() > 3);
    REQUIRE(op->test_inputs != nullptr);
    const std::vector<TestInput> inputs = op->test_inputs();
    bool empty = false, one = false, values = false;
    for (const TestInput& at : inputs) {
      for (const Tensor& x : at.inputs) {
        CHECK(x.dtype() != DType::f32);
        empty = empty || x.size() == 0;
        one = one || x.size() == 1 || std::count(x.shape().begin(), x.shape().end(), 1) > 0;
        values = values || x.size() > 1;
      }
    }
    CHECK(empty);
    CHECK(one);
    CHECK(values);
  }
}

TEST_CASE("every op: a zero gradient stays zero and a doubled one doubles", "[autograd][ops]") {
  for_each_test_input([](const OpInfo& op, const TestInput& at) {
    const Run zero = run(op, at.inputs, at.attrs, 0);
    const Run once = run(op, at.inputs, at.attrs, 1);
    const Run twice = run(op, at.inputs, at.attrs, 2);
    for (std::size_t i = 0; i < once.gradients.size(); ++i) {
      if (!once.gradients[i].defined()) continue;
      for (const double g : zero.gradients[i].view<double>()) CHECK(g == 0);
      std::vector<double> doubled = once.gradients[i].to_vector();
      for (double& g : doubled) g *= 2;
      CHECK(twice.gradients[i].to_vector() == doubled);
    }
  });
}

TEST_CASE("every op: two runs give the same bits and leave the inputs alone", "[autograd][ops]") {
  for_each_test_input([](const OpInfo& op, const TestInput& at) {
    std::vector<std::vector<double>> before;
    for (const Tensor& x : at.inputs) before.push_back(x.to_vector());
    const Run first = run(op, at.inputs, at.attrs), second = run(op, at.inputs, at.attrs);
    CHECK(first.y.to_vector() == second.y.to_vector());
    REQUIRE(first.gradients.size() == second.gradients.size());
    for (std::size_t i = 0; i < first.gradients.size(); ++i) {
      if (first.gradients[i].defined()) {
        CHECK(first.gradients[i].to_vector() == second.gradients[i].to_vector());
      }
    }
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(at.inputs[i].to_vector() == before[i]);
  });
}

TEST_CASE("every op: the value is the same with and without a tape", "[autograd][ops]") {
  for_each_test_input([](const OpInfo& op, const TestInput& at) {
    const Tensor plain = value_of(op, at.inputs, at.attrs);
    CHECK_FALSE(plain.tracked());
    const Run recorded = run(op, at.inputs, at.attrs);
    CHECK(recorded.y.tracked());
    CHECK(recorded.y.shape() == plain.shape());
    CHECK(recorded.y.to_vector() == plain.to_vector());
  });
}

TEST_CASE("every op: bad operands throw with a tape exactly when they throw without",
          "[autograd][ops]") {
  const auto outcome = [](auto call) -> std::string {
    try {
      call();
      return "fine";
    } catch (const Error& error) {
      return error.what();
    }
  };
  int thrown = 0;
  for_each_test_input([&](const OpInfo& op, const TestInput& at) {
    for (std::size_t i = 0; i < at.inputs.size(); ++i) {
      if (at.inputs[i].dtype() == DType::i32) continue;
      const Tensor replacements[] = {
          test_inputs::values({7, 5}, 0.3, 0.9), test_inputs::values({}, 0.3, 0.9),
          test_inputs::values({2, 0, 3}), at.inputs[i].to(DType::f32), Tensor()};
      for (const Tensor& replacement : replacements) {
        std::vector<Tensor> inputs = at.inputs;
        inputs[i] = replacement;
        const std::string without = outcome([&] { value_of(op, inputs, at.attrs); });
        const std::string with = outcome([&] {
          Tape tape;
          std::vector<Tensor> watched;
          for (const Tensor& x : inputs) {
            watched.push_back(x.defined() && x.dtype() != DType::i32 ? tape.watch(x) : x);
          }
          value_of(op, watched, at.attrs);
        });
        CHECK(with == without);
        thrown += without != "fine";
      }
    }
  });
  CHECK(thrown > 100);
}

TEST_CASE("every op: an operand given twice gets both gradients", "[autograd][ops]") {
  int aliased = 0;
  for_each_test_input([&](const OpInfo& op, const TestInput& at) {
    for (std::size_t i = 0; i < at.inputs.size(); ++i) {
      for (std::size_t j = i + 1; j < at.inputs.size(); ++j) {
        const Tensor& x = at.inputs[j];  // the later has the narrower domain: a scale, a divisor
        if (x.dtype() == DType::i32 || at.inputs[i].dtype() == DType::i32) continue;
        if (x.shape() != at.inputs[i].shape()) continue;
        std::vector<Tensor> inputs = at.inputs;
        inputs[i] = x;
        const Run apart = run(op, inputs, at.attrs);
        Tape tape;
        inputs[i] = inputs[j] = tape.watch(x);
        const Tensor y = value_of(op, inputs, at.attrs);
        tape.backward(y, Rng(5).normal(y.shape(), DType::f64));
        const Tensor sum = [&] {
          const NoGrad no_grad;
          return apart.gradients[i] + apart.gradients[j];
        }();
        INFO("operands " << i << " and " << j);
        CHECK(test::difference(tape.grad(inputs[i]), sum, 1e-14) == "");
        ++aliased;
      }
    }
  });
  CHECK(aliased >= 20);
}

TEST_CASE("every op: its gradients are added to what other uses of the operands sent",
          "[autograd][ops]") {
  for_each_test_input([](const OpInfo& op, const TestInput& at) {
    const Run alone = run(op, at.inputs, at.attrs);
    // The op twice on the same operands: the later use sends first, the earlier one adds.
    Tape tape;
    std::vector<Tensor> watched;
    for (const Tensor& x : at.inputs)
      watched.push_back(x.dtype() == DType::i32 ? x : tape.watch(x));
    const Tensor first = value_of(op, watched, at.attrs);
    const Tensor second = value_of(op, watched, at.attrs);
    const Tensor both = stack({first, second}, 0);
    const Tensor seed = Rng(5).normal(first.shape(), DType::f64);
    tape.backward(both, [&] {
      const NoGrad no_grad;
      return stack({seed, seed}, 0);
    }());
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (!alone.gradients[i].defined()) continue;
      std::vector<double> twice = alone.gradients[i].to_vector();
      for (double& g : twice) g *= 2;
      CHECK(test::difference(tape.grad(watched[i]), tensor(twice, watched[i].shape(), DType::f64),
                             1e-13) == "");
    }
  });
}

TEST_CASE("x += y gives the name x to the sum; its old values and their gradients stay",
          "[autograd][ops]") {
  Tape tape;
  const Tensor w = tape.watch(tensor({1.0, 2.0})), y = tensor({3.0, 4.0});
  Tensor x = w;
  x += y;
  x *= 2.0;
  x -= w;
  x /= y;
  CHECK(w.to_vector() == std::vector<double>{1, 2});
  CHECK(x.at({0}) == Approx((2 * (1 + 3) - 1) / 3.0));
  tape.backward(sum(x));
  CHECK(tape.grad(w).at({1}) == Approx((2 - 1) / 4.0));
}

TEST_CASE("the comparison operators are less and its kin, with numbers on either side",
          "[autograd][ops]") {
  const Tensor a = tensor({1.0, 2.0, 3.0}), b = tensor({2.0, 2.0, 2.0});
  CHECK((a < b).to_vector() == std::vector<double>{1, 0, 0});
  CHECK((a <= b).to_vector() == std::vector<double>{1, 1, 0});
  CHECK((a > 2.0).to_vector() == std::vector<double>{0, 0, 1});
  CHECK((2.0 >= a).to_vector() == std::vector<double>{1, 1, 0});
  CHECK(where(a < 2.5, a, 0.0).to_vector() == std::vector<double>{1, 2, 0});
}

TEST_CASE("stack, reshape and broadcast_to reach the most axes that a tensor can have",
          "[autograd][ops]") {
  const DTypeScope f64(DType::f64);
  const Shape five{1, 2, 1, 3, 2}, six{1, 2, 1, 3, 2, 2};
  Tape tape;
  const Tensor a = tape.watch(Rng(1).normal(five)), b = tape.watch(Rng(2).normal(five));
  const Tensor both = stack({a, b}, -1);
  CHECK(both.shape() == six);
  CHECK(both.at({0, 1, 0, 2, 1, 0}) == a.at({0, 1, 0, 2, 1}));
  CHECK(both.at({0, 1, 0, 2, 1, 1}) == b.at({0, 1, 0, 2, 1}));
  CHECK(reshape(both, {2, 1, 1, 2, 3, -1}).shape() == Shape{2, 1, 1, 2, 3, 2});
  tape.backward(sum(broadcast_to(both, {5, 2, 1, 3, 2, 2})));
  CHECK(tape.grad(b).to_vector() == std::vector<double>(12, 5.0));
  CHECK_THROWS_AS(stack({both, both}, 0), ShapeError);
}

TEST_CASE("every op: an operand's gradient does not depend on which others are constants",
          "[autograd][ops]") {
  for_each_test_input([](const OpInfo& op, const TestInput& at) {
    const Run all = run(op, at.inputs, at.attrs);
    for (std::size_t i = 0; i < at.inputs.size(); ++i) {
      if (at.inputs[i].dtype() == DType::i32) continue;
      Tape tape;
      std::vector<Tensor> inputs = at.inputs;
      inputs[i] = tape.watch(inputs[i]);
      const Tensor y = value_of(op, inputs, at.attrs);
      tape.backward(y, Rng(5).normal(y.shape(), DType::f64));
      INFO("operand " << i << " alone");
      CHECK(tape.grad(inputs[i]).to_vector() == all.gradients[i].to_vector());
    }
  });
}

TEST_CASE("every op: no false alarm when its test inputs are in use, in f32", "[autograd][ops]") {
  for_each_test_input([](const OpInfo& op, const TestInput& at) {
    Tape tape({.keep = Keep::all});
    std::vector<Tensor> inputs = in_f32(at.inputs);
    for (Tensor& x : inputs) x = x.dtype() == DType::i32 ? x : tape.watch(x);
    const Tensor y = value_of(op, inputs, at.attrs);
    const GradReport report = check_node(tape, y.node().index);
    INFO(report.text);
    CHECK(report.ok);
    CHECK(report.op == "");
    CHECK(report.at.line != 0);
  });
}

TEST_CASE("every op: f32 follows f64 within 1e-4 of the largest value", "[autograd][ops]") {
  // Samples are small and of size 1, so f32 keeps about 6 of its 7 digits; 1e-4 leaves room for the
  // cancellation inside normalisations and factorisations.
  const auto near = [](const Tensor& a, const Tensor& b) {
    CHECK(a.dtype() == DType::f32);
    REQUIRE(a.shape() == b.shape());
    double scale = 1;
    for (const double v : b.to_vector()) scale = std::max(scale, std::fabs(v));
    const std::vector<double> x = a.to_vector(), y = b.to_vector();
    for (std::size_t i = 0; i < x.size(); ++i) {
      INFO("element " << i << ": " << x[i] << " against " << y[i]);
      CHECK(std::fabs(x[i] - y[i]) <= 1e-4 * scale);
    }
  };
  for_each_test_input([&](const OpInfo& op, const TestInput& at) {
    const Run wide = run(op, at.inputs, at.attrs);
    const Run narrow = run(op, in_f32(at.inputs), at.attrs);
    near(narrow.y, wide.y);
    for (std::size_t i = 0; i < wide.gradients.size(); ++i) {
      if (wide.gradients[i].defined()) near(narrow.gradients[i], wide.gradients[i]);
    }
  });
}

TEST_CASE("every function of ops.hpp records a row of all_ops, and every row has a function",
          "[autograd][ops]") {
  const auto v = [](const Shape& shape) { return test_inputs::values(shape, 0.3, 0.9); };
  const auto square = [](const Tensor& x) {
    return matmul(x, x, {.transpose_right = true}) + eye(2, DType::f64);
  };
  Rng rng(1);
  // One call of each function with x [2,2], watched.
  const std::map<std::string, std::function<Tensor(const Tensor&)>> calls = {
      {"neg", [](auto& x) { return neg(x); }},
      {"exp", [](auto& x) { return exp(x); }},
      {"expm1", [](auto& x) { return expm1(x); }},
      {"log", [](auto& x) { return log(x); }},
      {"log1p", [](auto& x) { return log1p(x); }},
      {"sqrt", [](auto& x) { return sqrt(x); }},
      {"square", [](auto& x) { return tapestry::square(x); }},
      {"abs", [](auto& x) { return abs(x); }},
      {"reciprocal", [](auto& x) { return reciprocal(x); }},
      {"sin", [](auto& x) { return sin(x); }},
      {"cos", [](auto& x) { return cos(x); }},
      {"lgamma", [](auto& x) { return lgamma(x); }},
      {"digamma", [](auto& x) { return digamma(x); }},
      {"erf", [](auto& x) { return erf(x); }},
      {"clamp", [](auto& x) { return clamp(x, 0.1, 0.5); }},
      {"tanh", [](auto& x) { return tanh(x); }},
      {"sigmoid", [](auto& x) { return sigmoid(x); }},
      {"log_sigmoid", [](auto& x) { return log_sigmoid(x); }},
      {"softplus", [](auto& x) { return softplus(x); }},
      {"relu", [](auto& x) { return relu(x); }},
      {"leaky_relu", [](auto& x) { return leaky_relu(x); }},
      {"elu", [](auto& x) { return elu(x); }},
      {"gelu", [](auto& x) { return gelu(x); }},
      {"silu", [](auto& x) { return silu(x); }},
      {"activate", [](auto& x) { return activate(x, Activation::tanh); }},
      {"add", [](auto& x) { return add(x, 1.0); }},
      {"sub", [](auto& x) { return sub(x, 1.0); }},
      {"mul", [](auto& x) { return mul(x, 2.0); }},
      {"div", [](auto& x) { return div(x, 2.0); }},
      {"maximum", [](auto& x) { return maximum(x, 0.5); }},
      {"minimum", [](auto& x) { return minimum(x, 0.5); }},
      {"pow", [](auto& x) { return pow(x, 1.5); }},
      {"where", [](auto& x) { return where(greater(x, 0.5), x, 0.0); }},
      {"sum", [](auto& x) { return sum(x); }},
      {"mean", [](auto& x) { return mean(x); }},
      {"max", [](auto& x) { return max(x); }},
      {"logsumexp", [](auto& x) { return logsumexp(x); }},
      {"softmax", [](auto& x) { return softmax(x); }},
      {"log_softmax", [](auto& x) { return log_softmax(x); }},
      {"cumsum", [](auto& x) { return cumsum(x); }},
      {"reshape", [](auto& x) { return reshape(x, {4}); }},
      {"transpose", [](auto& x) { return transpose(x); }},
      {"broadcast_to",
       [](auto& x) {
         return broadcast_to(x, {3, 2, 2});
       }},
      {"concat",
       [](auto& x) {
         return concat({x, x}, 0);
       }},
      {"stack",
       [](auto& x) {
         return stack({x, x}, 0);
       }},
      {"slice", [](auto& x) { return slice(x, 0, 0, 1); }},
      {"gather",
       [](auto& x) {
         return gather(x, 1, index_tensor(std::vector{0, 1}, {2, 1}));
       }},
      {"take_rows", [](auto& x) { return take_rows(x, index_tensor(std::vector{1}, {1})); }},
      {"matmul", [](auto& x) { return matmul(x, x); }},
      {"cholesky", [&](auto& x) { return cholesky(square(x)); }},
      {"triangular_solve", [](auto& x) { return triangular_solve(x, x); }},
      {"log_det_triangular", [](auto& x) { return log_det_triangular(x); }},
      {"log_det", [&](auto& x) { return log_det(square(x)); }},
      {"linear", [&](auto& x) { return linear(x, x, v({2}), Activation::tanh); }},
      {"bernoulli_log_prob",
       [&](auto& x) {
         return bernoulli_log_prob(x, v({2, 2}), 1);
       }},
      {"normal_log_prob", [](auto& x) { return normal_log_prob(x, 0.0, 1.0, 1); }},
      {"normal_kl_standard", [](auto& x) { return normal_kl_standard(x, x, 1); }},
      {"conv2d",
       [&](auto& x) {
         return conv2d(reshape(x, {1, 1, 2, 2}), v({1, 1, 2, 2}), v({1}));
       }},
      {"conv_transpose2d",
       [&](auto& x) {
         return conv_transpose2d(reshape(x, {1, 1, 2, 2}), v({1, 1, 2, 2}), v({1}));
       }},
      {"max_pool2d",
       [](auto& x) {
         return max_pool2d(reshape(x, {1, 1, 2, 2}), 2);
       }},
      {"avg_pool2d",
       [](auto& x) {
         return avg_pool2d(reshape(x, {1, 1, 2, 2}), 2);
       }},
      {"layer_norm", [&](auto& x) { return layer_norm(x, v({2}), v({2})); }},
      {"batch_norm", [&](auto& x) { return batch_norm(x, v({2}), v({2})); }},
      {"dropout", [&](auto& x) { return dropout(x, 0.5, rng); }},
  };
  const std::set<std::string> unrecorded = {"less",          "less_equal", "greater",
                                            "greater_equal", "equal",      "argmax"};

  std::ifstream header(std::string(TAPESTRY_TEST_DATA) + "/../../autograd/ops.hpp");
  REQUIRE(header.good());
  const std::string text((std::istreambuf_iterator<char>(header)), {});
  std::set<std::string> declared;
  const std::regex declaration("(^|\n)Tensor ([a-z][a-z0-9_]*)\\(");
  for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it) {
    if ((*it)[2] != "operator") declared.insert((*it)[2]);
  }
  for (const std::string& name : declared) {
    INFO(name << " is declared in ops.hpp");
    CHECK((calls.count(name) || unrecorded.count(name)));
  }
  for (const auto& [name, call] : calls) {
    INFO(name << " is called here");
    CHECK(declared.count(name));
  }

  std::set<std::string> rows, recorded;
  for (const OpInfo* op : all_ops()) rows.insert(op->name);
  for (const auto& [name, call] : calls) {
    INFO(name);
    Tape tape;
    const Tensor y = call(tape.watch(v({2, 2})));
    REQUIRE(y.tracked());
    const Node& node = tape.nodes()[static_cast<std::size_t>(y.node().index)];
    REQUIRE(node.op != nullptr);
    CHECK(rows.count(node.op->name));
    recorded.insert(node.op->name);
    // The line in the user's code, not in the library.
    CHECK(std::string(node.src.file).find("ops.test.cpp") != std::string::npos);
  }
  CHECK(recorded == rows);

  Tape tape;
  const Tensor x = tape.watch(v({2, 2}));
  CHECK_FALSE(less(x, 0.5).tracked());
  CHECK_FALSE(less_equal(x, 0.5).tracked());
  CHECK_FALSE(greater(x, 0.5).tracked());
  CHECK_FALSE(greater_equal(x, 0.5).tracked());
  CHECK_FALSE(equal(x, 0.5).tracked());
  CHECK_FALSE(argmax(x).tracked());
}

TEST_CASE("comparisons name themselves, the line and both operands in an error",
          "[autograd][ops]") {
  const auto text = [](auto compare) {
    return test::message([&] { compare(zeros({3}), zeros({2})); });
  };
  const std::pair<const char*, std::string> refused[] = {
      {"less", text([](auto a, auto b) { return less(a, b); })},
      {"less_equal", text([](auto a, auto b) { return a <= b; })},
      {"greater", text([](auto a, auto b) { return a > b; })},
      {"greater_equal", text([](auto a, auto b) { return greater_equal(a, b); })},
      {"equal", text([](auto a, auto b) { return equal(a, b); })}};
  for (const auto& [name, message] : refused) {
    INFO(message);
    CHECK(message.starts_with(fmt::format("tapestry: {}: shapes [3] and [2] do not", name)));
    CHECK(message.find("ops.test.cpp:") != message.npos);
    CHECK(message.find("left = f32 [3]") != message.npos);
    CHECK(message.find("right = f32 [2]") != message.npos);
  }
  CHECK(test::throws_with<DTypeError>([] { less(zeros({2}), zeros({2}, DType::f64)); },
                                      "f32 (tests/autograd/ops.test.cpp"));
}

TEST_CASE("where takes any number but 0 for yes, also in a condition that is repeated",
          "[autograd][ops]") {
  const Tensor condition = index_tensor(std::vector{2147483647, 0, -2147483647}, {3, 1});
  CHECK(where(condition, ones({3, 2}), 0.0).to_vector() == std::vector<double>{1, 1, 0, 0, 1, 1});
}

TEST_CASE("gather reads along every axis of a tensor with three", "[autograd][ops]") {
  const Tensor x = arange(24).with_shape({2, 3, 4});
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t n = x.dim(axis);
    const Shape shape = x.shape().with(axis, 2);
    std::vector<std::int32_t> index;
    for (std::int64_t i = 0; i < shape.size(); ++i)
      index.push_back(static_cast<std::int32_t>((5 * i + 1) % n));
    const Tensor y = gather(x, axis, index_tensor(index, shape));
    for (std::int64_t i = 0; i < y.size(); ++i) {
      std::vector<std::int64_t> place = index_of(shape, i);
      place[static_cast<std::size_t>(axis)] = index[static_cast<std::size_t>(i)];
      INFO("axis " << axis << ", element " << index_text(shape, i));
      CHECK(y.to_vector()[static_cast<std::size_t>(i)] == x.at({place[0], place[1], place[2]}));
    }
  }
}

TEST_CASE("operators are the named functions", "[autograd][ops]") {
  const Tensor a = tensor({1, 2, 3}), b = tensor({4, 5, 7});
  CHECK((-a).to_vector() == neg(a).to_vector());
  CHECK((a + b).to_vector() == add(a, b).to_vector());
  CHECK((a - b).to_vector() == sub(a, b).to_vector());
  CHECK((a * b).to_vector() == mul(a, b).to_vector());
  CHECK((a / b).to_vector() == div(a, b).to_vector());
  CHECK((2.0 * a).to_vector() == std::vector<double>{2, 4, 6});
  CHECK((1.0 - a).to_vector() == std::vector<double>{0, -1, -2});
}

TEST_CASE("linear: sizes that do not fit are named, with the order in which weights are stored",
          "[autograd][ops]") {
  const Tensor x = zeros({5, 3}), w = zeros({4, 3});
  const auto says = [](const Tensor& input, const Tensor& weight, const char* words) {
    return test::throws_with<ShapeError>([&] { linear(input, weight, zeros({4})); }, words);
  };
  CHECK(says(zeros({5, 2}), w, "x [5,2] with weight [4,3] (2 against 3)"));
  CHECK(says(zeros({5, 2}), w, "the last axis of x must be the weight's second"));
  CHECK(says(x, zeros({3, 4}), "weights are stored [out,in]"));
  CHECK(says(x, zeros({3}), "not [5,3] and [3]"));
  CHECK(says(x, zeros({2, 3}), "the bias has the shape [4], the weight [2,3] needs [2]"));
}

}  // namespace tapestry
