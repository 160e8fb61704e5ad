#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/nn.hpp"
#include "nn/pool.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

/// What a layer must supply to be tested: add a line for a new one.
struct LayerCase {
  std::string describe;
  std::function<std::unique_ptr<Layer>()> make;
  Shape input, output;
};

template <class L, class... Args>
std::function<std::unique_ptr<Layer>()> maker(Args... args) {
  return [=] { return std::make_unique<L>(args...); };
}

std::unique_ptr<Layer> make_net() {
  auto net = std::make_unique<Sequential>();
  net->add<Conv2d>(1, 2, 3, ConvOptions{.stride = 2, .padding = 1}).add<Silu>();
  net->add<Flatten>().add<Linear>(8, 3);
  return net;
}

std::unique_ptr<Layer> make_residual() {
  auto cell = std::make_unique<Residual>(0.5);
  cell->add<Linear>(3, 5, Activation::tanh).add<Linear>(5, 3);
  return cell;
}

const std::vector<LayerCase>& all_layers() {
  static const std::vector<LayerCase> cases{
      {"Linear 4 -> 3", maker<Linear>(4, 3), {5, 4}, {5, 3}},
      {"Linear 4 -> 3, relu", maker<Linear>(4, 3, Activation::relu), {5, 4}, {5, 3}},
      {"Linear 4 -> 3, tanh", maker<Linear>(4, 3, Activation::tanh), {2, 5, 4}, {2, 5, 3}},
      {"Linear 4 -> 3, sigmoid", maker<Linear>(4, 3, Activation::sigmoid), {5, 4}, {5, 3}},
      {"Linear 4 -> 3, softplus", maker<Linear>(4, 3, Activation::softplus), {1, 4}, {1, 3}},
      {"MaskedLinear 4 -> 3, tanh",
       maker<MaskedLinear>(greater(arange(12), 4.0).with_shape({3, 4}), Activation::tanh),
       {5, 4},
       {5, 3}},
      {"MaskedConv2d 2 -> 3, kernel 3, tanh",
       maker<MaskedConv2d>(2, 3, 3, Center::hidden, Activation::tanh),
       {2, 2, 4, 3},
       {2, 3, 4, 3}},
      {"Mlp 4 -> 6 -> 3, tanh",
       maker<Mlp>(std::vector<std::int64_t>{4, 6, 3}, Activation::tanh),
       {5, 4},
       {5, 3}},
      {"Mlp 3 -> 5 -> 4 -> 2, softplus, last plain",
       maker<Mlp>(std::vector<std::int64_t>{3, 5, 4, 2}, Activation::softplus, Activation::none),
       {2, 5, 3},
       {2, 5, 2}},
      {"Conv2d 2 -> 3, kernel 3, stride 1, padding 0",
       maker<Conv2d>(2, 3, 3),
       {2, 2, 5, 4},
       {2, 3, 3, 2}},
      {"Conv2d 1 -> 2, kernel 4, stride 2, padding 1",
       maker<Conv2d>(1, 2, 4, ConvOptions{.stride = 2, .padding = 1}),
       {2, 1, 6, 6},
       {2, 2, 3, 3}},
      {"Conv2d 2 -> 3, kernel 3, stride 1, padding 1, tanh",
       maker<Conv2d>(2, 3, 3, ConvOptions{.padding = 1, .activation = Activation::tanh}),
       {2, 2, 4, 3},
       {2, 3, 4, 3}},
      {"ConvTranspose2d 3 -> 2, kernel 4, stride 2, padding 1",
       maker<ConvTranspose2d>(3, 2, 4, ConvOptions{.stride = 2, .padding = 1}),
       {2, 3, 3, 3},
       {2, 2, 6, 6}},
      {"ConvTranspose2d 2 -> 1, kernel 2, stride 2, padding 0, relu",
       maker<ConvTranspose2d>(2, 1, 2, ConvOptions{.stride = 2, .activation = Activation::relu}),
       {2, 2, 2, 3},
       {2, 1, 4, 6}},
      {"Relu", maker<Relu>(), {3, 4}, {3, 4}},
      {"Tanh", maker<Tanh>(), {3, 4}, {3, 4}},
      {"Sigmoid", maker<Sigmoid>(), {3, 4}, {3, 4}},
      {"Softplus", maker<Softplus>(), {3, 4}, {3, 4}},
      {"Gelu", maker<Gelu>(), {3, 4}, {3, 4}},
      {"Silu", maker<Silu>(), {3, 4}, {3, 4}},
      {"LeakyRelu", maker<LeakyRelu>(0.2), {3, 4}, {3, 4}},
      {"Elu", maker<Elu>(0.7), {3, 4}, {3, 4}},
      {"Dropout 0.4", maker<Dropout>(0.4), {5, 4}, {5, 4}},
      {"LayerNorm 4", maker<LayerNorm>(4), {3, 2, 4}, {3, 2, 4}},
      {"BatchNorm 3", maker<BatchNorm>(3), {6, 3}, {6, 3}},
      {"BatchNorm 2", maker<BatchNorm>(2), {3, 2, 2, 4}, {3, 2, 2, 4}},
      {"Embedding 7 x 3", maker<Embedding>(7, 3), {2, 5}, {2, 5, 3}},
      {"TimeEmbedding 6, wavelengths 9 to 2", maker<TimeEmbedding>(6, 9, 2), {5, 1}, {5, 6}},
      {"MaxPool2d 2", maker<MaxPool2d>(2), {2, 3, 4, 6}, {2, 3, 2, 3}},
      {"AvgPool2d 2", maker<AvgPool2d>(2), {2, 3, 4, 6}, {2, 3, 2, 3}},
      {"Flatten", maker<Flatten>(), {2, 3, 4}, {2, 12}},
      {"Reshape [3,-1]", maker<Reshape>(Shape{3, -1}), {2, 12}, {2, 3, 4}},
      {"Residual, scale 0.5", make_residual, {4, 3}, {4, 3}},
      {"Sequential", make_net, {2, 1, 4, 4}, {2, 3}},
  };
  return cases;
}

