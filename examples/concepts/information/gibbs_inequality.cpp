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
#include "support/concept.hpp"
#include "support/simplex.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using support::Simplex;

namespace {

Tensor entropy(const Tensor& P) { return -sum(P * log(P), -1); }
Tensor cross_entropy(const Tensor& P, const Tensor& Q) { return -sum(P * log(Q), -1); }

void program(Concept& c) {
  const auto mean_surprise = [&](const Tensor& P, const Tensor& Q) {
    return c.broken("swapped") ? cross_entropy(Q, P) : cross_entropy(P, Q);
  };
  // Scores of each outcome by itself do not make a distribution: they sum to anything.
  const auto belief = [&](const Tensor& a) {
    return c.broken("sigmoid") ? sigmoid(a) : softmax(a);
  };

  Rng rng = c.rng("pairs");
  const std::int64_t n = c.choose(10000, 1000);
  const Tensor P = softmax(2.0 * rng.normal({n, 6})), Q = belief(2.0 * rng.normal({n, 6}));
  c.at_least("smallest H(P, Q) - H(P) of random pairs",
             -max(-(mean_surprise(P, Q) - entropy(P))).item(), 1e-4);
  c.identity("Q = P: largest |H(P, Q) - H(P)|", max(abs(mean_surprise(P, P) - entropy(P))).item(),
             0);
  // Strict however near: a step d from P costs about sum d^2 / (2 P).
  const Tensor p = tensor({0.5, 0.3, 0.2}), d = 1e-4 * tensor({1.0, 1.0, -2.0});
  c.within("gap a small step from P / (sum d^2 / (2 P))",
           (mean_surprise(p, p + d) - entropy(p)).item() / sum(square(d) / (2.0 * p)).item(), 0.99,
           1.01);

  // Whoever lowers H(P, Q) over Q finds P.
  Tensor a = tensor({-1.5, -1.0, 2.0});
  std::vector<Tensor> path;
  for (int step = 0; step < 500; ++step) {
    Tape tape;
    const Tensor logits = tape.watch(a), q = belief(logits);
    tape.backward(mean_surprise(p, q));
    path.push_back(q.detach());
    a = a - tape.grad(logits);
  }
  c.exact("minimum over Q: largest |Q - P|", max(abs(belief(a) - p)).item(), 0, 1e-5);
  c.exact("minimum over Q: H(P, Q) = H(P)", mean_surprise(p, belief(a)).item(), entropy(p).item());

  const std::vector<double> heads = support::grid(0.01, 0.99, 200);
  const Tensor coin = tensor({0.3, 0.7});
  const double least = entropy(coin).item();
  c.draw({Plot("a coin with 0.3 for heads", "Q(heads)", "nats")
              .line("H(P, Q)", heads,
                    support::each(heads,
                                  [&](double q) {
                                    return cross_entropy(coin, tensor({q, 1 - q})).item();
                                  }))
              .dashed("H(P)", {0, 1}, {least, least})
              .points("Q = P", {0.3}, {least})
              .y_range(0, 3)
              .key("top center"),
          Simplex("H(P, Q) - H(P), three outcomes (darker is more)",
                  [&](const Tensor& q) { return (cross_entropy(p, q) - entropy(p)).item(); })
              .point("start", path.front())
              .line("descent on H(P, Q)", path)
              .point("P", p)
              .plot()});
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
