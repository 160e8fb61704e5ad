#include "nn/module.hpp"

#include <cmath>
#include <optional>
#include <type_traits>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/callable.hpp"
#include "nn/init.hpp"
#include "nn/layers/dropout.hpp"
#include "nn/layers/linear.hpp"
#include "support/catch.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

struct Encoder : Callable<Encoder> {
  Child<Linear> fc1{*this, "fc1", 4, 3, Activation::tanh};
  Param log_scale{*this, "log_scale", {2}, 0.5};
  Child<Linear> loc{*this, "loc", 3, 2};

  Tensor forward(const Tensor& x) { return loc(fc1(x)) * exp(log_scale); }
};

struct Model : Module {
  Child<Encoder> encoder{*this, "encoder"};
  ChildList<Linear> hidden{*this, "hidden"};
  Child<Dropout> drop{*this, "drop", 0.25};
  Buffer count{*this, "count", zeros({1})};

  Model() {
    hidden.add(2, 5);
    hidden.add(5, 4);
  }
};

std::vector<std::string> names(const Module& module) {
  std::vector<std::string> list;
  for (const auto& p : module.named_parameters()) list.push_back(p.name);
  return list;
}

const std::vector<std::string> kNames{"encoder.fc1.weight", "encoder.fc1.bias", "encoder.log_scale",
                                      "encoder.loc.weight", "encoder.loc.bias", "hidden.0.weight",
                                      "hidden.0.bias",      "hidden.1.weight",  "hidden.1.bias"};

// The tree holds pointers to its members: they must stay where they are.
static_assert(!std::is_copy_constructible_v<Linear> && !std::is_move_constructible_v<Linear>);
static_assert(!std::is_copy_assignable_v<Encoder> && !std::is_move_assignable_v<Encoder>);

}  // namespace

TEST_CASE("module: parameters are listed in the order of declaration with their paths") {
  Model model;
  CHECK(names(model) == kNames);
  const auto parameters = model.parameters();
  REQUIRE(parameters.size() == kNames.size());
  for (std::size_t i = 0; i < kNames.size(); ++i) CHECK(parameters[i]->name() == kNames[i]);
  CHECK(model.encoder.fc1.path() == "encoder.fc1");
  CHECK(model.hidden[1].path() == "hidden.1");
  CHECK(model.path().empty());
  CHECK(model.parameter_count() == 15 + 2 + 8 + 15 + 24);
}

TEST_CASE("module: names are relative to the module that is asked") {
  Model model;
  CHECK(names(model.encoder.loc) == std::vector<std::string>{"weight", "bias"});
  CHECK(model.encoder.loc.weight.name() == "encoder.loc.weight");
  const auto buffers = model.named_buffers();
  REQUIRE(buffers.size() == 2);
  CHECK(buffers[0].name == "drop.random");
  CHECK(buffers[1].name == "count");
}

TEST_CASE("module: a name that is taken, empty or dotted is refused") {
  struct Twice : Module {
    Param a{*this, "a", {1}, 0.0};
    Child<Linear> b{*this, "a", 1, 1};
  };
  struct Empty : Module {
    Param a{*this, "", {1}, 0.0};
  };
  struct Dotted : Module {
    Param a{*this, "a.b", {1}, 0.0};
  };
  CHECK_THROWS_AS(Twice(), ConfigError);
  CHECK_THROWS_AS(Empty(), ConfigError);
  CHECK_THROWS_AS(Dotted(), ConfigError);
}

TEST_CASE("module: a layer whose parameters were never initialised refuses to run and names one") {
  Model model;
  try {
    model.encoder(zeros({1, 4}));
    FAIL("it ran");
  } catch (const ConfigError& e) {
    CHECK(std::string(e.what()).find("encoder.fc1.weight") != std::string::npos);
    CHECK(e.hint.find("torch_default") != std::string::npos);
    CHECK(std::string(e.at.file).ends_with("module.test.cpp"));
  }
  CHECK(std::isnan(model.encoder.fc1.weight.value().at({0, 0})));
  init::torch_default(model, Rng(1));
  CHECK(model.encoder(zeros({1, 4})).shape() == Shape{1, 2});
}

TEST_CASE("module: train and eval reach every module of the tree") {
  Model model;
  CHECK(model.drop.training());
  model.eval();
  CHECK_FALSE(model.training());
  CHECK_FALSE(model.encoder.fc1.training());
  CHECK_FALSE(model.hidden[0].training());
  model.train();
  CHECK(model.hidden[1].training());
}

TEST_CASE("module: nodes carry the path of their module and the line that called it") {
  Model model;
  init::torch_default(model, Rng(1));
  Tape tape;
  const Tensor y = model.encoder(zeros({1, 4}));
  const std::uint32_t line = __LINE__ - 1;
  bool seen = false;
  for (const Node& node : tape.nodes()) {
    if (!node.op || std::string(node.op->name) != "exp") continue;
    const ScopeInfo& scope = scope_info(node.scope);
    CHECK(scope.path == "encoder");
    CHECK(scope.from.line == line);
    CHECK(std::string(scope.from.file).find("module.test.cpp") != std::string::npos);
    seen = true;
  }
  CHECK(seen);
  int in_fc1 = 0;
  for (const Node& node : tape.nodes()) {
    if (node.op && scope_info(node.scope).path == "encoder.fc1") {
      ++in_fc1;
      CHECK(scope_info(scope_info(node.scope).parent).path == "encoder");
      CHECK(std::string(node.src.file).find("linear.cpp") != std::string::npos);
    }
  }
  CHECK(in_fc1 == 1);
}

