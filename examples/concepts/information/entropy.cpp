// entropy: the surprise to expect, and the distribution that surprises most
// C02, Pyro/VAE notes S2, section on entropy
//
//     H(P) = E_P[-log P(x)] = -sum_x P(x) log P(x)
//
// Each surprise counts as often as it happens. Over K outcomes H lies between 0 (one outcome is
// certain) and log K (all are alike); climbing its gradient from anywhere ends at the uniform one.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/plot/simplex.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using support::Simplex;

namespace {

// --- model

/// H of each row of P = softmax(logits), in nats.
Tensor entropy(const Tensor& logits) {
  const Tensor log_p = log_softmax(logits);
  return -sum(exp(log_p) * log_p, -1);
}

/// Gradient ascent on H: where P was at each step, [steps + 1, K].
std::vector<Tensor> climb(Tensor logits, double step_size, int steps) {
  std::vector<Tensor> path = {softmax(logits)};
  for (int step = 0; step < steps; ++step) {
    Tape tape;
    const Tensor a = tape.watch(logits);
    tape.backward(entropy(a));
    logits = logits + step_size * tape.grad(a);
    path.push_back(softmax(logits));
  }
  return path;
}

// --- wrong versions

/// The mean over outcomes, as if all came up equally often.
Tensor unweighted(const Tensor& logits) { return -mean(log_softmax(logits), -1); }

// --- claims

void claims(Concept& c, const auto& H, const std::vector<Tensor>& path) {
  double worst = 0;
  for (std::int64_t k = 1; k <= 100; ++k) {
    worst = std::max(worst, std::fabs(H(zeros({k})).item() - std::log(static_cast<double>(k))));
  }
  c.identity("uniform over K = 1..100: largest |H - log K|", worst, 0);

  Rng rng = c.rng("distributions");
  const Tensor random = H(2.0 * rng.normal({c.choose(10000, 1000), 6}));
  c.at_least("smallest H of random P over 6 outcomes", -max(-random).item(), 0);
  c.at_most("largest H of them: log 6 at most", max(random).item(), std::log(6.0));

  const Tensor logits = log(tensor({0.5, 0.25, 0.15, 0.07, 0.03}));
  const prob::Categorical p(logits);
  const Tensor x = p.sample(rng, {c.choose(200000, 20000)});
  c.monte_carlo("mean of -log P(x) over samples", prob::estimate(-p.log_prob(x)), H(logits).item(),
                0.01);
  c.exact("the ascent ends at 1/3 each: largest distance", max(abs(path.back() - 1.0 / 3)).item(),
          0, 1e-4);
}

// --- picture

std::vector<Plot> picture(const std::vector<Tensor>& path) {
  const std::vector<double> heads = support::grid(0.001, 0.999, 201);
  const auto of_coin = [](double q) { return entropy(log(tensor({q, 1 - q}))).item(); };
  return {Plot("a coin surprises most when it is fair", "probability of heads", "entropy, nats")
              .line("H(p, 1 - p)", heads, support::each(heads, of_coin))
              .dashed("log 2", {0, 1}, {std::log(2.0), std::log(2.0)})
              .y_range(0, 0.8)
              .key("bottom center"),
          Simplex("climbing the entropy of three outcomes (darker is more)",
                  [](const Tensor& P) { return entropy(log(P)).item(); })
              .point("start", path.front())
              .line("ascent", path)
              .point("end: uniform", path.back())
              .plot()};
}

// --- program

void program(Concept& c) {
  const auto H = c.broken("unweighted") ? unweighted : entropy;
  const double step_size = c.broken("descent") ? -0.5 : 0.5;
  const std::vector<Tensor> path = climb(tensor({-2.0, 3.0, 0.2}), step_size, 200);
  claims(c, H, path);
  c.draw(picture(path));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C02",
                         .title = "entropy is the surprise to expect",
                         .source = "Pyro/VAE notes S2, section on entropy",
                         .mutants = {{"unweighted", "surprises averaged without their weights P"},
                                     {"descent", "the sign of the update is wrong"}}},
                        program);
}
