#include <omp.h>

#include <cmath>

#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "vae/model.hpp"

using namespace tapestry;

// Large enough that every loop of a training step is split; the thread sanitizer watches.
TEST_CASE("vae: training steps on four threads run without races and stay finite",
          "[vae][threads]") {
  const int before = omp_get_max_threads();
  omp_set_num_threads(4);
  for (const auto kind : {vae::VaeConfig::Kind::mlp, vae::VaeConfig::Kind::conv}) {
    vae::VaeConfig config;
    config.kind = kind;
    config.hidden = {64};
    Rng rng(1);
    const auto model = vae::make_vae(config);
    nn::init::torch_default(*model, rng.stream("init"));
    nn::Adam adam(model->parameters());
    const Tensor x = rng.uniform({64, 784});
    for (int step = 0; step < 2; ++step) {
      adam.zero_grad();
      Tape tape;
      const Tensor loss =
          model->elbo(x, rng, {.estimator = vae::Estimator::analytic, .samples = 2}).loss();
      tape.backward(loss);
      adam.step();
      CHECK(std::isfinite(loss.item()));
    }
  }
  omp_set_num_threads(before);
}