TEST_CASE("module: zero_grad and set_trainable reach every parameter") {
  Model model;
  init::torch_default(model, Rng(1));
  const auto run = [&] {
    Tape tape;
    tape.backward(sum(model.encoder(ones({2, 4}))));
  };
  run();
  CHECK(model.encoder.fc1.weight.grad().defined());
  model.zero_grad();
  for (const Parameter* p : model.parameters()) CHECK_FALSE(p->grad().defined());

  model.encoder.fc1.set_trainable(false);
  run();
  CHECK_FALSE(model.encoder.fc1.weight.grad().defined());
  CHECK(model.encoder.loc.weight.grad().defined());
}

TEST_CASE("module: the summary is a table of names, types, shapes and counts") {
  Encoder encoder;
  init::torch_default(encoder, Rng(1));
  encoder.fc1.set_trainable(false);
  encoder(zeros({8, 4}));
  CHECK(encoder.summary() ==
        "name        type                 shape     parameters\n"
        "            Encoder                                  \n"
        "fc1         Linear 4 -> 3, tanh  -> [8,3]            \n"
        "fc1.weight  frozen               [3,4]             12\n"
        "fc1.bias    frozen               [3]                3\n"
        "log_scale                        [2]                2\n"
        "loc         Linear 3 -> 2        -> [8,2]            \n"
        "loc.weight                       [2,3]              6\n"
        "loc.bias                         [2]                2\n"
        "total                                              25\n");
}

TEST_CASE("module: convert changes parameters and floating buffers, not integers") {
  Model model;
  init::torch_default(model, Rng(1));
  model.convert(DType::f64);
  for (const Parameter* p : model.parameters()) CHECK(p->value().dtype() == DType::f64);
  CHECK(model.count.value().dtype() == DType::f64);
  CHECK(model.drop.random.value().dtype() == DType::i32);
}

TEST_CASE("module: load_state takes back what state gave, and leaves the module alone otherwise") {
  Model from, to;
  init::torch_default(from, Rng(1));
  init::torch_default(to, Rng(2));
  const NamedTensors good = from.state();
  const std::vector<double> before = to.encoder.loc.bias.value().to_vector();
  const auto refused = [&](NamedTensors state, const std::string& word) {
    try {
      to.load_state(state);
      FAIL("it loaded");
    } catch (const DataError& e) {
      INFO(e.what());
      CHECK(std::string(e.what()).find(word) != std::string::npos);
    }
    CHECK(to.encoder.loc.bias.value().to_vector() == before);
  };
  NamedTensors bad = good;
  bad.pop_back();
  refused(bad, "count of the module is missing");
  bad = good;
  bad.push_back({"extra", zeros({1})});
  refused(bad, "extra is not in the module");
  bad = good;
  for (const char* name : {"z", "m", "a", "x", "b"}) bad.push_back({name, zeros({1})});
  refused(bad, "tensor z is not in the module");  // the first that does not fit
  bad = good;
  bad.push_back(good.front());
  refused(bad, "encoder.fc1.weight is there twice");
  bad = good;
  bad[0].value = zeros({4, 3});
  refused(bad, "shape [4,3]");
  bad = good;
  bad[0].value = bad[0].value.to(DType::f64);
  refused(bad, "f64");

  to.load_state(good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    CHECK(to.state()[i].name == good[i].name);
    CHECK(to.state()[i].value.to_vector() == good[i].value.to_vector());
  }
}

TEST_CASE("random stream: a saved position goes on with the same numbers") {
  Dropout a, b;
  CHECK_THROWS_AS(a(ones({4})), ConfigError);
  a.seed(Rng(3));
  a(ones({100}));
  b.load_state(a.state());
  CHECK(a(ones({100})).to_vector() == b(ones({100})).to_vector());
}

TEST_CASE("layers that were never initialised say so after a conversion, too", "[nn]") {
  Linear layer(2, 2);
  layer.convert(DType::f64);
  CHECK_THROWS_AS(layer(ones({1, 2}, DType::f64)), ConfigError);
}

TEST_CASE("a buffer made of a recorded tensor is a constant", "[nn]") {
  struct Kept : Module {
    explicit Kept(const Tensor& x) : b(*this, "b", x) {}
    Buffer b;
  };
  Parameter p("p", ones({2}));
  std::optional<Kept> kept;
  {
    Tape tape;
    kept.emplace(2.0 * p);
  }
  Tape tape;
  CHECK((kept->b.value() + 1.0).to_vector() == std::vector<double>{3, 3});
}
