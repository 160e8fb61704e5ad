// smoothed_bits: a gradient through a bit that was made smooth, and a machine whose log Z is a sum
// C101, UDL, notes of chapter 17; Rolfe 2017, sections 2 and 3; Vahdat et al. 2018
//
//     zeta = max(0, log((u + q - 1)/q (e^beta - 1) + 1) / beta)
//     KL(q || p) = E_q E(z) + log Z - H(q),     d KL / dW = E_p z_1 z_2 - E_q z_1 z_2
//
// Bias and noise against sums over all states. The model is in boltzmann_prior.hpp.
#include "concepts/discrete/boltzmann_prior_faults.hpp"
#include "prob/all_bits.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/binary_net.hpp"

using namespace concepts;
using support::Concept, support::Plot, vae::exact::BinaryNet;
using Smooth = Tensor (*)(const Tensor& u, const Tensor& logits, double);

namespace {

// --- model

constexpr double kLogit = 0.7;

/// Evenly spaced u in (0, 1): a mean over them is an integral.
Tensor midpoints() { return linspace(0.5 / 200'000, 1 - 0.5 / 200'000, 200'000); }

struct Slope {
  double bias, variance;  ///< of d/dlogit E f by one sample, against the bit's own
};

/// f(z) = log p(x|z_1 = z, z_2 = 0) of the net with two latents.
Slope slope(Smooth smooth, double temperature) {
  const auto f = [](const Tensor& z) {
    const Tensor both = stack({z, zeros(z.shape())}, 1);
    return BinaryNet::example().likelihood(both).log_prob(BinaryNet::example_x());
  };
  const double q = sigmoid(tensor(kLogit)).item();
  const double exact = (f(tensor({1.0})).item() - f(tensor({0.0})).item()) * q * (1 - q);
  const double still = smooth == spike_and_exponential ? 1 - q : 0;  // below this u, z stays 0
  Tape tape;
  const Tensor u = still + (1 - still) * midpoints(), logits = tape.watch(full(u.shape(), kLogit));
  tape.backward(sum(f(smooth(u, logits, temperature))));
  const Tensor g = tape.grad(logits);
  const double m = (1 - still) * mean(g).item();
  return {m - exact, (1 - still) * mean(square(g)).item() - m * m};
}

// --- claims

void claims_of_the_machine(Concept& c, const auto& kl) {
  Rng rng = c.rng("machine");
  const Tensor a = rng.normal({4}), b = rng.normal({4}), W = rng.normal({4, 4});
  const prob::Bernoulli q(rng.normal({8}), 1);
  const Tensor all = prob::all_bits(8), log_q = q.log_prob(all);
  const Tensor minus_E = -prob::Rbm(a, b, W).energy(all), log_p = log_softmax(minus_E);
  c.identity("log Z - sum over all 2^8 states", prob::Rbm(a, b, W).log_z().item(),
             logsumexp(minus_E).item(), 1e-10);
  Tape tape;
  const Tensor w = tape.watch(W.clone()), of_w = kl(q, prob::Rbm(a, b, w));
  c.identity("KL(q || p) - sum over all states", of_w.item(),
             sum(exp(log_q) * (log_q - log_p)).item(), 1e-10);
  tape.backward(of_w);
  const Tensor z_1 = slice(all, 1, 0, 4), z_2 = slice(all, 1, 4, 8);
  const auto pairs = [&](const Tensor& p) {
    return matmul(transpose(z_1), reshape(p, {-1, 1}) * z_2);
  };
  c.identity("d KL / dW - (E_p z_1 z_2 - E_q z_1 z_2), largest",
             max(abs(tape.grad(w) - (pairs(exp(log_p)) - pairs(exp(log_q))))).item(), 0, 1e-10);
}

/// What larger machines need in the place of the sum: chains that go on from step to step.
void claim_of_chains(Concept& c) {
  Rng rng = c.rng("chains");
  const prob::Rbm p(rng.normal({12}), rng.normal({12}), 0.5 * rng.normal({12, 12}));
  const Tensor z = p.gibbs(zeros({2000, 24}), rng, c.choose(1000, 200));
  const Tensor on = prob::all_bits(12), half = concat({on, p.right_given(on).probs()}, -1);
  c.monte_carlo("E E(z) of 2,000 chains", prob::estimate(p.energy(z)),
                sum(softmax(-p.free_energy(on)) * p.energy(half)).item(), 0.1);
}

void claims_of_smoothing(Concept& c, const auto& relaxed) {
  for (const auto& [beta, expected] :
       {std::pair{1.0, 0.38886972}, {3.0, 0.48046868}, {10.0, 0.60139933}})
    c.exact(fmt::format("E zeta, beta = {}", beta),
            prob::SpikeAndExponential(beta, kLogit).mean().item(), expected, 1e-8);
  const auto row = [&](const char* name, Smooth by, double t, double bias, double variance) {
    const Slope s = slope(by, t);
    const std::string of = fmt::format("{} {}: ", name, t);
    c.exact(of + "bias", s.bias, bias, 1e-3 * std::abs(bias));
    c.exact(of + "variance", s.variance, variance, 1e-3 * variance);
  };
  row("concrete, T =", concrete_bit, 1, -0.306091, 0.1464);
  row("concrete, T =", concrete_bit, 0.5, -0.166481, 0.5569);
  row("concrete, T =", concrete_bit, 0.25, -0.079569, 1.5951);
  row("concrete, T =", concrete_bit, 0.1, -0.028557, 4.9673);
  row("smoothed, beta =", spike_and_exponential, 1, -0.205827, 0.8746);
  row("smoothed, beta =", spike_and_exponential, 3, -0.112185, 3.3461);
  row("smoothed, beta =", spike_and_exponential, 8, -0.030751, 125.072);
  c.exact("KL of relaxed bits, T = 1/2", relaxed(midpoints(), kLogit, -1, 0.5, 0.5).item(),
          relaxed(midpoints(), kLogit, -1, 1, 1).item(), 1e-4);
}

// --- picture

/// The steepness of what takes the place of a bit: less bias, more noise.
Plot price() {
  Plot plot("d E f / d logit through a smoothed bit", "|bias|", "variance of one sample");
  const auto line = [&](const char* name, Smooth by, const std::vector<double>& temperatures) {
    std::vector<double> bias, noise;
    for (const double t : temperatures) {
      const Slope s = slope(by, t);
      bias.push_back(std::abs(s.bias)), noise.push_back(s.variance);
    }
    plot.line(name, bias, noise).same_colour().points("", bias, noise);
  };
  line("concrete, T = 1 to 0.05", concrete_bit, {1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.07, 0.05});
  line("spike and exponential, beta = 1 to 10", spike_and_exponential,
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  return plot.log_x().log_y().key("top right");
}

// --- program

void program(Concept& c) {
  const auto kl = c.broken("negative_phase_from_q") ? kl_with_q_twice : kl_to_machine;
  const auto relaxed =
      c.broken("relaxed_kl_temperature") ? relaxed_kl_of_temperature_one : relaxed_kl;
  claims_of_the_machine(c, kl);
  claim_of_chains(c);
  claims_of_smoothing(c, relaxed);
  c.draw({price()});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C101",
       .title = "Smoothed bits, and a Boltzmann machine of bits",
       .source = "Rolfe 2017, sections 2 and 3; Vahdat et al. 2018; UDL 17",
       .mutants = {{"negative_phase_from_q", "the gradient of log Z is taken under q"},
                   {"relaxed_kl_temperature", "samples of T = 1/2, densities of T = 1"}}},
      program);
}
