#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "nn/nn.hpp"
#include "nn/pool.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/keep_threads.hpp"
#include "support/stderr_text.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

using Parameters = std::vector<Parameter*>;

/// An optimizer with options under the name of its case in optimizers.json.
struct OptimizerCase {
  std::string name;
  std::function<std::unique_ptr<Optimizer>(Parameters)> make;
};

template <class O, class Options>
std::function<std::unique_ptr<Optimizer>(Parameters)> maker(Options options) {
  return [=](Parameters p) { return std::make_unique<O>(std::move(p), options); };
}

const std::vector<OptimizerCase>& all_optimizers() {
  static const std::vector<OptimizerCase> cases{
      {"sgd", maker<Sgd>(SgdOptions{})},
      {"sgd_decay", maker<Sgd>(SgdOptions{.weight_decay = 0.1})},
      {"sgd_momentum", maker<Sgd>(SgdOptions{.momentum = 0.9, .weight_decay = 0.1})},
      {"sgd_nesterov", maker<Sgd>(SgdOptions{.momentum = 0.9, .nesterov = true})},
      {"adam", maker<Adam>(AdamOptions{})},
      {"adam_decay",
       maker<Adam>(AdamOptions{.beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1})},
      {"adamw", maker<AdamW>(AdamWOptions{.weight_decay = 0.1})},
      {"adagrad", maker<Adagrad>(AdagradOptions{})},
      {"adagrad_decay",
       maker<Adagrad>(AdagradOptions{.lr_decay = 0.5, .eps = 1e-3, .weight_decay = 0.1})},
      {"rmsprop", maker<RmsProp>(RmsPropOptions{})},
      {"rmsprop_momentum", maker<RmsProp>(RmsPropOptions{
                               .alpha = 0.9, .eps = 1e-3, .weight_decay = 0.1, .momentum = 0.8})},
      {"rmsprop_centered",
       maker<RmsProp>(RmsPropOptions{.alpha = 0.9, .eps = 1e-3, .centered = true})},
      {"rmsprop_centered_momentum",
       maker<RmsProp>(
           RmsPropOptions{.alpha = 0.9, .eps = 1e-3, .momentum = 0.8, .centered = true})},
  };
  return cases;
}

/// Three steps with noise for gradients; sizes cross the borders of chunks.
std::vector<double> train_noise(const OptimizerCase& c) {
  Parameter a("a", Rng(1).normal({3, 5000}, DType::f32));
  Parameter b("b", Rng(2).normal({7}, DType::f32));
  const auto optimizer = c.make({&a, &b});
  Rng noise(3);
  for (int t = 0; t < 3; ++t) {
    a.set_grad(noise.normal(a.shape(), DType::f32));
    b.set_grad(noise.normal(b.shape(), DType::f32));
    clip_grad_norm({&a, &b}, 50);
    optimizer->step();
  }
  std::vector<double> values = a.value().to_vector();
  for (const double v : b.value().to_vector()) values.push_back(v);
  return values;
}

}  // namespace

TEST_CASE("optimizers: five steps agree with PyTorch in f64", "[golden]") {
  const auto golden = test::read_golden("optimizers.json");
  REQUIRE(golden.at("values").size() == all_optimizers().size());
  const auto start = golden.at("start").get<std::vector<double>>();
  const auto lr = golden.at("lr").get<std::vector<double>>();
  for (const OptimizerCase& c : all_optimizers()) {
    Parameter p("p", tensor(start, {5}, DType::f64));
    Parameter other("other", zeros({1}, DType::f64));
    const auto optimizer = c.make({&p, &other});
    for (std::size_t t = 0; t < lr.size(); ++t) {
      CAPTURE(c.name, t);
      optimizer->set_lr(lr[t]);
      optimizer->zero_grad();
      other.set_grad(ones({1}, DType::f64));
      const auto& grad = golden.at("grads").at(t);
      if (!grad.is_null()) {
        p.set_grad(tensor(grad.get<std::vector<double>>(), {5}, DType::f64));
      }
      optimizer->step();
      const auto expected = golden.at("values").at(c.name).at(t).get<std::vector<double>>();
      const auto wrong = test::difference(p.value(), tensor(expected, {5}, DType::f64), 1e-13);
      INFO(wrong);
      CHECK(wrong.empty());
    }
  }
}

