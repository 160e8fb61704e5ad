// cross_entropy_split: what one pays is what one must pay plus the price of a wrong belief
// C05, Pyro/VAE notes S2, section on KL and cross-entropy
//
//     H(P, Q) = H(P) + KL(P || Q)
//
// H(P) is there whatever Q is; KL is what a better Q could still save. It is why a classifier's loss
// on noisy labels does not go to 0, and why a loss alone does not tell how good a model is.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

// Of each row of P and Q [n, K], in nats.
Tensor entropy(const Tensor& P) { return -sum(P * log(P), -1); }
Tensor cross_entropy(const Tensor& P, const Tensor& Q) { return -sum(P * log(Q), -1); }
Tensor kl(const Tensor& P, const Tensor& Q) { return sum(P * log(P / Q), -1); }

// --- wrong versions

Tensor kl_reversed(const Tensor& P, const Tensor& Q) { return kl(Q, P); }
Tensor kl_in_bits(const Tensor& P, const Tensor& Q) { return kl(P, Q) / std::log(2.0); }

// --- claims

void claims(Concept& c, const auto& KL) {
  Rng rng = c.rng("pairs");
  const std::int64_t n = c.choose(10000, 1000);
  const Tensor P = softmax(2.0 * rng.normal({n, 6})), Q = softmax(2.0 * rng.normal({n, 6}));
  c.identity("largest |H(P, Q) - H(P) - KL(P || Q)| of random pairs",
             max(abs(cross_entropy(P, Q) - entropy(P) - KL(P, Q))).item(), 0);
  const auto of = [](const Tensor& p) { return prob::Categorical::from_probs(p); };
  c.identity("largest |KL - the library's KL|", max(abs(KL(P, Q) - prob::kl(of(P), of(Q)))).item(),
             0);
  // The pairs do differ, or the identity would say little.
  c.at_least("mean KL of the pairs", mean(KL(P, Q)).item(), 0.5);
  c.identity("Q = P: all that is left is H(P)", max(abs(cross_entropy(P, P) - entropy(P))).item(),
             0);
}

// --- picture

/// One P, and beliefs that move away from it towards the wrong outcome.
std::vector<Plot> picture() {
  const Tensor P = tensor({0.6, 0.25, 0.1, 0.05}), wrong = tensor({0.02, 0.06, 0.12, 0.8});
  std::vector<Tensor> beliefs;
  std::vector<double> must, extra;
  for (const double t : {0.0, 0.4, 0.8, 1.0}) {
    beliefs.push_back((1 - t) * P + t * wrong);
    must.push_back(entropy(P).item());
    extra.push_back(kl(P, beliefs.back()).item());
  }
  return {Plot("the truth P and three beliefs", "outcome", "probability")
              .bars("P", P.to_vector())
              .bars("Q1", beliefs[1].to_vector())
              .bars("Q2", beliefs[2].to_vector())
              .bars("Q3", beliefs[3].to_vector())
              .names({"1", "2", "3", "4"})
              .y_range(0, 1)
              .key("top center"),
          Plot("cross-entropy H(P, Q) = the whole bar", "belief Q", "nats")
              .stacked()
              .bars("H(P): the same for all", must)
              .bars("KL(P || Q): the price of Q", extra)
              .names({"Q = P", "Q1", "Q2", "Q3"})
              .y_range(0, 4)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto KL = c.broken("reverse") ? kl_reversed : c.broken("bits") ? kl_in_bits : kl;
  claims(c, KL);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C05",
                         .title = "cross-entropy is entropy plus KL",
                         .source = "Pyro/VAE notes S2, section on KL and cross-entropy",
                         .mutants = {{"reverse", "KL(Q || P) in place of KL(P || Q)"},
                                     {"bits", "KL in bits, the rest in nats"}}},
                        program);
}
