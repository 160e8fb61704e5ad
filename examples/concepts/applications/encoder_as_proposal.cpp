// encoder_as_proposal: a trained encoder is a wise proposal for log p(x) where it covers p(z|x)
// C67, UDL equation 17.28 (the encoder's q(z|x) is a wise choice)
//
//     p(x) ~ 1/N sum_n p(x|z_n) p(z_n) / q(z_n|x),    z_n ~ q(z|x) of an encoder that has learned the bound
//
// Two models whose log p(x) is known, each with an encoder trained by the bound alone. On PPCA p(z|x) has one
// top, and the encoder is wise. On the curve it has several. There the bound asks q to stay inside p(z|x), on
// one of them: the weights look even, and log p(x) comes out too low. The prior has noise, but no such blind
// spot; half of each has neither.
#include "concepts/applications/encoder_as_proposal.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Proposed draws_of_q(const prob::StandardNormal& prior, const prob::Normal&, const Draws& d) {
  return {d.of_q, prior.log_prob(d.of_q)};
}

Proposed not_divided(const prob::StandardNormal& prior, const prob::Normal&, const Draws& d) {
  return {d.of_prior, zeros_like(prior.log_prob(d.of_prior))};
}

Proposed by_sum(const prob::StandardNormal& prior, const prob::Normal& q, const Draws& d) {
  const Proposed right = by_both(prior, q, d);
  return {right.z, right.log_s + std::log(2.0)};
}

// --- claims

/// What stands for the prior and for both as proposals.
struct Proposals {
  Proposal prior, both;
};

/// The mean of log p(x) - exact, nats; the share of the x that are half a nat too low; the ESS.
struct Error {
  double mean, low, ess;
};

Error error(auto& of, Proposal s, const Tensor& x, std::int64_t n, Rng& rng) {
  const vae::LogPx e = of.estimate(s, x, n, rng);
  const Tensor off = e.log_px - of.model.log_px(x);
  return {.mean = mean(off).item(),
          .low = mean(where(less(off, -0.5), 1.0, zeros_like(off))).item(),
          .ess = mean(e.ess).item()};
}

void claims_of_ppca(Concept& c, auto& of, const Tensor& x, const Proposals& by, Rng& rng) {
  const Error wise = error(of, by_encoder, x, 100, rng),
              wasteful = error(of, by.prior, x, 100, rng);
  c.within("PPCA: effective samples of 100, encoder", wise.ess, c.choose(40, 30), 80);
  c.at_most("PPCA: effective samples of 100, prior", wasteful.ess, 8);
  c.within("PPCA: mean of log p(x) - exact, encoder", wise.mean, c.choose(-0.05, -0.2), 0);
  c.within("PPCA: mean of log p(x) - exact, prior", wasteful.mean, -0.8, -0.25);
}

void claims_of_curve(Concept& c, auto& of, const Tensor& x, const Proposals& by, Rng& rng) {
  const Error narrow = error(of, by_encoder, x, 100, rng), prior = error(of, by.prior, x, 100, rng),
              both = error(of, by.both, x, 50, rng);
  c.at_least("curve: effective samples of 100, encoder", narrow.ess, 50);
  c.within("curve: share of the x half a nat too low, encoder", narrow.low, 0.2, 0.45);
  c.within("curve: the same, prior", prior.low, 0.03, 0.12);
  c.within("curve: the same, half of each", both.low, 0, 0.08);
  c.within("curve: mean of log p(x) - exact, encoder", narrow.mean, -1.2, -0.4);
  c.within("curve: mean of log p(x) - exact, half of each", both.mean, -0.15, 0);
}

// --- picture

std::vector<Plot> picture(auto& of, const Tensor& x, Rng rng) {
  const auto dots = [&](const char* title, Proposal s, std::int64_t n) {
    const Tensor estimate = of.estimate(s, x, n, rng).log_px;
    return Plot(title, "log p(x), exact", "from 100 samples, nats")
        .dots("an x", of.model.log_px(x).to_vector(), estimate.to_vector())
        .line("exact", {-5, 0}, {-5, 0})
        .y_range(-8, 1)
        .key("top left");
  };
  return {dots("curve: a trained encoder", by_encoder, 100),
          dots("curve: half of it, half prior", by_both, 50)};
}

// --- program

void program(Concept& c) {
  const int steps = c.broken("untrained") ? 1 : c.choose(4000, 1500);
  const Proposals proposals{.prior = c.broken("draws_of_q")    ? draws_of_q
                                     : c.broken("not_divided") ? not_divided
                                                               : by_prior,
                            .both = c.broken("sum_of_both") ? by_sum : by_both};
  Rng fixed(1), rng = c.rng("test");
  Learned linear(vae::exact::Ppca::random(10, 3, 1.0, fixed), 10, 3);
  Learned curved(vae::exact::Curve::example(), 2, 1);
  linear.train(steps, c.rng("init"), c.rng("training"));
  curved.train(steps, c.rng("init"), c.rng("training"));
  const NoGrad no_grad;
  const std::int64_t n = c.choose(1000, 500);
  const Tensor x1 = linear.model.sample(rng, n).x, x2 = curved.model.sample(rng, n).x;
  claims_of_ppca(c, linear, x1, proposals, rng);
  claims_of_curve(c, curved, x2, proposals, rng);
  c.draw(picture(curved, x2, rng));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C67",
                         .title = "A trained encoder as the proposal",
                         .source = "UDL equation 17.28; models F2 and F3",
                         .mutants = {{"untrained", "the encoders have learned nothing"},
                                     {"draws_of_q", "draws of q are weighed as draws of the prior"},
                                     {"not_divided", "draws of the prior are not divided by p(z)"},
                                     {"sum_of_both", "the mixture of both has a mass of 2"}}},
                        program);
}
