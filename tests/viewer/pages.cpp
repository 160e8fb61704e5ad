// Writes the pages that viewer_test.mjs opens, and what the tape itself says of the first of them.
//
//   viewer_pages FOLDER
//
//   vae.html, vae.json   one training step of mnist_vae: its model, its batch size, drawn digits
//   tape.json            the numbers of that tape after Tape::backward
//   steps.html           two steps compared
//   nan.html             a gradient that becomes NaN
//   wrong.html           a backward function with a wrong sign
//   calls.html           one module called two hundred times
//   large.html           a tape of 10,000 nodes

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/autograd.hpp"
#include "autograd/backward.hpp"
#include "autograd/debug/trace/html.hpp"
#include "nn/data/batcher.hpp"
#include "nn/data/strokes.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/optim/adam.hpp"
#include "vae/models/mlp.hpp"

using namespace tapestry;
namespace fs = std::filesystem;

namespace {

nlohmann::json numbers(const Tensor& x) {
  if (!x.defined()) return nullptr;
  const debug::Stats s = debug::stats(x);
  return {{"min", s.min}, {"mean", s.mean}, {"max", s.max}, {"norm", s.norm}};
}

/// What the tape holds after its own reverse sweep.
void write_numbers(Tape& tape, const Tensor& loss, const fs::path& path) {
  tape.backward(loss);
  nlohmann::json nodes;
  for (const Node& n : tape.nodes()) {
    nodes.push_back({{"op", n.op ? n.op->name : ""},
                     {"line", fmt::format("{}:{}", n.src.file, n.src.line)},
                     {"value", numbers(n.out)},
                     {"gradient", numbers(n.grad)}});
  }
  std::ofstream(path) << nodes.dump(1);
}

void write_vae(const fs::path& folder) {
  Rng rng(1);
  vae::MlpVae model({});
  nn::init::torch_default(model, rng.stream("init"));
  nn::Adam adam(model.parameters(), {.lr = 1e-3});
  const nn::ByteImages images = nn::draw_strokes(1, 0, 256);
  nn::Batcher batches(images, rng.stream("batches"),
                      {.batch = 128, .binarize = nn::Binarize::dynamic});
  Rng noise = rng.stream("noise");

  std::vector<debug::Trace> traces;
  for (const nn::Batch& batch : batches.epoch()) {
    model.zero_grad();
    Tape tape({.keep = Keep::all});
    const Tensor loss = vae::elbo(model, batch.images, noise).loss().named("loss");
    traces.push_back(
        debug::trace(tape, loss, {.title = fmt::format("mnist_vae, step {}", traces.size() + 1)}));
    if (traces.size() == 1) {
      write_numbers(tape, loss, folder / "tape.json");
    } else {
      tape.backward(loss);
    }
    adam.step();
  }
  debug::write_html(traces[0], folder / "vae.html");
  debug::write_json(traces[0], folder / "vae.json");
  debug::write_html(traces[0], traces[1], folder / "steps.html");
}

// sqrt'(0) is infinite, and the mask multiplies it by 0: the gradient is NaN where the value is 0.
void write_nan(const fs::path& folder) {
  Parameter w("w", tensor({{0.5, 0.0, 2.0}, {1.0, 0.0, 3.0}}));
  Tape tape({.keep = Keep::all});
  const Tensor root = sqrt(w).named("root");
  const Tensor mask = tensor({{1.0, 0.0, 1.0}, {1.0, 0.0, 1.0}});
  const Tensor loss = sum(root * mask).named("loss");
  debug::write_html(debug::trace(tape, loss, {.title = "a masked square root"}),
                    folder / "nan.html");
}

void back_copy(BackwardCtx& c) { c.accumulate(0, -c.dout()); }

void write_wrong(const fs::path& folder) {
  constexpr OpInfo kCopy{"copy",
                         "x",
                         "y = x",
                         "dx += dy",
                         [](Inputs in, const Attrs&, Tensor*) { return in[0].clone(); },
                         back_copy,
                         kSaveNothing,
                         nullptr};
  Parameter w("w", tensor({0.5, 2.0}));
  Tape tape({.keep = Keep::all});
  const Tensor loss = sum(apply(kCopy, {softmax(w, 0)})).named("loss");
  debug::write_html(debug::trace(tape, loss, {.title = "a wrong sign"}), folder / "wrong.html");
}

void write_calls(const fs::path& folder) {
  struct Net : nn::Module {
    nn::Child<nn::Linear> cell{*this, "cell", 3, 3, Activation::tanh};
  } net;
  nn::init::torch_default(net, Rng(1));
  Tape tape({.keep = Keep::all});
  Tensor h = ones({1, 3});
  for (int step = 0; step < 200; ++step) h = net.cell(h);
  const Tensor loss = sum(h).named("loss");
  debug::write_html(debug::trace(tape, loss, {.title = "two hundred calls"}),
                    folder / "calls.html");
}

// 714 blocks of 14 nodes and a few around them.
void write_large(const fs::path& folder) {
  Parameter w("w", tensor({0.5, -0.25, 0.125}));
  Tape tape({.keep = Keep::all});
  Tensor x = w * 1.0;
  for (int block = 0; block < 714; ++block) {
    const Scope outer(fmt::format("blocks.{}", block));
    Tensor h = x;
    {
      const Scope inner(fmt::format("blocks.{}.mix", block));
      h = tanh(h * w) + h * 0.9;
      h = h - mean(h);
    }
    {
      const Scope inner(fmt::format("blocks.{}.gate", block));
      h = h * sigmoid(h) + exp(-square(h));
    }
    x = h * 0.9;
  }
  const Tensor loss = sum(square(x)).named("loss");
  fmt::print("large.html: {} nodes\n", tape.nodes().size());
  debug::write_html(debug::trace(tape, loss, {.title = "a long tape"}), folder / "large.html");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: viewer_pages FOLDER\n");
    return 2;
  }
  const fs::path folder = argv[1];
  fs::create_directories(folder);
  write_vae(folder);
  write_nan(folder);
  write_wrong(folder);
  write_calls(folder);
  write_large(folder);
  return 0;
}
