#include "nn/capture.hpp"

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"

using namespace tapestry;

namespace {

struct Network : nn::Module {
  nn::Child<nn::Linear> hidden{*this, "hidden", 6, 5, Activation::tanh};
  nn::Child<nn::Linear> out{*this, "out", 5, 2};
};

struct Training {
  explicit Training(std::uint64_t seed) : adam(prepared(network, seed), {.lr = 1e-2}) {}
  static std::vector<Parameter*> prepared(nn::Module& m, std::uint64_t seed) {
    nn::init::torch_default(m, Rng(seed));
    return m.parameters();
  }

  double step(const Tensor& x, Rng& noise) {
    adam.zero_grad();
    Tape tape;
    const Tensor h = dropout(network.hidden(x), 0.3, noise);
    const Tensor loss = mean(square(network.out(h) + noise.normal({3, 2}, x.dtype())));
    tape.backward(loss);
    adam.step();
    return loss.item();
  }

  // Everything that a step changes, to the last bit.
  std::vector<double> numbers() const {
    std::vector<double> all;
    for (const Parameter* p : network.parameters()) {
      for (const double v : p->value().to_vector()) all.push_back(v);
      for (const double v : p->grad().to_vector()) all.push_back(v);
    }
    for (const nn::NamedTensor& t : adam.state()) {
      if (t.value.dtype() == DType::i32) continue;
      for (const double v : t.value.to_vector()) all.push_back(v);
    }
    return all;
  }

  Network network;
  nn::Adam adam;
};

}  // namespace

TEST_CASE(
    "capture: a step from the middle of training is made again, bit for bit, by a new program",
    "[nn][capture]") {
  const ScratchFolder folder;
  const auto path = folder / "step.safetensors";
  Training first(1);
  Rng data(7), noise(8);
  double loss = 0;
  std::vector<double> after;
  for (int step = 0; step < 5; ++step) {
    const Tensor x = data.normal({3, 6}, DType::f32);
    if (step == 3) {
      nn::Capture before = nn::capture(first.network, &first.adam);
      before.inputs = {{"x", x}};
      before.rngs = {{"noise", noise.state()}};
      before.notes = {{"program", "capture.test"}};
      first.adam.set_lr(0.5);  // later changes do not reach the capture
      nn::save_capture(path, before);
      first.adam.set_lr(1e-2);
    }
    const double now = first.step(x, noise);
    if (step != 3) continue;
    loss = now;
    after = first.numbers();
  }

  Training second(99);
  second.adam.set_lr(0.7);
  const nn::Capture again = nn::load_capture(path);
  nn::restore(again, second.network, &second.adam);
  Rng same_noise = again.rng("noise");
  CHECK(second.step(again.input("x"), same_noise) == loss);
  CHECK(second.numbers() == after);
  CHECK(again.notes == nn::Metadata{{"program", "capture.test"}});
}

TEST_CASE("capture: seeds of 64 bits and odd learning rates survive the file", "[nn][capture]") {
  const ScratchFolder folder;
  Training t(1);
  nn::Capture c = nn::capture(t.network);
  c.lr = 0.1 + 0.2;
  c.rngs = {{"a", {.seed = 0xffff'ffff'ffff'fffe, .stream = 0x8000'0000'0000'0001, .draw = 3}}};
  nn::save_capture(folder / "c", c);
  const nn::Capture back = nn::load_capture(folder / "c");
  CHECK(back.lr == c.lr);
  CHECK(back.rngs == c.rngs);
  CHECK(back.optimizer.empty());
  CHECK(back.inputs.empty());
}

TEST_CASE("capture: one that does not fit the optimizer leaves the module alone, too",
          "[nn][capture]") {
  Training from(1), to(2);
  nn::Capture c = nn::capture(from.network, &from.adam);
  c.optimizer.pop_back();
  const std::vector<double> before = to.network.hidden.weight.value().to_vector();
  CHECK_THROWS_AS(nn::restore(c, to.network, &to.adam), DataError);
  CHECK(to.network.hidden.weight.value().to_vector() == before);
  c = nn::capture(from.network, &from.adam);
  c.lr = -1;
  CHECK_THROWS_AS(nn::restore(c, to.network, &to.adam), ConfigError);
  CHECK(to.network.hidden.weight.value().to_vector() == before);
}

TEST_CASE("capture: what is missing is named, with what is there", "[nn][capture]") {
  const ScratchFolder folder;
  Training t(1);
  nn::Capture c = nn::capture(t.network);
  c.inputs = {{"x", zeros({1})}, {"label", zeros({1})}};
  const auto text = [](auto fn) {
    try {
      fn();
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  check_contains(text([&] { (void)c.input("y"); }), "there is no input y");
  check_contains(text([&] { (void)c.input("y"); }), "the inputs are: x, label");
  check_contains(text([&] { (void)c.rng("noise"); }), "the generators are: none");
  check_contains(text([&] { nn::restore(c, t.network, &t.adam); }), "made without an optimizer");
  nn::save_tensors(folder / "other", {{"x", zeros({1})}});
  check_contains(text([&] { nn::load_capture(folder / "other"); }),
                 "other: this is no captured step");
  nn::save_tensors(folder / "broken", {{"x", zeros({1})}}, {{"tapestry.capture", "{\"lr\": 1}"}});
  check_contains(text([&] { nn::load_capture(folder / "broken"); }), "cannot be read");
}

TEST_CASE("capture: a number that is no state of a generator is refused", "[nn][capture]") {
  const ScratchFolder folder;
  for (const char* state :
       {"[1.5, 2, 3]", "[1, -2, 3]", "[1, 2, 1e30]", "[1, 2]", "[1, 2, \"3\"]"}) {
    INFO(state);
    const std::string text = std::string("{\"lr\": 1, \"rngs\": {\"noise\": ") + state + "}}";
    nn::save_tensors(folder / "c", {{"x", zeros({1})}}, {{"tapestry.capture", text}});
    CHECK_THROWS_AS(nn::load_capture(folder / "c"), DataError);
  }
}
