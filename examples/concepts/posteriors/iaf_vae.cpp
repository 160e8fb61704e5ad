// iaf_vae: digits with a posterior whose latents depend on each other
// C99, UDL notes; Kingma et al. 2016, section 4 and algorithm 1
//
//     E_q[ log p(x|z_T) + log p(z_T) - log q_0(z_0|x) + sum_t sum_i log sigma_t,i ]
//
// The same encoder and decoder with a diagonal normal and with two steps of a masked network of 320 units, compared by the
// bound and by log p(x) from 500 samples.
#include "concepts/posteriors/iaf_vae.hpp"

#include "concepts/posteriors/inverse_autoregressive_flow_faults.hpp"
#include "concepts/posteriors/train_posterior.hpp"

using namespace tapestry;
using concepts::IafSteps, concepts::IafVae;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// In ten epochs the steps win less than the 0.5 and 0.3 nats that were expected, or lose: one seed ends on either side, as products
/// are rounded.
void claims_of_training(Concept& c, const Record& r) {
  const double diagonal = r.curve("diagonal").last(), flow = r.curve("two steps").last();
  c.within("test -ELBO with two steps, nats", flow, c.choose(106.4, 60.0), c.choose(109.8, 260.0));
  c.within("-ELBO, diagonal - two steps", diagonal - flow, c.choose(-2.4, -20.0),
           c.choose(0.5, 20.0));
  c.within("log p(x), two steps - diagonal",
           r.number("two steps, log p(x)") - r.number("diagonal, log p(x)"), c.choose(-2.6, -20.0),
           c.choose(0.3, 20.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plot("test digits", "epoch", "-ELBO, nats");
  plot.y_range(105, 130);
  for (const std::string name : {"diagonal", "two steps"})
    plot.line(name, r.curve(name).x, r.curve(name).y);
  return {plot};
}

// --- program

void program(Concept& c) {
  const IafSteps steps = c.broken("log_det_left_out") ? concepts::log_det_left_out() : IafSteps{};
  // With a wrong density the trainer would stop: the KL of all images is below 0.
  IafVae tiny({.pixels = 9, .hidden = 8, .latents = 2, .width = 24}, steps);
  concepts::claim_of_density(c, tiny);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    for (const int T : {0, 2}) {
      IafVae model({.hidden = c.choose(300, 50),
                    .latents = c.choose(32, 8),
                    .width = c.choose(320, 32),
                    .steps = T});
      concepts::train_posterior(c, data, model, T == 0 ? "diagonal" : "two steps", c.choose(10, 6),
                                c.choose(500, 50), measured);
    }
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C99",
                         .title = "A VAE with inverse autoregressive flow",
                         .source = "UDL notes; Kingma et al. 2016, algorithm 1",
                         .mutants = {{"log_det_left_out", "log q(z_T) is taken for log q_0(z_0)"}}},
                        program);
}