TEST_CASE("adam: the parameters of the reference VAE follow its gradients", "[golden]") {
  const auto golden = test::read_golden("vae_steps.json");
  REQUIRE(!golden.at("cases").empty());
  for (const auto& c : golden.at("cases")) {
    const auto& adam = c.at("adam");
    std::vector<std::unique_ptr<Parameter>> owned;
    Parameters parameters;
    for (const auto& [name, value] : c.at("params").items()) {
      owned.push_back(std::make_unique<Parameter>(name, test::golden_tensor(value)));
      parameters.push_back(owned.back().get());
    }
    Adam optimizer(parameters, {.lr = adam.at("lr"),
                                .beta1 = adam.at("beta1"),
                                .beta2 = adam.at("beta2"),
                                .eps = adam.at("eps")});
    for (const auto& step : c.at("steps")) {
      for (Parameter* p : parameters) {
        p->set_grad(test::golden_tensor(step.at("grads").at(p->name())));
      }
      optimizer.step();
      for (const Parameter* p : parameters) {
        const auto expected = test::golden_tensor(step.at("params_after_adam").at(p->name()));
        const auto wrong = test::difference(p->value(), expected, 1e-9);
        INFO(p->name() << ": " << wrong);
        CHECK(wrong.empty());
      }
    }
  }
}

TEST_CASE("optimizers: every one rolls down a quadratic bowl, in f32 and f64") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const DTypeScope scope(dtype);
    for (const OptimizerCase& c : all_optimizers()) {
      if (c.name.find("decay") != std::string::npos || c.name == "sgd_momentum") continue;
      CAPTURE(c.name, name(dtype));
      Parameter x("x", tensor({3.0, -2.0}));
      const Tensor scale = tensor({1.0, 4.0});
      const auto optimizer = c.make({&x});
      const auto loss = [&] { return sum(square(x) * scale); };
      const Schedule lr = schedule::exponential(0.05, 0.995);
      if (c.name == "adagrad") optimizer->set_lr(1.0);
      for (std::int64_t t = 0; t < 1000; ++t) {
        if (c.name != "adagrad") optimizer->set_lr(lr(t));
        optimizer->zero_grad();
        Tape tape;
        tape.backward(loss());
        optimizer->step();
      }
      CHECK(loss().item() < 0.02);
    }
  }
}

TEST_CASE("optimizers: f32 follows f64 closely") {
  for (const OptimizerCase& c : all_optimizers()) {
    CAPTURE(c.name);
    const Tensor start = Rng(1).normal({100}, DType::f32);
    Parameter single("single", start), twin("twin", start.to(DType::f64));
    const auto a = c.make({&single}), b = c.make({&twin});
    Rng noise(2);
    for (int t = 0; t < 5; ++t) {
      const Tensor g = noise.normal({100}, DType::f32);
      single.set_grad(g);
      twin.set_grad(g.to(DType::f64));
      a->step();
      b->step();
    }
    CHECK(test::difference(single.value().to(DType::f64), twin.value(), 2e-6).empty());
  }
}

TEST_CASE("optimizers: an update that is not finite names the parameter and the element") {
  for (const OptimizerCase& c : all_optimizers()) {
    for (const double bad : {std::nan(""), double{INFINITY}}) {
      CAPTURE(c.name, bad);
      Parameter fine("encoder.bias", zeros({3}));
      Parameter broken("decoder.weight", zeros({100, 90}));  // three chunks
      const auto optimizer = c.make({&fine, &broken});
      fine.set_grad(ones({3}));
      std::vector<double> grad(9000, 0.5);
      grad[61 * 90 + 7] = bad;
      broken.set_grad(tensor(grad, {100, 90}));
      CHECK(test::throws_with<DomainError>([&] { optimizer->step(); }, "decoder.weight[61,7]"));
    }
  }
}

TEST_CASE("optimizers: an overflow with finite gradients hints at the learning rate") {
  Parameter p("p", full({2}, 3e38));
  Sgd sgd({&p}, {.lr = 1e30});
  p.set_grad(full({2}, -3e38));
  CHECK(test::throws_with<DomainError>([&] { sgd.step(); }, "learning rate"));
}

