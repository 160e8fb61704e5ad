// helmholtz_sums: the geometric mean of two nets as a model, with every sum written out
// C129, Bornschein, Shabanian, Fischer and Bengio 2016, equations 2 to 9; UDL, notes of chapter 17
//
//     p*(x, h) = sqrt(p(x, h) q(h|x) q(x)) / Z,  q(x) = p*(x)
//     p*(x)    = p~*(x) / Z^2,  p~*(x) = (sum_h sqrt(p(x, h) q(h|x)))^2 <= p(x),  Z <= 1
//     d log p~*(x) = E_p*(h|x)[d log p(x, h) + d log q(h|x)]
//
// On a net of two latent bits and three outputs. The model is in bidirectional_helmholtz.hpp.
#include "concepts/discrete/bidirectional_helmholtz_faults.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/binary_net.hpp"

using namespace concepts;
using support::Concept;
using vae::exact::BinaryNet;

namespace {

// --- model

/// All x of three bits, [8, 3].
Tensor all_x() { return BinaryNet{zeros({3}), zeros({3, 3}), zeros({3})}.states(); }

/// The logits of q(h|x).
Tensor small_q(const Tensor& x) {
  return linear(x, tensor({{0.3, -0.2, 0.5}, {0.1, 0.4, -0.6}}), tensor({0.2, -0.1}));
}

// --- claims

/// Two latents and three outputs: every sum is written out.
void claims_of_the_sums(Concept& c, const HelmholtzSteps& steps) {
  const BinaryNet net = BinaryNet::example();
  const Tensor x = all_x(), log_p = net.log_joint(x), log_q = net.factorised(small_q(x));
  const Tensor tilde = steps.tilde(log_p, log_q), star = steps.star(tilde);
  const auto at_110 = [](const Tensor& of_x) { return of_x.at({3}); };
  c.exact("Z^2", at_110(exp(tilde - star)), 0.5182959481, 1e-9);
  c.exact("log p*(x), x = 110", at_110(star), -1.4763378517, 1e-9);
  c.exact("log p(x)", at_110(net.log_px(x)), -1.8233212010, 1e-9);
  c.exact("log p~*(x)", at_110(tilde), -2.1335467232, 1e-9);
  c.exact("ELBO", at_110(net.elbo(x, log_q)), -2.4076465485, 1e-9);
  c.identity("sum of p*(x)", sum(exp(star)).item(), 1);
  const Tensor flat = log(full({8, 4}, 0.25));  // a q whose draws may be all four states
  c.identity(
      "log p~*(x) - Renyi's bound of order 1/2, largest",
      max(abs(steps.tilde(log_p, flat) - vae::renyi_bound(transpose(log_p - flat, {1, 0}), 0.5)))
          .item(),
      0);
}

/// Z of random nets, with random q and with the posterior.
void claims_of_z(Concept& c, const HelmholtzSteps& steps) {
  Rng rng = c.rng("nets");
  double largest = 0, off = 0;
  for (int i = 0; i < c.choose(1000, 200); ++i) {
    const BinaryNet net = BinaryNet::random(2, 3, rng);
    const Tensor x = all_x(), log_p = net.log_joint(x);
    const auto z2 = [&](const Tensor& log_q) { return sum(exp(steps.tilde(log_p, log_q))).item(); };
    largest = std::max(largest, z2(net.factorised(rng.normal({8, 2}))));
    off = std::max(off, std::abs(z2(net.log_posterior(x)) - 1));
  }
  c.at_most("random nets: largest Z^2", largest, 1);
  c.identity("q is the posterior: |Z^2 - 1|, largest", off, 0);
}

/// The gradient in the logits of q and of the prior at x = 110: by draws, and by the sum over all h.
void claims_of_the_gradient(Concept& c, const HelmholtzSteps& steps) {
  const BinaryNet net = BinaryNet::example();
  const Tensor x = BinaryNet::example_x(), at = small_q(x);
  const auto slopes = [&](std::int64_t draws,
                          std::int64_t n) {  // [n, 4]; of no draws the exact one
    Tape tape;
    const Tensor q = tape.watch(broadcast_to(at, {n, 2}).clone());
    const Tensor prior = tape.watch(broadcast_to(net.prior_logits, {n, 2}).clone());
    Rng rng = c.rng(fmt::format("{} draws", draws));
    const Tensor h =
        draws ? prob::Bernoulli(at, 1).sample(rng, {draws, n}) : reshape(net.states(), {4, 1, 2});
    const Tensor log_q = prob::Bernoulli(q, 1).log_prob(h);
    const Tensor log_p = prob::Bernoulli(prior, 1).log_prob(h) + net.likelihood(h).log_prob(x);
    const auto over_h_last = [](const Tensor& t) { return transpose(t, {1, 0}); };
    tape.backward(sum(draws ? climbed(steps.weights((log_p - log_q).detach()), log_p, log_q)
                            : log_p_tilde(over_h_last(log_p), over_h_last(log_q))));
    return concat({tape.grad(q), tape.grad(prior)}, 1);
  };
  const Tensor exact = slopes(0, 1);
  std::vector<double> bias;
  for (const std::int64_t draws : {2, 20, 1000}) {
    const Tensor error = sum(slopes(draws, c.choose(2'000'000, 400'000) / draws) - exact, -1);
    const prob::Estimate e = prob::estimate(error);
    bias.push_back(e.mean.item());
    if (draws == 1000) c.monte_carlo("gradient by 1,000 draws - exact", e, 0, 0.02);
  }
  c.within("bias of 2 draws", bias[0], 0.065, 0.085);
  c.within("bias of 2 draws / of 20", bias[0] / bias[1], 6, 16);
}

// --- program

void program(Concept& c) {
  HelmholtzSteps steps;
  if (c.broken("weights_p_over_q"))
    steps = {.tilde = tilde_without_root, .weights = weights_without_root};
  if (c.broken("z_ignored")) steps.star = star_without_z;
  if (c.broken("q_x_uniform")) steps.star = star_of_uniform_q;
  claims_of_the_sums(c, steps);
  claims_of_z(c, steps);
  claims_of_the_gradient(c, steps);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C129",
                         .title = "The bidirectional Helmholtz machine: its sums",
                         .source = "Bornschein et al. 2016, equations 2 to 9; UDL 17",
                         .mutants = {{"weights_p_over_q", "weights without the square root"},
                                     {"z_ignored", "p~* is taken for p*"},
                                     {"q_x_uniform", "q(x) is the same for all x, not p*(x)"}}},
                        program);
}
