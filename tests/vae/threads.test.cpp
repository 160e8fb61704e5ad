#include <cmath>

#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"
#include "vae/models/vae_config.hpp"

using namespace tapestry;

// Large enough that every loop of a training step is split; the thread sanitizer watches.
TEST_CASE("vae: training steps on four threads run without races and stay finite",
          "[vae][threads]") {
  const test::KeepThreads keep;
  set_threads(4);
  for (const auto kind : {vae::VaeConfig::Kind::mlp, vae::VaeConfig::Kind::conv}) {
    vae::VaeConfig config;
    config.kind = kind;
    config.hidden = {64};
    Rng rng(1);
    const vae::AnyVae model = vae::make_vae(config);
    nn::init::torch_default(*model.module, rng.stream("init"));
    nn::Adam adam(model.module->parameters());
    const Tensor x = rng.uniform({64, 784});
    for (int step = 0; step < 2; ++step) {
      adam.zero_grad();
      Tape tape;
      const Tensor loss = model.objective({.images = x}, rng, {.samples = 2}).loss();
      tape.backward(loss);
      adam.step();
      CHECK(std::isfinite(loss.item()));
    }
  }
}
