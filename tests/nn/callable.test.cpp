#include "nn/callable.hpp"

#include <memory>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/param.hpp"
#include "support/catch.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

// Overloads of `forward` with several arguments and with none that is a tensor.
struct Scale : Callable<Scale> {
  Param factor{*this, "factor", {2}, 3.0};

  Tensor forward(const Tensor& x) { return x * factor; }
  Tensor forward(const Tensor& x, const Tensor& shift, double power) {
    return pow(x, power) * factor + shift;
  }
  Tensor forward(std::unique_ptr<int> times) { return factor * static_cast<double>(*times); }
  Tensor forward() { return exp(factor); }
  Tensor& forward(Tensor& x, const Scope&) { return x; }
};

struct Model : Callable<Model> {
  Child<Scale> one{*this, "one"};
  ChildList<Scale> more{*this, "more"};

  Model() { more.add(); }
  Tensor forward(const Tensor& x) { return more[0](one(x)); }
};

// Where the last recorded op belongs: the path of its module and the line that called it.
struct Place {
  std::string path;
  std::uint32_t line;
  bool operator==(const Place&) const = default;
};
Place last_place(const Tape& tape) {
  const ScopeInfo& scope = scope_info(tape.nodes().back().scope);
  CHECK(std::string(scope.from.file).find("callable.test.cpp") != std::string::npos);
  return {scope.path, scope.from.line};
}

}  // namespace

TEST_CASE("callable: a call notes the module and its own line, wherever the module is") {
  Model model;
  Scale root;
  const Tensor x = tensor({1.0, 2.0});
  Tape tape;
  model.one(x);
  CHECK(last_place(tape) == Place{"one", __LINE__ - 1});
  model.more[0](x);
  CHECK(last_place(tape) == Place{"more.0", __LINE__ - 1});
  root(x);
  CHECK(last_place(tape) == Place{"", __LINE__ - 1});
  Scale& reference = model.one;
  reference(x);
  CHECK(last_place(tape) == Place{"one", __LINE__ - 1});
  const auto by_lambda = [&](const Tensor& z) { return model.one(z); };
  const std::uint32_t line = __LINE__ - 1;
  by_lambda(x);
  CHECK(last_place(tape) == Place{"one", line});
  CHECK(current_scope() == 0);
}

TEST_CASE("callable: any number and kind of arguments, and overloads of forward") {
  Scale scale;
  const Tensor x = tensor({1.0, 2.0});
  Tape tape;
  CHECK(scale(x, tensor({0.5, 0.0}), 2.0).to_vector() == std::vector<double>{3.5, 12.0});
  CHECK(last_place(tape).line == __LINE__ - 1);
  CHECK(scale(std::make_unique<int>(2)).to_vector() == std::vector<double>{6.0, 6.0});
  CHECK(last_place(tape).line == __LINE__ - 1);
  CHECK(scale().size() == 2);
  CHECK(last_place(tape).line == __LINE__ - 1);
  scale(x, SourceLoc{__FILE__, 7});  // on behalf of another line
  CHECK(last_place(tape).line == 7);
  Tensor y = x;
  const Scope scope("outside");
  CHECK(&scale(y, scope) == &y);  // neither arguments nor results are copied
}

TEST_CASE("callable: a parameter goes wherever a tensor goes, in modules and in layers") {
  Scale scale;
  Linear linear(2, 1);
  init::constant(linear.weight, 2.0);
  init::constant(linear.bias, 0.0);
  Parameter p("p", tensor({1.0, 2.0}));
  Tape tape;
  tape.backward(sum(scale(p)) + sum(linear(p)));
  CHECK(p.grad().to_vector() == std::vector<double>{5.0, 5.0});
}
