// gibbs_inequality: nobody is surprised less than the one who knows P
// C08, Pyro/VAE notes S2, section on Gibbs' inequality
//
//     H(P) <= H(P, Q),      -sum_x P log P  <=  -sum_x P log Q       with equality only for Q = P
//
// Said for codes: the shortest code for messages from P is the one made for P. Said for learning:
// the model that predicts best on average is the truth, so maximum likelihood aims at it.
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/concept/concept.hpp"
#include "support/plot/simplex.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using support::Simplex;

namespace {

// --- model

Tensor entropy(const Tensor& P) { return -sum(P * log(P), -1); }
Tensor cross_entropy(const Tensor& P, const Tensor& Q) { return -sum(P * log(Q), -1); }

/// Scores of the outcomes become a distribution: what is drawn or learned below.
Tensor belief(const Tensor& scores) { return softmax(scores); }

const std::vector<double> kP = {0.5, 0.3, 0.2};

// --- wrong versions

Tensor cross_entropy_swapped(const Tensor& P, const Tensor& Q) { return cross_entropy(Q, P); }
/// Each outcome by itself: no distribution, the numbers sum to anything.
Tensor belief_by_sigmoid(const Tensor& scores) { return sigmoid(scores); }

// --- claims

void claims(Concept& c, const auto& H, const auto& Q_of) {
  Rng rng = c.rng("pairs");
  const std::int64_t n = c.choose(10000, 1000);
  const Tensor P = softmax(2.0 * rng.normal({n, 6})), Q = Q_of(2.0 * rng.normal({n, 6}));
  c.at_least("smallest H(P, Q) - H(P) of random pairs", -max(-(H(P, Q) - entropy(P))).item(), 1e-4);
  c.identity("Q = P: largest |H(P, Q) - H(P)|", max(abs(H(P, P) - entropy(P))).item(), 0);
  // Strict however near: a step d from P costs about sum d^2 / (2 P).
  const Tensor p = tensor(kP, {3}), d = 1e-4 * tensor({1.0, 1.0, -2.0});
  c.within("gap a small step from P / (sum d^2 / (2 P))",
           (H(p, p + d) - entropy(p)).item() / sum(square(d) / (2.0 * p)).item(), 0.99, 1.01);
}

/// Descent on H(P, Q) over Q finds P. Returns its path.
std::vector<Tensor> claims_of_descent(Concept& c, const auto& H, const auto& Q_of) {
  const Tensor p = tensor(kP, {3});
  Tensor a = tensor({-1.5, -1.0, 2.0});
  std::vector<Tensor> path;
  for (int step = 0; step < 500; ++step) {
    Tape tape;
    const Tensor logits = tape.watch(a), q = Q_of(logits);
    tape.backward(H(p, q));
    path.push_back(q.detach());
    a = a - tape.grad(logits);
  }
  c.exact("minimum over Q: largest |Q - P|", max(abs(Q_of(a) - p)).item(), 0, 1e-5);
  c.exact("minimum over Q: H(P, Q) = H(P)", H(p, Q_of(a)).item(), entropy(p).item());
  return path;
}

// --- picture

std::vector<Plot> picture(const std::vector<Tensor>& path) {
  const std::vector<double> heads = support::grid(0.01, 0.99, 200);
  const Tensor coin = tensor({0.3, 0.7}), p = tensor(kP, {3});
  const double least = entropy(coin).item();
  const auto of_coin = [&](double q) { return cross_entropy(coin, tensor({q, 1 - q})).item(); };
  return {Plot("a coin with 0.3 for heads", "Q(heads)", "nats")
              .line("H(P, Q)", heads, support::each(heads, of_coin))
              .dashed("H(P)", {0, 1}, {least, least})
              .points("Q = P", {0.3}, {least})
              .y_range(0, 3)
              .key("top center"),
          Simplex("H(P, Q) - H(P), three outcomes (darker is more)",
                  [&](const Tensor& q) { return (cross_entropy(p, q) - entropy(p)).item(); })
              .point("start", path.front())
              .line("descent on H(P, Q)", path)
              .point("P", p)
              .plot()};
}

// --- program

void program(Concept& c) {
  const auto H = c.broken("swapped") ? cross_entropy_swapped : cross_entropy;
  const auto Q_of = c.broken("sigmoid") ? belief_by_sigmoid : belief;
  claims(c, H, Q_of);
  c.draw(picture(claims_of_descent(c, H, Q_of)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C08",
       .title = "Gibbs' inequality",
       .source = "Pyro/VAE notes S2, section on Gibbs' inequality",
       .mutants = {{"swapped", "H(Q, P) in place of H(P, Q)"},
                   {"sigmoid", "a sigmoid for each outcome where a softmax belongs"}}},
      program);
}
