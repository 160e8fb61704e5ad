#include "vae/analysis/probe.hpp"

#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"

namespace tapestry::vae {

std::unique_ptr<nn::Mlp> train_probe(const Tensor& rows, const Tensor& labels, std::int64_t classes,
                                     const ProbeOptions& options) {
  check<ShapeError>(rows.rank() == 2 && labels.shape() == Shape{rows.dim(0)},
                    "train_probe: rows [N, D] and labels [N] are needed, but they are {} and {}",
                    rows.shape(), labels.shape());
  const DTypeScope as_rows(rows.dtype());
  std::vector<std::int64_t> sizes{rows.dim(1), classes};
  if (options.hidden > 0) sizes.insert(sizes.begin() + 1, options.hidden);
  auto probe = std::make_unique<nn::Mlp>(sizes, Activation::relu, Activation::none);
  const Rng rng(options.seed);
  nn::init::torch_default(*probe, rng.stream("init"));
  nn::Adam adam(probe->parameters());
  Rng choice = rng.stream("choice");
  const auto label = labels.view<std::int32_t>();
  std::vector<std::int32_t> batch(256), chosen_label(256);
  for (int step = 0; step < options.steps; ++step) {
    adam.set_lr(options.rate * (1 - static_cast<double>(step) / options.steps));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i] = static_cast<std::int32_t>(choice.below(rows.dim(0)));
      chosen_label[i] = label[static_cast<std::size_t>(batch[i])];
    }
    const Tensor x = take_rows(rows, index_tensor(batch, {std::ssize(batch)}));
    adam.zero_grad();
    Tape tape;
    const Tensor log_p = log_softmax((*probe)(x));
    tape.backward(-mean(gather(log_p, 1, index_tensor(chosen_label, {std::ssize(batch), 1}))));
    adam.step();
  }
  return probe;
}

double probe_accuracy(nn::Mlp& probe, const Tensor& rows, const Tensor& labels) {
  const NoGrad no_grad;
  const Tensor found = argmax(probe(rows)).to(DType::f64);
  return mean(equal(found, labels.to(DType::f64)).to(DType::f64)).item();
}

}  // namespace tapestry::vae