TEST_CASE("optimizers: parameters without a gradient and frozen ones stay as they are") {
  Parameter moved("moved", ones({2})), frozen("frozen", ones({2})), unused("unused", ones({2}));
  Adam adam({&moved, &frozen, &unused});
  frozen.set_trainable(false);
  moved.set_grad(ones({2}));
  frozen.set_grad(ones({2}));
  const auto version = unused.version();
  adam.step();
  CHECK(moved.value().at({0}) < 1);
  CHECK(moved.last_update().line == __LINE__ - 2);
  CHECK(frozen.value().at({0}) == 1);
  CHECK(unused.value().at({0}) == 1);
  CHECK(unused.version() == version);
}

TEST_CASE("optimizers: parameters that never get a gradient are named once") {
  Parameter moved("moved", ones({2})), frozen("frozen", ones({2})), late("late", ones({2}));
  Parameter lost("prior.loc", ones({2}));
  frozen.set_trainable(false);
  Adam adam({&moved, &frozen, &late, &lost});
  const auto steps = [&](int count) {
    const test::StderrText said;
    for (int t = 0; t < count; ++t) {
      moved.set_grad(ones({2}));
      adam.step();
    }
    return said.text();
  };
  late.set_grad(ones({2}));
  CHECK(steps(1) == "");
  late.zero_grad();
  REQUIRE(adam.idle() == std::vector<const Parameter*>{&lost});
  CHECK(steps(Optimizer::kIdleSteps - 2) == "");
  const std::string text = steps(1);
  CHECK(text.find("adam: no gradient in 10 steps, so these never change: prior.loc\n") !=
        text.npos);
  CHECK(text.find("optim.test.cpp:") != text.npos);
  CHECK(steps(2 * Optimizer::kIdleSteps) == "");
  lost.set_grad(ones({2}));
  steps(1);
  CHECK(adam.idle().empty());
}

TEST_CASE("optimizers: a handle on the old values keeps them") {
  Parameter p("p", ones({2}));
  Sgd sgd({&p}, {.lr = 1});
  const Tensor before = p.value();
  p.set_grad(ones({2}));
  sgd.step();
  CHECK(before.to_vector() == std::vector<double>{1, 1});
  CHECK(p.value().to_vector() == std::vector<double>{0, 0});
}

TEST_CASE("optimizers: bad arguments are refused by name") {
  Parameter p("p", ones({2}));
  CHECK_THROWS_AS(Adam({}), ConfigError);
  CHECK(test::throws_with<ConfigError>([&] { Adam({&p, &p}); }, "twice"));
  CHECK(test::throws_with<ConfigError>([&] { Adam({&p}, {.lr = -1}); }, "learning rate"));
  CHECK(test::throws_with<ConfigError>([&] { Adam({&p}, {.lr = std::nan("")}); }, "learning rate"));
  CHECK(test::throws_with<ConfigError>([&] { Adam({&p}, {.beta1 = 1}); }, "beta1"));
  CHECK(test::throws_with<ConfigError>([&] { AdamW({&p}, {.beta2 = -0.1}); }, "beta2"));
  CHECK(test::throws_with<ConfigError>([&] { Sgd({&p}, {.momentum = 1}); }, "momentum"));
  CHECK(test::throws_with<ConfigError>([&] { Sgd({&p}, {.nesterov = true}); }, "nesterov"));
  CHECK(test::throws_with<ConfigError>([&] { Adagrad({&p}, {.lr_decay = -1}); }, "lr_decay"));
  CHECK(test::throws_with<ConfigError>([&] { RmsProp({&p}, {.alpha = 1.5}); }, "alpha"));
  Sgd sgd({&p});
  CHECK(test::throws_with<ConfigError>([&] { sgd.step(); }, "no parameter has a gradient"));
}

TEST_CASE("optimizers: a run that is saved and resumed ends with the same bits") {
  const auto path = std::filesystem::temp_directory_path() / "tapestry_optimizer.safetensors";
  for (const OptimizerCase& c : all_optimizers()) {
    CAPTURE(c.name);
    Parameter p("p", Rng(1).normal({50}, DType::f32));
    const auto optimizer = c.make({&p});
    const auto step = [](Optimizer& o, Parameter& parameter, int t) {
      parameter.set_grad(Rng(static_cast<std::uint64_t>(t)).normal({50}, DType::f32));
      o.step();
    };
    for (int t = 0; t < 3; ++t) step(*optimizer, p, t);
    save_tensors(path, optimizer->state());
    Parameter resumed("p", p.value());
    const auto again = c.make({&resumed});
    again->load_state(load_tensors(path).tensors);
    for (int t = 3; t < 6; ++t) {
      step(*optimizer, p, t);
      step(*again, resumed, t);
    }
    CHECK(p.value().to_vector() == resumed.value().to_vector());
  }
  std::filesystem::remove(path);
}