/// An input that the layer takes: symbols for Embedding, noise for the others.
Tensor make_input(const LayerCase& c, DType dtype) {
  Rng rng(5);
  if (c.describe.starts_with("Embedding")) {
    std::vector<std::int32_t> symbols;
    for (std::int64_t i = 0; i < c.input.size(); ++i) {
      symbols.push_back(static_cast<std::int32_t>(rng.below(7)));
    }
    return index_tensor(symbols, c.input);
  }
  return rng.normal(c.input, dtype);
}

std::filesystem::path temporary(const std::string& name) {
  return std::filesystem::temp_directory_path() / ("tapestry_" + name);
}

/// Every parameter is drawn from N(0, 0.1^2), biases too: no gradient is trivial.
void start(Layer& layer) {
  init::apply(layer, Rng(1), [](Param& p, Rng& rng) { init::normal(p, rng, 0, 0.1); });
}

}  // namespace

TEST_CASE("every layer describes itself, gives the right shape and notes it") {
  for (const LayerCase& c : all_layers()) {
    CAPTURE(c.describe);
    const auto layer = c.make();
    init::torch_default(*layer, Rng(1));
    CHECK(layer->describe() == c.describe);
    CHECK((*layer)(make_input(c, DType::f32)).shape() == c.output);
    CHECK(layer->output_shape() == c.output);
  }
}

TEST_CASE("every layer has the gradients of its parameters and its input, in training and after") {
  for (const LayerCase& c : all_layers()) {
    for (const bool training : {true, false}) {
      CAPTURE(c.describe, training);
      const auto layer = c.make();
      start(*layer);
      layer->convert(DType::f64);
      layer->train(training);
      const Tensor symbols = make_input(c, DType::f64);
      const bool floating = symbols.dtype() != DType::i32;
      Parameter x("x", floating ? symbols : Tensor());
      std::vector<Parameter*> parameters = layer->parameters();
      if (floating) parameters.push_back(&x);
      const Tensor weights = Rng(7).normal(c.output, DType::f64);
      const auto loss = [&] {
        layer->seed(Rng(3));  // dropout: the same mask every time
        return sum((*layer)(floating ? recorded(x) : symbols) * weights);
      };
      const GradReport report = gradcheck(loss, parameters);
      test::expect_ok(report);
      CHECK(report.checked > 0);
    }
  }
}

