// bidirectional_helmholtz: a net that goes down and a net that goes up meet halfway, and both learn from where they do
// C129, Bornschein, Shabanian, Fischer and Bengio 2016, sections 2 to 4; UDL, notes of chapter 17
//
//     log p(x)  >=  log p~*(x) = 2 log sum_h sqrt(p(x, h) q(h|x))  >=  ELBO
//     d log p~*(x) = E_p*(h|x)[d log p(x, h) + d log q(h|x)]
//     p*(x) = p~*(x) / Z^2
//
// Against wake-sleep, with the same nets of bits. Draws of p become draws of p* by Gibbs sweeps. The model is in
// bidirectional_helmholtz.hpp.
#include "concepts/discrete/bidirectional_helmholtz_faults.hpp"
#include "nn/init.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// ELBO, log p~* and log p of test images by draws of q; log Z by dreams.
void measure(const Concept& c, BeliefNet& net, const nn::ImageDataset& data,
             const std::string& name, Record& r) {
  const NoGrad no_grad;
  Rng rng = c.rng("measure");
  const std::int64_t images = c.choose(500, 60), draws = c.choose(500, 50), batch = 20;
  for (std::int64_t first = 0; first < images; first += batch) {
    const Tensor x = data.range(nn::Part::test, first, batch, rng).images;
    const Tensor log_w = net.log_weights(x, rng, draws);
    for (const auto& [bound, alpha] : {std::pair{"ELBO", 1.0}, {"log p~*", 0.5}, {"log p", 0.0}})
      r.numbers[name + ", " + bound] +=
          sum(vae::renyi_bound(log_w, alpha)).item() / static_cast<double>(images);
  }
  const Tensor terms = log_z2_terms(net, c.choose(5000, 500), rng, 10);
  r.numbers[name + ", log Z^2"] = prob::log_mean_exp(reshape(terms, {-1})).item();
  r.numbers[name + ", log p*"] = r.number(name + ", log p~*") - r.number(name + ", log Z^2");
}

std::unique_ptr<BeliefNet> train(const Concept& c, const nn::ImageDataset& data,
                                 const std::string& name, const auto& objective, Record& r) {
  const std::vector<std::int64_t> full{784, 200, 100, 50}, quick{784, 40, 20};
  auto net = std::make_unique<BeliefNet>(c.choose(full, quick));
  nn::init::torch_default(*net, c.rng("init"));
  const int samples = c.choose(10, 5);
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    return objective(*net, b.images, rng, samples);
  };
  const auto note = [&](const vae::EpochReport& e) {
    r.add(name, e.epoch, e.test.bound);
    c.keep(r, fmt::format("{}, epoch {}: bound {:.2f}", name, e.epoch, e.test.bound));
  };
  support::train(*net, play, data, {c.choose(10, 6), 100, c.choose(2e-3, 1e-2), c.seed()}, note);
  measure(c, *net, data, name, r);
  return net;
}

/// log p~* of samples, after sweeps from p towards p*; returns the samples at each look.
std::vector<Tensor> sweeps(const Concept& c, BeliefNet& net, Record& r) {
  Rng rng = c.rng("sweeps");
  std::vector<Tensor> seen;
  Tensor x = net.dream(100, rng)[0];
  for (int done = 0; done <= c.choose(100, 10); ++done) {
    if (done == 0 || done == 10 || done == 100) {
      const NoGrad no_grad;
      const Tensor log_w = net.log_weights(x, rng, 100);
      r.add("log p~* of samples", done, mean(vae::renyi_bound(log_w, 0.5)).item());
      seen.push_back(x);
    }
    x = sweep(net, x, rng, 10);
  }
  return seen;
}

void claims_of_training(Concept& c, const Record& r) {
  const auto band = [&](const std::string& name, double value, double full, double quick) {
    c.within(name, value, c.choose(0.85 * full, quick - 20), c.choose(1.15 * full, quick + 20));
  };
  band("-log p, nats a test digit", -r.number("BiHM, log p"), 96.0, 190);
  band("log p, BiHM - wake-sleep", r.number("BiHM, log p") - r.number("wake-sleep, log p"), 6.02,
       6);
  band("-log Z^2", -r.number("BiHM, log Z^2"), 8.40, 20);
  const auto& y = r.curve("log p~* of samples").y;
  c.within("log p~*, after 10 sweeps - before", y[1] - y[0], c.choose(20, -5), c.choose(38, 35));
}

// --- picture

std::vector<Plot> drawn(const std::vector<Tensor>& seen) {
  std::vector<Plot> panels;
  for (std::size_t i = 0; i < seen.size(); ++i)
    panels.push_back(
        Plot(i == 0 ? "draws of p" : fmt::format("after {} sweeps", i == 1 ? 10 : 100), "", "")
            .images(slice(seen[i], 0, 0, 20).with_shape({20, 28, 28}), 5));
  return panels;
}

Plot four_numbers(const Record& r) {
  const std::vector<std::string> bounds{"ELBO", "log p~*", "log p", "log p*"};
  Plot plot("test digits: above the ELBO of wake-sleep", "", "nats");
  for (const std::string name : {"BiHM", "wake-sleep"}) {
    std::vector<double> heights;
    for (const std::string& bound : bounds)
      heights.push_back(r.number(name + ", " + bound) - r.number("wake-sleep, ELBO"));
    plot.bars(name, heights);
  }
  return plot.names(bounds).key("top left");
}

// --- program

void program(Concept& c) {
  const auto objective = c.broken("fixed_draws") ? helmholtz_of_fixed_draws : helmholtz;
  const DTypeScope f32(DType::f32);
  std::vector<Plot> panels;
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 100);
    data.binarize = nn::Binarize::threshold;
    measured.data_rule = c.choose("MNIST, thresholded pixels", "drawn digits, thresholded pixels");
    const auto net = train(c, data, "BiHM", objective, measured);
    train(c, data, "wake-sleep", wake_sleep, measured);
    panels = drawn(sweeps(c, *net, measured));
  });
  claims_of_training(c, r);
  panels.push_back(four_numbers(r));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C129",
       .title = "The bidirectional Helmholtz machine",
       .source = "Bornschein et al. 2016, equations 2 to 9; UDL 17",
       .mutants = {{"fixed_draws", "the gradient leaves out that q drew what is weighed"}}},
      program);
}
