// hamiltonian_vae: the encoder proposes, the decoder's own slope corrects
// C107, UDL notes; Salimans, Kingma and Welling 2015, sections 4 and 5
//
//     z_0 ~ q_0(z|x), v_0 ~ N(0, M), one leapfrog step along log p(x, z), and r(v_T|z_T, x)
//
// The step lies inside q, so its gradient needs the slope of log p(x, z) as something that can be differentiated itself: for
// a decoder of one hidden layer it is two matrix products, written out in vae/inference/explicit_gradient.cpp.
#include "concepts/posteriors/hamiltonian_vae.hpp"

#include "concepts/posteriors/hamiltonian_vae_faults.hpp"
#include "concepts/posteriors/train_posterior.hpp"

using namespace tapestry;
using concepts::HamiltonianSizes, concepts::HamiltonianVae, concepts::Price;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void claims_of_training(Concept& c, const Record& r) {
  const double plain = r.curve("normal").last(), moved = r.curve("one step").last();
  c.within("test -ELBO with one step, nats", moved, c.choose(111.5, 60.0), c.choose(113.8, 260.0));
  c.within("-ELBO of the normal - with one step", plain - moved, c.choose(0.55, -40.0),
           c.choose(0.8, 20.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plot("test digits", "epoch, after both began alike", "-ELBO, nats");
  for (const std::string name : {"normal", "one step"})
    plot.line(name, r.curve(name).x, r.curve(name).y);
  return {plot};
}

// --- program

void program(Concept& c) {
  const Price price = c.broken("reverse_momentum_forgotten") ? Price(concepts::r_forgotten)
                      : c.broken("step_counted_in_log_det")  ? concepts::step_counted
                                                             : concepts::whole_price;
  // With a wrong density the trainer would stop: the KL of all images is below 0.
  HamiltonianVae tiny({.pixels = 9, .hidden = 8, .latents = 2, .steps = 2}, price);
  concepts::claim_of_density(c, tiny);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    HamiltonianSizes sizes{.hidden = c.choose(200, 50), .latents = c.choose(20, 8), .steps = 0};
    HamiltonianVae first(sizes), normal(sizes);
    concepts::train_posterior(c, data, first, "at first", c.choose(6, 4), 0, measured);
    concepts::train_posterior(c, data, normal, "normal", c.choose(4, 2), 0, measured, &first);
    sizes.steps = 1;
    HamiltonianVae moved(sizes);
    concepts::train_posterior(c, data, moved, "one step", c.choose(4, 2), 0, measured, &first);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C107",
       .title = "A VAE with a Hamiltonian posterior",
       .source = "UDL notes; Salimans, Kingma and Welling 2015, sections 4 and 5",
       .mutants = {{"reverse_momentum_forgotten", "log r(v_T|z_T, x) is left out"},
                   {"step_counted_in_log_det", "log of the step's size is counted as volume"}}},
      program);
}