TEST_CASE("every node that a layer records passes its check, at its own values in f32") {
  for (const LayerCase& c : all_layers()) {
    const auto layer = c.make();
    start(*layer);
    const Tensor input = make_input(c, DType::f32);
    Tape tape({.keep = Keep::all});
    (*layer)(input.dtype() == DType::i32 ? input : tape.watch(input));
    for (std::size_t k = 0; k < tape.nodes().size(); ++k) {
      CAPTURE(c.describe, k);
      test::expect_ok(check_node(tape, static_cast<std::int32_t>(k)));
    }
  }
}

TEST_CASE("every layer comes back from a checkpoint with the same outputs") {
  const auto path = temporary("all_layers.safetensors");
  for (const LayerCase& c : all_layers()) {
    CAPTURE(c.describe);
    const auto saved = c.make(), loaded = c.make();
    init::torch_default(*saved, Rng(1));
    init::torch_default(*loaded, Rng(2));
    const Tensor x = make_input(c, DType::f32);
    (*saved)(x);  // running statistics and random streams move
    save(path, *saved, {{"layer", c.describe}});
    CHECK(load(path, *loaded) == Metadata{{"layer", c.describe}});
    CHECK((*loaded)(x).to_vector() == (*saved)(x).to_vector());
    saved->eval();
    loaded->eval();
    CHECK((*loaded)(x).to_vector() == (*saved)(x).to_vector());
  }
  std::filesystem::remove(path);
}

TEST_CASE("every layer with parameters refuses to run before they are initialised") {
  for (const LayerCase& c : all_layers()) {
    const auto layer = c.make();
    const auto parameters = layer->named_parameters();
    const bool constants = std::ranges::all_of(
        parameters, [](const NamedParameter& p) { return p.parameter->initialised(); });
    const bool random = !layer->named_buffers().empty() && c.describe.starts_with("Dropout");
    if (constants && !random) continue;
    CAPTURE(c.describe);
    CHECK(test::throws_with<ConfigError>([&] { (*layer)(make_input(c, DType::f32)); },
                                         "init::torch_default"));
  }
}

TEST_CASE("every layer gives the same in f32 and f64") {
  for (const LayerCase& c : all_layers()) {
    CAPTURE(c.describe);
    const auto layer = c.make();
    init::torch_default(*layer, Rng(1));
    const Tensor x = make_input(c, DType::f32);
    layer->seed(Rng(3));
    const auto single = (*layer)(x).to_vector();
    layer->convert(DType::f64);
    layer->seed(Rng(3));
    const auto twin = (*layer)(x.dtype() == DType::i32 ? x : x.to(DType::f64)).to_vector();
    for (std::size_t i = 0; i < twin.size(); ++i) {
      CHECK(std::abs(single[i] - twin[i]) <= 1e-5 * std::max(1.0, std::abs(twin[i])));
    }
  }
}

TEST_CASE("linear layer: y = act(x W^T + b)") {
  const DTypeScope f64(DType::f64);
  Linear fc(2, 3, Activation::relu);
  fc.weight.set_value(tensor({{1.0, 2.0}, {-1.0, 0.5}, {0.0, 3.0}}));
  fc.bias.set_value(tensor({0.5, -1.0, -10.0}));
  CHECK(fc(tensor({{2.0, 1.0}})).to_vector() == std::vector<double>{4.5, 0, 0});
  CHECK_THROWS_AS(Linear(0, 3), ConfigError);
  CHECK_THROWS_AS(Conv2d(1, 1, 0), ConfigError);
}

TEST_CASE("linear layer of both: what it makes of the concatenated, with nothing repeated") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const Tensor x = rng.normal({4, 3}), y = rng.normal({5, 1, 2});  // five y for each of four x
  const auto repeated = [&](const Tensor& a, const Tensor& b) {
    return concat({broadcast_to(a, {5, 4, 3}), broadcast_to(b, {5, 4, 2})}, -1);
  };
  const auto apart = [](const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); };
  for (const Activation act : {Activation::none, Activation::relu, Activation::tanh,
                               Activation::sigmoid, Activation::softplus}) {
    Mlp net({5, 6, 2}, act);
    init::torch_default(net, Rng(4));
    CHECK(apart(net[0].of_both(x, y), net[0](repeated(x, y))) < 1e-14);
    CHECK(apart(net.of_both(x, y), net(repeated(x, y))) < 1e-14);
    CHECK(net.output_shape() == Shape{5, 4, 2});
  }
  Mlp net({5, 6, 2}, Activation::tanh);
  init::torch_default(net, Rng(4));
  test::expect_ok(gradcheck([&] { return sum(net.of_both(x, y)); }, net.parameters()));
  const Tensor both = rng.normal({4, 2});
  CHECK(apart(net.of_both(x, both), net(concat({x, both}, -1))) == 0);
  CHECK(test::throws_with<ShapeError>([&] { net.of_both(x, x); }, "expected 5"));
}

