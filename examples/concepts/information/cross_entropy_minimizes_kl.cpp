// cross_entropy_minimizes_kl: a constant apart, the two losses have one gradient and one minimum
// C06, Pyro/VAE notes S2, section on KL and cross-entropy
//
//     grad_Q H(P, Q) = grad_Q [H(P) + KL(P || Q)] = grad_Q KL(P || Q)
//
// P is the data's and does not move. So who trains with cross-entropy brings Q as near to P as KL
// can tell, without knowing H(P); only the number reached, H(P) instead of 0, tells them apart.
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

Tensor entropy(const Tensor& P) { return -sum(P * log(P)); }
Tensor cross_entropy(const Tensor& P, const Tensor& Q) { return -sum(P * log(Q)); }
Tensor kl(const Tensor& P, const Tensor& Q) { return sum(P * log(P / Q)); }

struct Step {
  double loss;
  Tensor gradient, Q;
};

/// Gradient descent on loss(P, Q), Q = softmax(logits), from logits 0.
template <class Loss>
std::vector<Step> descend(const Loss& loss, const Tensor& P, int steps) {
  std::vector<Step> path;
  Tensor logits = zeros_like(P);
  for (int i = 0; i <= steps; ++i) {
    Tape tape;
    const Tensor a = tape.watch(logits);
    const Tensor Q = softmax(a), value = loss(P, Q);
    tape.backward(value);
    path.push_back({value.item(), tape.grad(a), Q.detach()});
    logits = logits - 0.5 * tape.grad(a);
  }
  return path;
}

// --- wrong versions

Tensor kl_reversed(const Tensor& P, const Tensor& Q) { return kl(Q, P); }
/// Written as a difference, with the entropy of the wrong distribution.
Tensor kl_with_entropy_of_q(const Tensor& P, const Tensor& Q) {
  return cross_entropy(P, Q) - entropy(Q);
}

// --- claims

void claims(Concept& c, const Tensor& P, const std::vector<Step>& by_entropy,
            const std::vector<Step>& by_kl) {
  double gradients = 0, gap = 0;
  for (std::size_t i = 0; i < by_kl.size(); ++i) {
    gradients = std::max(gradients, max(abs(by_entropy[i].gradient - by_kl[i].gradient)).item());
    const double apart = by_entropy[i].loss - by_kl[i].loss - entropy(P).item();
    gap = std::max(gap, std::fabs(apart));
  }
  c.identity("largest difference of the gradients on the way", gradients, 0);
  c.identity("largest |H(P, Q) - KL(P || Q) - H(P)| on the way", gap, 0);
  c.exact("by cross-entropy: largest |Q - P| at the end", max(abs(by_entropy.back().Q - P)).item(),
          0);
  c.exact("by KL: largest |Q - P| at the end", max(abs(by_kl.back().Q - P)).item(), 0);
  c.exact("cross-entropy at the end: H(P)", by_entropy.back().loss, entropy(P).item());
  c.exact("KL at the end: 0", by_kl.back().loss, 0);
}

// --- picture

std::vector<Plot> picture(const Tensor& P, const std::vector<Step>& by_entropy,
                          const std::vector<Step>& by_kl) {
  const std::vector<double> step = support::grid(0, 60, 61);
  std::vector<double> h, k;
  std::vector<std::vector<double>> q(4);
  for (std::size_t i = 0; i < step.size(); ++i) {
    h.push_back(by_entropy[i].loss);
    k.push_back(by_kl[i].loss);
    for (std::size_t j = 0; j < 4; ++j) {
      q[j].push_back(by_entropy[i].Q.at({static_cast<std::int64_t>(j)}));
    }
  }
  Plot paths("Q comes to P", "step", "probability");
  for (std::size_t j = 0; j < 4; ++j) {
    const double p = P.at({static_cast<std::int64_t>(j)});
    paths.line("Q(" + std::to_string(j + 1) + ")", step, q[j]).note("P", 60.7, p);
  }
  return {Plot("two losses, H(P) apart at every step", "step", "nats")
              .band("H(P)", step, k, h)
              .line("cross-entropy H(P, Q)", step, h)
              .line("KL(P || Q)", step, k)
              .y_range(0, 2),
          paths.x_range(0, 63).y_range(0, 0.8)};
}

// --- program

void program(Concept& c) {
  const auto KL = c.broken("reverse")        ? kl_reversed
                  : c.broken("entropy_of_q") ? kl_with_entropy_of_q
                                             : kl;
  const Tensor P = tensor({0.5, 0.3, 0.15, 0.05});
  const auto by_entropy = descend(cross_entropy, P, 1000), by_kl = descend(KL, P, 1000);
  claims(c, P, by_entropy, by_kl);
  c.draw(picture(P, by_entropy, by_kl));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C06",
                         .title = "to minimise cross-entropy is to minimise KL",
                         .source = "Pyro/VAE notes S2, section on KL and cross-entropy",
                         .mutants = {{"entropy_of_q", "KL written as H(P, Q) - H(Q)"},
                                     {"reverse", "KL(Q || P) in place of KL(P || Q)"}}},
                        program);
}
