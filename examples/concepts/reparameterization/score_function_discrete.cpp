// score_function_discrete: the slope of an ELBO over coins, and baselines against its noise
// C47, UDL problem 17.5, equation 17.34
//
//     d/dphi E_q[f(z)] = E_q[ (f(z) - b) d/dphi log q(z|phi) ]
//
// A coin has no mu + sigma e: nothing about it moves a little when phi does. The score function
// does not mind. A baseline b that does not depend on the same z changes no mean, since
// E_q[d log q] = 0; but f(z) = log p(x, z) - log q(z) is about -9, and without b all of that is
// noise. With 4 latents there are 16 states: the slope and the variance of its estimate are sums.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept.hpp"
#include "support/derivative.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/inference/expectation.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::Baseline;

namespace {

constexpr std::int64_t kSamples = 4;  // of z for one estimate

struct Problem {
  vae::exact::BinaryNet net;
  Tensor x;
};

/// Slopes of the ELBO, one for each row of phi [n, K], each from kSamples draws of z.
Tensor estimates(const Concept& c, const Problem& on, const Tensor& phi, Baseline baseline,
                 Rng& rng) {
  const auto objective = [&](const Tensor& logits) {
    const prob::Bernoulli q(logits, 1);
    const auto f = [&](const Tensor& z) {
      const Tensor value = on.net.log_joint_at(on.x, z) - q.log_prob(z).detach();
      // The mistake: a mean over all samples holds f of this sample too.
      return c.broken("own_sample") ? value - mean(value, 0) : value;
    };
    return mean(vae::score_function(q, f, kSamples, rng, baseline), 0);
  };
  return support::slope(objective, phi);
}

void program(Concept& c) {
  Rng net_rng(5);  // one net for every --seed: the sizes below are its own
  const Problem problem{vae::exact::BinaryNet::random(4, 6, net_rng, 1),
                        tensor({1, 0, 1, 1, 0, 1})};
  const vae::exact::BinaryNet& net = problem.net;
  const Tensor& x = problem.x;
  const Tensor phi = tensor({0.5, -0.5, 1.0, 0.0});  // q(z) is a coin sigmoid(phi_k) for each k

  // By enumeration: the slope of the ELBO, and E_q[(f - b)^2 s^2] with the score s = d log q.
  const auto elbo = [&](const Tensor& logits) { return net.elbo(x, net.factorised(logits)); };
  const Tensor slope = support::slope(elbo, phi);
  const Tensor log_q = net.factorised(phi), q = reshape(exp(log_q), {-1, 1});
  const Tensor f = reshape(net.log_joint(x) - log_q, {-1, 1});
  const Tensor score = net.states() - sigmoid(phi);
  c.identity("largest |E_q score|", max(abs(sum(q * score, 0))).item(), 0);
  c.identity("largest |E_q[f score] - slope of the ELBO|",
             max(abs(sum(q * f * score, 0) - slope)).item(), 0);
  const double average = sum(q * f).item();
  const auto variance_with = [&](double b) {
    return sum(sum(q * square((f - b) * score), 0) - square(slope)).item() / kSamples;
  };

  const std::int64_t n = c.choose(100000, 10000);
  Rng rng = c.rng("z");
  const Tensor along = slope / sqrt(sum(square(slope)));  // its direction
  const double length = std::sqrt(sum(square(slope)).item());
  std::vector<double> variances;
  std::vector<std::vector<double>> means, errors;
  for (const auto& [name, baseline] :
       {std::pair("none", Baseline::none()), std::pair("constant", Baseline::constant(average)),
        std::pair("leave one out", Baseline::leave_one_out())}) {
    const Tensor g = estimates(c, problem, broadcast_to(phi, {n, 4}), baseline, rng);
    c.monte_carlo(fmt::format("baseline {}: mean along the slope", name),
                  prob::estimate(sum(g * along, 1)), length, 0.05);
    variances.push_back(sum(mean(square(g - mean(g, 0)), 0)).item());
    const Tensor few = slice(g, 0, 0, 100);
    means.push_back(mean(few, 0).to_vector());
    errors.push_back((2.0 * prob::estimate(few).standard_error).to_vector());
  }
  c.within("no baseline: variance / enumerated", variances[0] / variance_with(0), 0.9, 1.1);
  c.within("constant: variance / enumerated", variances[1] / variance_with(average), 0.9, 1.1);
  c.at_least("variance: none / constant", variances[0] / variances[1], 5);
  c.at_least("variance: none / leave one out", variances[0] / variances[2], 5);

  const std::vector<double> k = {1, 2, 3, 4}, beside = {1.2, 2.2, 3.2, 4.2};
  c.draw({Plot("100 estimates: mean and 2 standard errors", "latent k", "d ELBO / d phi_k")
              .error_bars("no baseline", k, means[0], errors[0])
              .error_bars("leave one out", beside, means[2], errors[2])
              .points("enumerated", {1.1, 2.1, 3.1, 4.1}, slope.to_vector())
              .x_range(0.5, 4.8),
          Plot("a baseline takes the noise, not the mean", "baseline", "variance of one estimate")
              .bars("", variances)
              .names({"none", "E f", "leave one out"})});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C47",
       .title = "The score function for discrete latents, and baselines",
       .source = "UDL problem 17.5, equation 17.34",
       .mutants = {{"own_sample", "a baseline made of the same sample: the mean of all"}}},
      program);
}