TEST_CASE("mlp: the activation follows every layer, or another one the last") {
  const DTypeScope f64(DType::f64);
  const auto with_numbers = [](Mlp& net) {
    net[0].weight.set_value(tensor({1.0, -1.0}).with_shape({2, 1}));
    net[0].bias.set_value(tensor({0.0, 1.0}));
    net[1].weight.set_value(tensor({{1.0, -2.0}}));
    net[1].bias.set_value(tensor({0.5}));
    return net(tensor({-1.0, 3.0}).with_shape({2, 1})).to_vector();  // hidden (0, 2) and (3, 0)
  };
  Mlp trunk({1, 2, 1}, Activation::relu);
  CHECK(with_numbers(trunk) == std::vector<double>{0, 3.5});
  Mlp plain({1, 2, 1}, Activation::relu, Activation::none);
  CHECK(with_numbers(plain) == std::vector<double>{-3.5, 3.5});
}

TEST_CASE("mlp: names, initial values and refusals") {
  struct Encoder : Module {
    Child<Mlp> trunk{*this, "trunk", {4, 3, 2}, Activation::relu};
  } encoder;
  REQUIRE(encoder.trunk.size() == 2);
  CHECK(encoder.named_parameters().at(2).name == "trunk.1.weight");
  init::xavier_uniform(encoder, Rng(1));
  CHECK(max(abs(encoder.trunk[0].weight.value())).item() <= std::sqrt(6.0 / 7));
  CHECK(encoder.trunk[1].bias.value().to_vector() == std::vector<double>{0, 0});

  Sequential same;  // the layers one by one have the same names, so the same numbers
  same.add<Linear>(4, 3, Activation::relu).add<Linear>(3, 2, Activation::relu);
  init::torch_default(same, Rng(2));
  init::torch_default(encoder.trunk, Rng(2));
  const Tensor x = Rng(3).normal({5, 4});
  CHECK(encoder.trunk(x).to_vector() == same(x).to_vector());

  CHECK(test::throws_with<ConfigError>([] { Mlp({4}, Activation::relu); }, "got the sizes [4]"));
  CHECK_THROWS_AS(Mlp({4, 0, 2}, Activation::relu), ConfigError);
}

TEST_CASE("dropout: keeps the mean, hits its rate, and does nothing in evaluation",
          "[statistical]") {
  Dropout drop(0.3);
  drop.seed(Rng(1));
  const std::int64_t n = 100000;
  const auto y = drop(ones({n})).to_vector();
  const auto kept = static_cast<double>(std::ranges::count_if(y, [](double v) { return v != 0; }));
  // 5 standard errors of a binomial proportion: false alarm below 1e-6, and the seed is fixed
  CHECK(std::abs(kept / n - 0.7) < 5 * std::sqrt(0.21 / n));
  CHECK(*std::ranges::max_element(y) == Approx(1 / 0.7));
  CHECK(drop(ones({n})).to_vector() != y);
  drop.eval();
  CHECK(drop(ones({4})).to_vector() == std::vector<double>{1, 1, 1, 1});
  CHECK_THROWS_AS(Dropout(1.0), ConfigError);
  CHECK_THROWS_AS(Dropout(-0.1), ConfigError);
}

TEST_CASE("batch norm: running statistics move by the momentum, with the unbiased variance") {
  const DTypeScope f64(DType::f64);
  BatchNorm norm(2, {.momentum = 0.25});
  const Tensor x =
      tensor({{1.0, 10.0}, {3.0, 20.0}, {5.0, 60.0}});  // means 3, 30; variances 4, 700
  const auto y = norm(x).to_vector();
  CHECK(norm.running_mean.value().to_vector() == std::vector<double>{0.75, 7.5});
  CHECK(norm.running_var.value().at({0}) == Approx(0.75 + 0.25 * 4));
  CHECK(norm.running_var.value().at({1}) == Approx(0.75 + 0.25 * 700));
  CHECK(y[0] == Approx(-2 / std::sqrt(8.0 / 3 + 1e-5)));  // the batch itself: biased variance
  norm(x);
  CHECK(norm.running_mean.value().at({0}) == Approx(0.75 * 0.75 + 0.25 * 3));
}

