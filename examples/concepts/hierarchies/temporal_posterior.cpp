// temporal_posterior: what a posterior of hidden states misses that does not look ahead
// C102, Gregor, Papamakarios, Besse, Buesing and Weber 2019; UDL, notes of chapter 17; model F7
//
//     p(z|x) = prod_t p(z_t | z_{t-1}, x_t .. x_T)
//     q(z|x) = prod_t q(z_t | z_{t-1}, x_t .. x_{t+w-1}),    a filter: q(z_t | z_{t-1}, x_1 .. x_t)
//
// Given the state before, the present one depends on x_t and on all x to come, and on nothing else. All of it is normal
// and linear in F7, so each gap E[log p(x) - ELBO] is known, with networks and without.
#include "concepts/hierarchies/temporal_posterior.hpp"

#include "concepts/hierarchies/train_sequences.hpp"
#include "prob/monte_carlo.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/chain_gap.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;
using vae::exact::Chain, vae::exact::ChainGap, vae::exact::WindowPosterior;

namespace {

constexpr std::int64_t kSteps = 20;  // of a sequence

// --- model

/// The best linear q with a window of `width` observations.
WindowPosterior best(const Chain& chain, const ChainGap& gap, std::int64_t width) {
  const WindowPosterior at = WindowPosterior::of(chain, width);
  Parameter carry("carry", at.carry), gain("gain", at.gain), root("root", at.root),
      first_gain("gain of z_1", at.start_gain), first_root("root of z_1", at.start_root);
  const auto q = [&]() -> WindowPosterior {
    return {recorded(carry), recorded(gain), recorded(root), recorded(first_gain),
            recorded(first_root)};
  };
  support::ascend({&carry, &gain, &root, &first_gain, &first_root}, [&] { return -gap.of(q()); },
                  {.steps = 400, .rate = 0.03});
  return q();
}

// --- wrong versions

/// Not optimised: exact steps, after a state before them that was drawn without knowing as much.
WindowPosterior exact_steps(const Chain& chain, const ChainGap&, std::int64_t width) {
  return WindowPosterior::of(chain, width);
}

/// The network has read backwards, its states were not put in order again: z_1 is given what x_T says.
std::vector<Tensor> future_upside_down(nn::Gru& rnn, const Tensor& x) {
  const std::vector<Tensor> h = future(rnn, x);
  return {h.rbegin(), h.rend()};
}

// --- claims

const std::vector<std::pair<std::int64_t, double>> kBest{
    {1, 0.427272}, {2, 0.211283}, {3, 0.113947}, {5, 0.042372}, {8, 0.023313}};

double a_step(const Tensor& nats) { return nats.item() / kSteps; }

void claims_of_the_chain(Concept& c, decltype(best)* best_of, Record& r) {
  const Chain chain = Chain::example();
  const ChainGap gap(chain, kSteps);
  c.exact("E log p(x), nats a step", -a_step(gap.entropy()), -0.965644);
  c.exact("gap, all numbers independent", a_step(gap.of_independent()), 0.441743);
  c.exact("gap, p(z_t|z_t-1, x_t) for q", a_step(gap.of(WindowPosterior::of(chain, 1))), 0.678870);
  c.exact("gap, best filter", a_step(gap.of_filter()), 0.371116);
  for (const auto& [width, expected] : kBest) {
    if (c.quick() && width > 2) continue;
    const double missed = a_step(gap.of(best_of(chain, gap, width)));
    c.exact(fmt::format("gap, best linear q that sees {} of x_t, x_t+1, ...", width), missed,
            expected, 1e-4);
    r.add("best", static_cast<double>(width), missed);
  }
}

/// Trains a posterior on sequences of F7, and notes its gap on others.
void measure(const Concept& c, const std::string& name, TemporalPosterior::Read read, Record& r) {
  const DTypeScope f32(DType::f32);
  const Chain chain = Chain::example();
  Rng train = c.rng("train"), test = c.rng("test"), rng = c.rng("measure");
  const Tensor x = chain.sample(test, 4000, kSteps).x;
  const nn::TensorDataset data({chain.sample(train, c.choose(20000, 2000), kSteps).x}, {x});
  TemporalPosterior q(chain, 32, read);
  const auto play = [&](const nn::Batch& b, Rng& noise) {
    const Tensor log_w = q.log_weight(b.images, noise);
    return vae::Objective{.value = log_w, .bound = log_w};
  };
  train_sequences(c, q, play, data, name, {c.choose(20, 12), c.choose(100, 50), 1e-2}, r);
  const NoGrad no_grad;
  const auto gap = prob::estimate((chain.log_px(x) - q.log_weight(x, rng)) / double{kSteps});
  r.numbers[name] = gap.mean.item();
  r.numbers[name + ", standard error"] = gap.standard_error.item();
}

void claims_of_networks(Concept& c, const Record& r) {
  const double filter = 0.371116, past = r.number("past"), future = r.number("future");
  const double error = r.number("past, standard error");
  c.within("gap of a network of the past - best filter's", past - filter, -4 * error,
           c.choose(0.02, 0.06));
  c.at_least("gap, best q of x_t alone - that of the past", 0.427272 - past, c.choose(0.03, 0.0));
  c.within("gap of a network of the future", future, 0.003, 0.1);
}

// --- picture

/// The unseen coordinate of one sequence, and what is known of it with and without the future.
Plot bands(Rng rng) {
  const Chain chain = Chain::example();
  const auto [z, x] = chain.sample(rng, 1, kSteps);
  const std::vector<double> t = support::grid(1, kSteps, kSteps);
  Plot plot("F7: the unseen coordinate of z_t", "step t", "");
  const auto add = [&](const std::string& name, const vae::exact::StatePath& path) {
    const Tensor mean = reshape(slice(path.mean, -1, 1, 2), {-1});
    const Tensor sd = sqrt(reshape(slice(slice(path.covariance, 1, 1, 2), 2, 1, 2), {-1}));
    plot.band(name, t, (mean - sd).to_vector(), (mean + sd).to_vector());
  };
  add("given the past: mean +- scale", kalman_filter(chain, x).path);
  add("given all of x", kalman_smoother(chain, x));
  plot.points("the state", t, reshape(slice(z, -1, 1, 2), {-1}).to_vector());
  return plot.y_range(-1.5, 4);
}

std::vector<Plot> picture(const Record& r, const Record& windows, const Rng& rng) {
  Plot ahead("the best q, by its window", "observations from x_t on", "gap, nats a step");
  const auto& of = windows.curve("best");
  ahead.line("x_t and what follows", of.x, of.y).points("", of.x, of.y);
  ahead.dashed("best filter: all until x_t", {1, 8}, {0.371116, 0.371116});
  Plot learned("two recurrent networks learn q", "epoch", "gap, nats a step");
  for (const std::string name : {"past", "future"}) {
    const auto& bound = r.curve(name);
    learned.line("reads the " + name, bound.x,
                 support::each(bound.y, [](double b) { return -0.965644 - b; }));
  }
  learned.dashed("best filter", {1, r.curve("past").x.back()}, {0.371116, 0.371116});
  return {bands(rng), ahead.y_range(0, 0.5), learned.y_range(0, 0.8)};
}

// --- program

void program(Concept& c) {
  const auto best_of = c.broken("steps_not_optimised") ? exact_steps : best;
  const auto read_past = c.broken("belief_sees_future") ? future : past;
  const auto read_future = c.broken("order_not_restored") ? future_upside_down : future;
  Record windows;
  claims_of_the_chain(c, best_of, windows);
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = "sequences of F7";
    measure(c, "past", read_past, measured);
    measure(c, "future", read_future, measured);
  });
  claims_of_networks(c, r);
  c.draw(picture(r, windows, c.rng("picture")));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C102",
       .title = "Posteriors in time: what looking ahead is worth",
       .source = "Gregor et al. 2019; UDL 17; model F7",
       .mutants = {{"steps_not_optimised", "each step exact by itself"},
                   {"belief_sees_future", "the network of the past reads the future"},
                   {"order_not_restored", "states of the backward network in reverse"}}},
      program);
}
