// self_information: how much an event of probability p tells
// C01, Pyro/VAE notes S2, section on entropy
//
//     I(p) = -log p        I(1) = 0,    I falls as p grows,    I(p q) = I(p) + I(q)
//
// What is certain tells nothing, what is rare tells much, and two independent events tell the sum
// of both. Together the three rules leave -log p alone, up to its base: a function that meets only
// the first two, like 1 - p, is not a measure of information.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

Tensor information(const Tensor& p) { return -log(p); }
Tensor rival(const Tensor& p) { return 1.0 - p; }

/// The least that a function loses from one point of the grid to the next.
double smallest_fall(const Tensor& values) {
  const std::int64_t n = values.size();
  return -max(slice(values, 0, 1, n) - slice(values, 0, 0, n - 1)).item();
}

// --- wrong versions

Tensor without_the_minus(const Tensor& p) { return log(p); }

// --- claims

void claims_of_rules(Concept& c, const auto& I) {
  const Tensor certain = tensor(1.0), p = linspace(0.001, 1, 1000);
  c.identity("|I(1)|", std::fabs(I(certain).item()), 0);
  c.at_least("smallest fall of I between neighbours of the grid", smallest_fall(I(p)), 0.001);
  Rng rng = c.rng("pairs");
  const std::int64_t n = c.choose(10000, 1000);
  const Tensor a = rng.uniform({n}), b = rng.uniform({n});
  c.identity("largest |I(pq) - I(p) - I(q)|", max(abs(I(a * b) - I(a) - I(b))).item(), 0);

  // Half of the rules do not make a measure: 1 - p meets two of them.
  c.identity("rival 1 - p: at 1", rival(certain).item(), 0);
  c.at_least("rival 1 - p: smallest fall", smallest_fall(rival(p)), 0.0009);
  c.at_least("rival 1 - p: largest |R(pq) - R(p) - R(q)|",
             max(abs(rival(a * b) - rival(a) - rival(b))).item(), 0.5);
}

/// No other function meets the three rules. In units of I(1/2), the third gives I(p^m) = m I(p) and
/// I(1/2^n) = n; the first puts I(p^m) between n and n + 1 where p^m is between 1/2^(n+1) and 1/2^n.
void claims_of_uniqueness(Concept& c, const auto& I) {
  double widest = 0, outside = 0;
  constexpr int m = 50;
  const Tensor p = linspace(0.001, 1, 1000);
  for (const double at : p.to_vector()) {
    int power = 0;  // p^m = fraction * 2^power with a fraction in [1/2, 1): products alone
    const double fraction = std::frexp(std::pow(at, m), &power);
    const double below = fraction == 0.5 ? 1 - power : -power;
    const double in_bits = I(tensor(at)).item() / std::log(2);
    outside = std::max({outside, below / m - in_bits, in_bits - (below + 1) / m});
    widest = std::max(widest, (below + 1) / m - below / m);
  }
  c.at_most("the rules alone: I(p) is this far outside of [n/50, (n+1)/50] I(1/2)", outside, 1e-12);
  c.identity("and that is as wide as", widest, 1.0 / m);
  // The base is a unit and nothing more: a fair coin tells 1 bit, which is log 2 = 0.693 nats.
  const Tensor bits = I(p) / std::log(2.0);
  c.identity("bits, as a power of 1/2, give p back", max(abs(pow(tensor(0.5), bits) - p)).item(),
             0);
}

// --- picture

std::vector<Plot> picture() {
  const std::vector<double> x = support::grid(0.005, 1, 200), coins = support::grid(0, 6, 7);
  const Tensor at = tensor(x, {200}), all_heads = pow(tensor(0.5), tensor(coins, {7}));
  return {Plot("what is rare tells much", "probability p", "information, nats")
              .line("-log p", x, information(at).to_vector())
              .dashed("1 - p", x, rival(at).to_vector())
              .y_range(0, 5),
          Plot("each coin that shows heads adds log 2", "number of coins", "information, nats")
              .points("-log p", coins, information(all_heads).to_vector())
              .points("1 - p: does not add", coins, rival(all_heads).to_vector())
              .y_range(-0.2, 5)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto I = c.broken("rival") ? rival : c.broken("sign") ? without_the_minus : information;
  claims_of_rules(c, I);
  claims_of_uniqueness(c, I);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C01",
                         .title = "self-information and its three rules",
                         .source = "Pyro/VAE notes S2, section on entropy",
                         .mutants = {{"rival", "1 - p in place of -log p"},
                                     {"sign", "log p: the minus is forgotten"}}},
                        program);
}