TEST_CASE("optimizers: state is a snapshot, and one that does not fit is refused") {
  Parameter p("p", ones({2}));
  Adam adam({&p});
  p.set_grad(ones({2}));
  adam.step();
  const NamedTensors state = adam.state();
  REQUIRE(state.size() == 3);
  CHECK(state[0].name == "adam.m.p");
  CHECK(state[2].name == "adam.step");
  const auto before = state[0].value.to_vector();
  adam.step();
  CHECK(state[0].value.to_vector() == before);

  NamedTensors bad = state;
  bad.pop_back();
  CHECK(test::throws_with<DataError>([&] { adam.load_state(bad); },
                                     "2 tensors of state, but 1 parameters need 3"));
  bad = state;
  bad[1].name = "adam.v.q";
  CHECK(test::throws_with<DataError>([&] { adam.load_state(bad); }, "adam.v.p"));
  bad = state;
  bad[1].value = ones({3});
  CHECK(test::throws_with<DataError>([&] { adam.load_state(bad); }, "[3]"));
}

TEST_CASE("descend: the same step as by hand, and the loss before it") {
  Parameter by_hand("w", tensor({3.0, -1.0})), short_form("w", tensor({3.0, -1.0}));
  Adam one({&by_hand}, {.lr = 0.1}), other({&short_form}, {.lr = 0.1});
  for (int t = 0; t < 5; ++t) {
    one.zero_grad();
    Tape tape;
    const Tensor loss = sum(square(by_hand - 1.0));
    tape.backward(loss);
    one.step();
    CHECK(descend(other, [&] { return sum(square(short_form - 1.0)); }) == loss.item());
    CHECK(short_form.value().to_vector() == by_hand.value().to_vector());
  }
}

TEST_CASE("descend: an error names the line of the call") {
  Parameter w("w", tensor({1.0}));
  Sgd sgd({&w}, {.lr = 0.1});
  const std::string text = test::message([&] { descend(sgd, [&] { return tensor(2.0); }); });
  CHECK(text.find("optim.test.cpp") != std::string::npos);
}

TEST_CASE("optimizers: the same bits for one thread and two", "[threads]") {
  const test::KeepThreads keep;
  for (const OptimizerCase& c : all_optimizers()) {
    CAPTURE(c.name);
    set_threads(1);
    const auto one = train_noise(c);
    set_threads(2);
    const auto two = train_noise(c);
    CHECK(one == two);
  }
}

TEST_CASE("optimizers: steady steps take nothing fresh from malloc") {
  if (!test::pool_is_on()) return;
  for (const OptimizerCase& c : all_optimizers()) {
    CAPTURE(c.name);
    Parameter p("p", ones({64, 100}));
    const auto optimizer = c.make({&p});
    const auto step = [&] {
      optimizer->zero_grad();
      p.set_grad(full({64, 100}, 0.1));
      clip_grad_norm(optimizer->parameters(), 1);
      clip_grad_value(optimizer->parameters(), 0.01);
      optimizer->step();
    };
    step();
    step();
    const auto before = pool_stats().fresh;
    for (int t = 0; t < 5; ++t) step();
    CHECK(pool_stats().fresh == before);
  }
}

TEST_CASE(
    "optimizers: a parameter without values is refused, and so is a square beyond all numbers") {
  Parameter none("none");
  CHECK(test::throws_with<ConfigError>([&] { Adam({&none}); }, "none has no values yet"));
  const auto told = [](auto&& optimizer, Parameter& p, const char* text) {
    p.set_grad(tensor({1.0, 1e23, 1.0}));
    return test::throws_with<DomainError>([&] { optimizer.step(); }, text);
  };
  Parameter a("a", ones({3})), b("b", ones({3})), c("c", ones({3}));
  Adam adam({&a});
  for (int step = 1; step < 64; ++step) {
    a.set_grad(tensor({1.0, step == 1 ? 1e23 : 1.0, 1.0}));
    adam.step();
  }
  CHECK(told(adam, a, "of a[1] became inf in step 64; its gradient is"));  // looked at now and then
  CHECK(told(RmsProp({&b}), b, "of b[1] became inf"));
  CHECK(told(Adagrad({&c}), c, "of c[1] became inf"));
}
