// nvil_vimco: nets of bits learn digits from gradients that pass no draw
// C136, Mnih and Gregor 2014; Mnih and Rezende 2016; Bornschein and Bengio 2015
//
//     NVIL     (log w - C(x)) d log q          a baseline that is learned
//     VIMCO    (L - L_-k) d log q_k            a baseline from the other draws
//     RWS      w~_k (d log p_k + d log q_k)    no signal at all: two aims
//
// The same net by each, and by wake-sleep. The objectives are in nvil_vimco.hpp.
#include "concepts/discrete/nvil_vimco_faults.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/concept/images.hpp"
#include "vae/training/trainer.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// The bound by epoch and L_500 of test images, of a module that owns the net.
void train(const Concept& c, const nn::ImageDataset& data, const std::string& name,
           nn::Module& module, BeliefNet& net, const vae::Play& play, Record& r) {
  nn::init::torch_default(module, c.rng("net"));
  nn::Adam adam(module.parameters());
  const int epochs = c.choose(5, 3);
  const std::int64_t batch = c.choose(50, 20), steps = epochs * data.train.count / batch;
  vae::Trainer trainer({{name, module, adam, play, nn::schedule::cosine(2e-3, steps)}}, data,
                       {.epochs = epochs, .batch = batch, .seed = c.seed()});
  trainer.on_epoch = [&](const vae::EpochReport& e) {
    r.add(name, e.epoch, e.test.bound);
    c.keep(r, fmt::format("{}, epoch {}: bound {:.2f}, {:.0f} s", name, e.epoch, e.test.bound,
                          e.seconds));
  };
  trainer.run();
  const auto log_weights = [&](const nn::Batch& b, Rng& rng, int draws) {
    return net.log_weights(b.images, rng, draws);
  };
  r.numbers[name + ", L_500"] =
      vae::evaluate_log_px(net, log_weights, data, nn::Part::test, c.choose(500, 60), c.rng("test"),
                           c.choose(500, 50))
          .log_px;
}

void train_all(const Concept& c, const nn::ImageDataset& data, const BitSteps& by, Record& r) {
  const std::vector<std::int64_t> full{784, 200, 100}, quick{784, 40, 20},
      widths = c.choose(full, quick);
  const std::int64_t draws = 5;
  const auto net_by = [&](const std::string& name, const auto& objective) {
    BeliefNet net(widths);
    train(
        c, data, name, net, net,
        [&](const nn::Batch& b, Rng& rng) { return objective(net, b.images, rng, draws); }, r);
  };
  net_by("VIMCO", [&](auto&&... of) { return vimco(of..., by); });
  net_by("RWS", reweighted_wake_sleep);
  net_by("wake-sleep", wake_sleep);
  NvilNet both(widths);
  train(
      c, data, "NVIL", both, both.net,
      [&](const nn::Batch& b, Rng& rng) { return nvil(both, b.images, rng, draws); }, r);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto L = [&](const std::string& of) { return r.number(of + ", L_500"); };
  c.within("-L_500 by VIMCO, nats a test digit", -L("VIMCO"), c.choose(118, 150),
           c.choose(126, 260));
  const auto ahead = [&](const std::string& a, const std::string& b, double low, double high) {
    c.within("L_500, " + a + " - " + b, L(a) - L(b), c.choose(low, -15.0), c.choose(high, 40.0));
  };
  ahead("VIMCO", "NVIL", 6.9, 9.4);
  ahead("VIMCO", "RWS", -1, 0.6);
  ahead("RWS", "wake-sleep", 8.8, 12);
  ahead("NVIL", "wake-sleep", 1.2, 3);
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot bars("test digits: ahead of wake-sleep", "", "L_500, nats");
  std::vector<double> ahead;
  const std::vector<std::string> names{"NVIL", "VIMCO", "RWS"};
  for (const std::string& name : names)
    ahead.push_back(r.number(name + ", L_500") - r.number("wake-sleep, L_500"));
  return {bars.bars("", ahead).names(names).y_range(0, 12)};
}

// --- program

void program(Concept& c) {
  const BitSteps by{.vimco = c.broken("fixed_draws") ? bound_of_fixed_draws : vae::vimco_bound};
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 100);
    nn::keep_first(data, 20000, 1000);
    data.binarize = nn::Binarize::threshold;
    measured.data_rule =
        c.choose("MNIST, the first 20,000, thresholded pixels", "drawn digits, thresholded pixels");
    train_all(c, data, by, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C136",
       .title = "Nets of bits by NVIL, VIMCO and reweighted wake-sleep",
       .source = "Mnih and Gregor 2014; Mnih and Rezende 2016; Bornschein and Bengio 2015",
       .mutants = {{"fixed_draws", "the bound is differentiated at its draws as they are"}}},
      program);
}
