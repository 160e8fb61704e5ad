// planar_flow_vae: digits with a posterior that is bent ten times
// C98, UDL notes; Rezende and Mohamed 2015, equation 15 and section 6.2
//
//     E_q0[ log p(x|z_K) + log p(z_K) - log q_0(z_0|x) + sum_k log |1 + u^^T psi(z_k-1)| ]
//
// The same network with and without the steps. All numbers of the steps come from x. The trainer sees a posterior like
// any other: its samples come with their log density.
#include "concepts/posteriors/planar_flow_vae.hpp"
#include "concepts/posteriors/planar_flow_faults.hpp"
#include "concepts/posteriors/train_posterior.hpp"

using namespace tapestry;
using concepts::FlowVae, concepts::Move;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void claims_of_training(Concept& c, const Record& r) {
  const double flat = r.curve("normal").last(), bent = r.curve("ten steps").last();
  c.within("test -ELBO with ten steps, nats", bent, c.choose(100.7, 60.0), c.choose(102.8, 260.0));
  c.within("-ELBO of the normal - with ten steps", flat - bent, c.choose(1.7, -20.0),
           c.choose(2.4, 20.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plot("test digits", "epoch", "-ELBO, nats");
  plot.y_range(100, 120);
  for (const std::string name : {"normal", "ten steps"})
    plot.line(name, r.curve(name).x, r.curve(name).y);
  return {plot};
}

// --- program

void program(Concept& c) {
  const Move move = c.broken("prior_at_z0") ? Move(concepts::prior_at_z0) : concepts::planar;
  FlowVae tiny({.pixels = 9, .hidden = 8, .latents = 2, .steps = 3}, move);
  concepts::claim_of_density(c, tiny);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    for (const int K : {0, 10}) {
      FlowVae model({.hidden = c.choose(400, 60), .latents = c.choose(40, 10), .steps = K}, move);
      concepts::train_posterior(c, data, model, K == 0 ? "normal" : "ten steps", c.choose(10, 6), 0,
                                measured);
    }
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C98",
                         .title = "A VAE with planar flows",
                         .source = "UDL notes; Rezende and Mohamed 2015, equation 15",
                         .mutants = {{"prior_at_z0", "log p(z_0) in the place of log p(z_K)"}}},
                        program);
}