TEST_CASE("batch norm: evaluation uses the running statistics and leaves them alone") {
  const DTypeScope f64(DType::f64);
  BatchNorm norm(2);
  norm.running_mean.set_value(tensor({1.0, -2.0}));
  norm.running_var.set_value(tensor({4.0, 9.0}));
  norm.weight.set_value(tensor({2.0, 1.0}));
  norm.bias.set_value(tensor({0.0, 5.0}));
  norm.eval();
  const Tensor x = tensor({3.0, -2.0, 1.0, 4.0});
  const auto y = norm(x.with_shape({2, 2})).to_vector();
  CHECK(y[0] == Approx(2 * 2 / std::sqrt(4 + 1e-5)));
  CHECK(y[1] == Approx(5));
  CHECK(y[2] == Approx(0).margin(1e-12));
  CHECK(y[3] == Approx(6 / std::sqrt(9 + 1e-5) + 5));
  CHECK(norm(x.with_shape({1, 2, 1, 2})).to_vector()[1] == Approx(-3 * 2 / std::sqrt(4 + 1e-5)));
  CHECK(norm.running_mean.value().to_vector() == std::vector<double>{1, -2});
}

TEST_CASE("batch norm: evaluation divides by the root of the running variance plus eps") {
  const DTypeScope f64(DType::f64);
  BatchNorm norm(1, {.eps = 0.5});
  norm.running_var.set_value(tensor({0.25}));
  norm.eval();
  CHECK(norm(ones({1, 1})).item() == Approx(1 / std::sqrt(0.75)));
  norm.running_var.set_value(tensor({0.0}));  // a channel that never moved
  CHECK(norm(ones({1, 1})).item() == Approx(1 / std::sqrt(0.5)));
}

TEST_CASE("batch norm: one value per channel and a wrong number of channels are refused") {
  BatchNorm norm(3);
  CHECK(test::throws_with<ShapeError>([&] { norm(ones({1, 3})); }, "no variance"));
  CHECK(test::throws_with<ShapeError>([&] { norm(ones({4, 2})); }, "3 channels"));
  norm.eval();
  CHECK(norm(ones({1, 3})).shape() == Shape{1, 3});
  CHECK_THROWS_AS(BatchNorm(3, {.momentum = 0}), ConfigError);
}

TEST_CASE("sequential: names layers by number, and refuses to be empty") {
  Sequential net;
  CHECK_THROWS_AS(net(ones({1})), ConfigError);
  net.add<Linear>(3, 2).add<Relu>().add<Linear>(2, 1);
  REQUIRE(net.size() == 3);
  CHECK(net.named_parameters().at(2).name == "2.weight");
  CHECK(net[1].describe() == "Relu");
}

TEST_CASE("every layer repeats its step without malloc") {
  if (!test::pool_is_on()) return;
  for (const LayerCase& c : all_layers()) {
    CAPTURE(c.describe);
    const auto layer = c.make();
    init::torch_default(*layer, Rng(1));
    const Tensor x = make_input(c, DType::f32);
    const auto step = [&] {
      layer->zero_grad();
      Tape tape;
      const Tensor y = (*layer)(x);
      if (y.tracked()) tape.backward(sum(square(y)));
    };
    step();
    step();
    const auto before = pool_stats().fresh;
    step();
    CHECK(pool_stats().fresh == before);
  }
}

TEST_CASE("residual: x and the scaled layers, whose shape must stay") {
  const DTypeScope f64(DType::f64);
  Residual layer(0.1);
  layer.add<Linear>(2, 2, Activation::none);
  init::torch_default(layer, Rng(1));
  const Tensor x = Rng(2).normal({3, 2});
  CHECK(max(abs(layer(x) - x - 0.1 * layer[0](x))).item() < 1e-15);
  Residual wider;
  wider.add<Linear>(2, 3);
  init::torch_default(wider, Rng(1));
  CHECK(
      test::throws_with<ShapeError>([&] { wider(x); }, "keep the shape [3,2], and returned [3,3]"));
}
