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
#include "support/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

Tensor information(const Tensor& p) { return -log(p); }
Tensor rival(const Tensor& p) { return 1.0 - p; }

/// The least that a function loses from one point of the grid to the next.
double smallest_fall(const Tensor& values) {
  const std::int64_t n = values.size();
  return -max(slice(values, 0, 1, n) - slice(values, 0, 0, n - 1)).item();
}

void program(Concept& c) {
  const auto I = c.broken("rival") ? rival : information;
  const double sign = c.broken("sign") ? -1 : 1;

  const Tensor certain = tensor(1.0);
  c.identity("|I(1)|", std::fabs(I(certain).item()), 0);

  const Tensor p = linspace(0.001, 1, 1000);
  c.at_least("smallest fall of I between neighbours of the grid", smallest_fall(sign * I(p)),
             0.001);

  Rng rng = c.rng("pairs");
  const std::int64_t n = c.choose(10000, 1000);
  const Tensor a = rng.uniform({n}), b = rng.uniform({n});
  c.identity("largest |I(pq) - I(p) - I(q)|", max(abs(I(a * b) - I(a) - I(b))).item(), 0);

  // Half of the rules do not make a measure: 1 - p meets two of them.
  c.identity("rival 1 - p: at 1", rival(certain).item(), 0);
  c.at_least("rival 1 - p: smallest fall", smallest_fall(rival(p)), 0.0009);
  c.at_least("rival 1 - p: largest |R(pq) - R(p) - R(q)|",
             max(abs(rival(a * b) - rival(a) - rival(b))).item(), 0.5);

  // The base is a unit and nothing more: a fair coin tells 1 bit, which is log 2 = 0.693 nats.
  const Tensor bits = information(p) / std::log(2.0);
  c.identity("bits, as a power of 1/2, give p back", max(abs(pow(tensor(0.5), bits) - p)).item(),
             0);

  const std::vector<double> x = support::grid(0.005, 1, 200);
  const Tensor at = tensor(x, {200});
  std::vector<double> coins = support::grid(0, 6, 7);
  const Tensor all_heads = pow(tensor(0.5), tensor(coins, {7}));
  c.draw({Plot("what is rare tells much", "probability p", "information, nats")
              .line("-log p", x, information(at).to_vector())
              .dashed("1 - p", x, rival(at).to_vector())
              .y_range(0, 5),
          Plot("each coin that shows heads adds log 2", "number of coins", "information, nats")
              .points("-log p", coins, information(all_heads).to_vector())
              .points("1 - p: does not add", coins, rival(all_heads).to_vector())
              .y_range(-0.2, 5)
              .key("top left")});
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
