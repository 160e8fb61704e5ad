// discrete_kl: KL is never negative, because a logarithm lies below its tangent
// C07, Pyro/VAE notes S2, section on KL; used in variational inference notes S3 and notes S0
//
//     KL(P || Q) = sum_x P(x) log(P(x) / Q(x))          ln x <= x - 1, with equality only at x = 1
//
//     -KL = sum P log(Q / P)  <=  sum P (Q / P - 1)  =  sum Q - sum P  =  0
//
// Equality needs Q / P = 1 everywhere. KL is 0 then and only then: never negative, but not always
// positive, and the ELBO touches log p(x) exactly where it is 0.
#include <cmath>
#include <limits>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// KL(P || Q) of each row, in nats. What P excludes costs nothing: 0 log 0 = 0, its limit. What
/// only Q excludes costs everything: P log(P / 0) is infinite.
Tensor kl(const Tensor& P, const Tensor& Q) {
  return sum(where(greater(P, 0.0), P * log(P / Q), 0.0), -1);
}

// --- wrong versions

Tensor kl_flipped(const Tensor& P, const Tensor& Q) { return -kl(P, Q); }
Tensor kl_zero_log_zero(const Tensor& P, const Tensor& Q) { return sum(P * log(P / Q), -1); }

// --- claims

/// The inequality, on a grid that holds x = 1.
void claims_of_the_logarithm(Concept& c) {
  const Tensor x = linspace(0.001, 5, 5000);
  const Tensor below = x - 1.0 - log(x);
  const Tensor elsewhere = where(less(abs(x - 1.0), 1e-9), 1.0, below);
  c.at_least("smallest x - 1 - ln x on the grid", -max(-below).item(), -1e-15);
  c.at_least("smallest away from x = 1, half a step squared", -max(-elsewhere).item(), 4.9e-7);
}

void claims(Concept& c, const auto& divergence) {
  // The proof, line by line, for random pairs.
  Rng rng = c.rng("pairs");
  const std::int64_t n = c.choose(10000, 1000);
  const Tensor P = softmax(2.0 * rng.normal({n, 6})), Q = softmax(2.0 * rng.normal({n, 6}));
  const Tensor ratio = Q / P, KL = divergence(P, Q);
  c.identity("line 2: largest |KL + sum P log(Q / P)|",
             max(abs(KL + sum(P * log(ratio), -1))).item(), 0);
  c.at_least("line 3: smallest term of P (Q / P - 1) - P log(Q / P)",
             -max(-(P * (ratio - 1.0) - P * log(ratio))).item(), -1e-15);
  c.identity("line 4: largest |sum P (Q / P - 1)|", max(abs(sum(P * (ratio - 1.0), -1))).item(), 0);
  c.at_least("line 5: smallest KL of random pairs", -max(-KL).item(), 0);

  // 0 only for P = Q: Pinsker's inequality says how far apart P and Q must be for a given KL.
  const Tensor distance = sum(abs(P - Q), -1);
  c.at_least("smallest KL / (|P - Q|^2 / 2)", -max(-(KL / (0.5 * square(distance)))).item(), 1);
  c.identity("KL(P || P), largest", max(abs(divergence(P, P))).item(), 0);

  // Outcomes that one of the two excludes.
  const Tensor half = tensor({0.5, 0.5, 0.0}), third = full({3}, 1.0 / 3);
  c.identity("P excludes an outcome: log(3 / 2)", divergence(half, third).item(), std::log(1.5));
  c.at_least("Q excludes an outcome of P: infinite, not NaN", divergence(third, half).item(),
             std::numeric_limits<double>::max());
}

// --- picture

std::vector<Plot> picture() {
  const std::vector<double> at = support::grid(0.02, 4, 300), q = support::grid(0.002, 0.998, 400);
  const auto coin = [](double v) { return kl(tensor({0.3, 0.7}), tensor({v, 1 - v})).item(); };
  return {Plot("the line lies above the logarithm", "x", "")
              .line("ln x", at, support::each(at, [](double v) { return std::log(v); }))
              .line("x - 1", at, support::each(at, [](double v) { return v - 1; }))
              .points("they touch at x = 1", {1}, {0})
              .y_range(-3, 3)
              .key("bottom right"),
          Plot("KL is 0 where Q = P and nowhere else", "Q(heads)", "KL(P || Q), nats")
              .line("KL, P(heads) = 0.3", q, support::each(q, coin))
              .dashed("Pinsker's bound |P - Q|^2 / 2", q,
                      support::each(q, [](double v) { return 2 * (v - 0.3) * (v - 0.3); }))
              .points("Q = P", {0.3}, {0})
              .y_range(-0.1, 2)
              .key("top center")};
}

// --- program

void program(Concept& c) {
  const auto divergence = c.broken("flipped")         ? kl_flipped
                          : c.broken("zero_log_zero") ? kl_zero_log_zero
                                                      : kl;
  claims_of_the_logarithm(c);
  claims(c, divergence);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C07",
                         .title = "discrete KL is never negative",
                         .source = "Pyro/VAE notes S2, section on KL, with its proof",
                         .mutants = {{"flipped", "log(Q / P) in place of log(P / Q)"},
                                     {"zero_log_zero", "0 log 0 computed as it stands"}}},
                        program);
}
