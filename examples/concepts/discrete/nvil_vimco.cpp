// nvil_vimco: nets of bits learn digits from gradients that pass no draw
// C136, Mnih and Gregor 2014; Mnih and Rezende 2016; Bornschein and Bengio 2015
//
//     NVIL     (log w - C(x)) d log q          a baseline that is learned
//     VIMCO    (L - L_-k) d log q_k            a baseline from the other draws
//     RWS      w~_k (d log p_k + d log q_k)    no signal at all: two aims
//
// The same net by each, and by wake-sleep. The objectives are in nvil_vimco.hpp.
#include "concepts/discrete/nvil_vimco_faults.hpp"
#include "concepts/discrete/train_bits.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// The same net by each, from the same start.
void train_all(const Concept& c, const nn::ImageDataset& data, const BitSteps& by, Record& r) {
  const std::int64_t draws = 5, batch = c.choose(50, 20);
  const auto net_by = [&](const std::string& name, const auto& objective) {
    BeliefNet net(two_layers_of_bits(c));
    const auto play = [&](const nn::Batch& b, Rng& rng) {
      return objective(net, b.images, rng, draws);
    };
    train_bits(c, name, net, net, play, data, batch, r);
  };
  net_by("VIMCO", [&](auto&&... of) { return vimco(of..., by); });
  net_by("RWS", reweighted_wake_sleep);
  net_by("wake-sleep", wake_sleep);
  NvilNet both(two_layers_of_bits(c));
  const auto play = [&](const nn::Batch& b, Rng& rng) { return nvil(both, b.images, rng, draws); };
  train_bits(c, "NVIL", both, both.net, play, data, batch, r);
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
