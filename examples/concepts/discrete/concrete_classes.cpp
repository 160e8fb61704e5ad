// concrete_classes: a gradient through a class that was made smooth: what is wrong with it, and how noisy it is
// C137, Jang, Gu and Poole 2017; Maddison, Mnih and Teh 2017
//
//     zeta = softmax((logits + g) / T),   d E f(z) / d logits  ~  d f(zeta) / d logits
//
// One class of three. Only two differences of the noise count, so means are sums over a grid of the plane. The model is in
// concrete_classes.hpp and concrete_vae.hpp.
#include "concepts/discrete/concrete_classes.hpp"
#include "concepts/discrete/concrete_vae_faults.hpp"
#include "prob/gumbel.hpp"
#include "support/concept/concept.hpp"

using namespace concepts;
using support::Concept, support::Plot;
namespace {

// --- claims

void claims_of_draws(Concept& c, Relax relax) {
  const Tensor logits = three_logits(), q = softmax(logits);
  Rng rng = c.rng("draws");
  const Tensor g = prob::Gumbel(zeros({3}), ones({3})).sample(rng, {c.choose(400000, 40000)});
  const Tensor zeta = relax(logits, g, 0.5);
  const Tensor others = max(slice(zeta, 1, 1, 3), 1, true);
  const Tensor on = greater(slice(zeta, 1, 0, 1), others).to(DType::f64);
  c.monte_carlo("T = 1/2: class 1 is the largest", prob::estimate(reshape(on, {-1})),
                q.to_vector()[0], 0.003);
}

std::vector<Slope> claims_of_slopes(Concept& c, Relax relax, const Noise& of) {
  struct Row {
    double T, value, bias, variance;
  };
  std::vector<Slope> slopes;
  for (const Row& row : {Row{1, 0.1105203, -0.1384895, 0.0216390},
                         {0.5, 0.0911642, -0.0626836, 0.1123293},
                         {0.25, 0.0586053, -0.0237230, 0.3624814},
                         {0.1, 0.0267319, -0.0063913, 1.1788449}}) {
    slopes.push_back(slope(relax, of, row.T));
    const std::string T = fmt::format("T = {}: ", row.T);
    const auto near = [&](const char* what, double measured, double expected) {
      c.exact(T + what, measured, expected, 1e-3 * std::abs(expected));
    };
    near("E f(zeta) - E f(z)", slopes.back().value_bias, row.value);
    near("bias of the slope", slopes.back().bias, row.bias);
    near("variance of the slope", slopes.back().variance, row.variance);
  }
  c.exact("score function with E f taken off: variance", score_variance(), 0.0576742572, 1e-9);
  return slopes;
}

void claims_of_kl(Concept& c, const auto& relaxed_kl, const Noise& of) {
  const Tensor logits = three_logits(), even = zeros({3}), share = reshape(of.share, {-1});
  const prob::OneHotCategorical q(logits), p(even);
  c.exact("KL of the classes", kl(q, p).item(), 0.0918878434, 1e-9);
  for (const double T : {1.0, 0.5}) {
    const Tensor each = relaxed_kl(gumbel_softmax(logits, of.g, T), logits, even, T);
    c.exact(fmt::format("KL of relaxed classes, T = {}", T), sum(share * each).item(), 0.1877896,
            1e-6);
  }
}

// --- picture

Plot picture(Relax relax, const Noise& of) {
  std::vector<double> bias, variance;
  for (const double T : {2.0, 1.4, 1.0, 0.7, 0.5, 0.35, 0.25, 0.17, 0.1, 0.07}) {
    const Slope s = slope(relax, of, T);
    bias.push_back(std::abs(s.bias)), variance.push_back(s.variance);
  }
  return Plot("d E f / d logit of a class of three", "|bias|", "variance of one draw")
      .line("relaxed, T = 2 to 0.07", bias, variance)
      .same_colour()
      .points("", bias, variance)
      .points("score function", {0}, {score_variance()})
      .log_y()
      .x_range(-0.02, 0.26)
      .key("top right");
}

// --- program

void program(Concept& c) {
  const Relax relax = c.broken("noise_not_divided") ? noise_not_divided : gumbel_softmax;
  const auto relaxed_kl = c.broken("relaxed_kl_temperature") ? relaxed_kl_at_one : relaxed_kl_at;
  const Noise of = noise(0.1);
  claims_of_draws(c, relax);
  claims_of_slopes(c, relax, of);
  claims_of_kl(c, relaxed_kl, of);
  c.draw({picture(relax, of)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C137",
       .title = "A gradient through a class: Gumbel-softmax",
       .source = "Jang, Gu and Poole 2017; Maddison, Mnih and Teh 2017; model F5",
       .mutants = {{"noise_not_divided", "the temperature divides the logits, not the noise"},
                   {"relaxed_kl_temperature", "draws of T = 1/2, densities of T = 1"}}},
      program);
}
