#include <functional>
#include <map>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

// Values and gradients from PyTorch 1.13 in f64: tests/data/ops.json, 214 cases.

namespace tapestry {
namespace {

using Json = nlohmann::json;
using Operands = std::vector<Tensor>;
using Call = std::function<Tensor(const Operands&, const Json& attrs)>;

Axes axes_of(const Json& attrs) {
  if (attrs.at("axes").is_null()) return {};
  return attrs.at("axes").at(0).get<int>();
}

ConvOptions conv_options(const Json& attrs) {
  return {.stride = attrs.at("stride"), .padding = attrs.at("padding")};
}

Shape shape_of(const Json& sizes) { return Shape(sizes.get<std::vector<std::int64_t>>()); }

Tensor column_index(const Json& rows) {
  std::vector<std::int32_t> values;
  for (const Json& row : rows) {
    for (const Json& value : row) values.push_back(value);
  }
  return index_tensor(values, {static_cast<std::int64_t>(rows.size()),
                               static_cast<std::int64_t>(rows.at(0).size())});
}

// 1 where the flat index is a multiple of three.
Tensor every_third(const Shape& shape) {
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < shape.size(); ++i) values.push_back(i % 3 == 0);
  return index_tensor(values, shape);
}

Call unary(Tensor (*op)(Arg)) {
  return [op](const Operands& in, const Json&) { return op(in.at(0)); };
}
Call binary(Tensor (*op)(Arg, Arg)) {
  return [op](const Operands& in, const Json&) { return op(in.at(0), in.at(1)); };
}
Call reduction(Tensor (*op)(Arg, Axes, bool)) {
  return [op](const Operands& in, const Json& a) {
    return op(in.at(0), axes_of(a), a.at("keepdims").get<bool>());
  };
}
Call along(Tensor (*op)(Arg, int)) {
  return [op](const Operands& in, const Json& a) { return op(in.at(0), a.at("axis").get<int>()); };
}

const std::map<std::string, Call>& calls() {
  static const std::map<std::string, Call> table = {
      {"neg", unary(neg)},
      {"exp", unary(exp)},
      {"expm1", unary(expm1)},
      {"log", unary(log)},
      {"log1p", unary(log1p)},
      {"sqrt", unary(sqrt)},
      {"square", unary(square)},
      {"abs", unary(abs)},
      {"reciprocal", unary(reciprocal)},
      {"sin", unary(sin)},
      {"cos", unary(cos)},
      {"tanh", unary(tanh)},
      {"sigmoid", unary(sigmoid)},
      {"log_sigmoid", unary(log_sigmoid)},
      {"softplus", unary(softplus)},
      {"relu", unary(relu)},
      {"leaky_relu", [](const Operands& in, const Json&) { return leaky_relu(in.at(0)); }},
      {"elu", [](const Operands& in, const Json&) { return elu(in.at(0)); }},
      {"gelu", unary(gelu)},
      {"silu", unary(silu)},
      {"lgamma", unary(lgamma)},
      {"digamma", unary(digamma)},
      {"erf", unary(erf)},
      {"clamp",
       [](const Operands& in, const Json& a) { return clamp(in.at(0), a.at("min"), a.at("max")); }},
      {"add", binary(add)},
      {"sub", binary(sub)},
      {"mul", binary(mul)},
      {"div", binary(div)},
      {"maximum", binary(maximum)},
      {"minimum", binary(minimum)},
      {"pow", binary(pow)},
      {"where",
       [](const Operands& in, const Json&) {
         return where(every_third(in.at(0).shape()), in.at(0), in.at(1));
       }},
      {"sum", reduction(sum)},
      {"mean", reduction(mean)},
      {"max", reduction(max)},
      {"logsumexp", reduction(logsumexp)},
      {"softmax", along(softmax)},
      {"log_softmax", along(log_softmax)},
      {"cumsum", along(cumsum)},
      {"reshape", [](const Operands& in,
                     const Json& a) { return reshape(in.at(0), shape_of(a.at("shape"))); }},
      {"transpose",
       [](const Operands& in, const Json& a) {
         const Json& axes = a.at("axes");
         return transpose(in.at(0), {axes.at(0), axes.at(1), axes.at(2)});
       }},
      {"broadcast_to",
       [](const Operands& in, const Json& a) {
         return broadcast_to(in.at(0), shape_of(a.at("shape")));
       }},
      // get<int>: with a JSON value as argument, a `concat` of the JSON library's own would be called.
      {"concat", [](const Operands& in,
                    const Json& a) { return concat(std::span(in), a.at("axis").get<int>()); }},
      {"stack", [](const Operands& in,
                   const Json& a) { return stack(std::span(in), a.at("axis").get<int>()); }},
      {"slice",
       [](const Operands& in, const Json& a) {
         return slice(in.at(0), a.at("axis"), a.at("start"), a.at("stop"));
       }},
      {"gather",
       [](const Operands& in, const Json& a) {
         return gather(in.at(0), a.at("axis"), column_index(a.at("index")));
       }},
      {"matmul", [](const Operands& in, const Json&) { return matmul(in.at(0), in.at(1)); }},
      {"cholesky", unary(cholesky)},
      {"triangular_solve",
       [](const Operands& in, const Json& a) {
         return triangular_solve(in.at(0), in.at(1), {.lower = a.at("lower").get<bool>()});
       }},
      {"conv2d",
       [](const Operands& in, const Json& a) {
         return conv2d(in.at(0), in.at(1), in.at(2), conv_options(a));
       }},
      {"conv_transpose2d",
       [](const Operands& in, const Json& a) {
         return conv_transpose2d(in.at(0), in.at(1), in.at(2), conv_options(a));
       }},
      {"max_pool2d",
       [](const Operands& in, const Json& a) { return max_pool2d(in.at(0), a.at("kernel")); }},
      {"avg_pool2d",
       [](const Operands& in, const Json& a) { return avg_pool2d(in.at(0), a.at("kernel")); }},
      {"layer_norm",
       [](const Operands& in, const Json& a) {
         return layer_norm(in.at(0), in.at(1), in.at(2), a.at("eps"));
       }},
      {"batch_norm_train",
       [](const Operands& in, const Json& a) {
         return batch_norm(in.at(0), in.at(1), in.at(2), a.at("eps"));
       }},
  };
  return table;
}

}  // namespace

TEST_CASE("ops reproduce PyTorch's values and gradients to 1e-9", "[autograd][golden]") {
  const Json golden = test::read_golden("ops.json");
  const Json& cases = golden.at("cases");
  REQUIRE(cases.size() == 214);
  int number = 0;
  for (const Json& c : cases) {
    const std::string op = c.at("op");
    INFO("case " << number++ << ": " << op << " " << c.at("attrs").dump());
    REQUIRE(calls().count(op));
    Tape tape;
    Operands inputs;
    for (const Json& x : c.at("inputs")) inputs.push_back(tape.watch(test::golden_tensor(x)));
    const Tensor y = calls().at(op)(inputs, c.at("attrs"));
    CHECK(test::difference(y, test::golden_tensor(c.at("output")), 1e-9) == "");
    tape.backward(y, test::golden_tensor(c.at("grad_output")));
    const Json& gradients = c.at("grads");
    REQUIRE(gradients.size() == inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      INFO("gradient of input " << i);
      CHECK(test::difference(tape.grad(inputs[i]), test::golden_tensor(gradients[i]), 1e-9) == "");
    }
  }
}

}  // namespace tapestry
