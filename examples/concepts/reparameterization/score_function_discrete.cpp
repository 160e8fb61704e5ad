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
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/bounds/expectation.hpp"
#include "vae/exact/binary_net.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::Baseline;

namespace {

// --- model

constexpr std::int64_t kSamples = 4;  // of z for one estimate

struct Problem {
  vae::exact::BinaryNet net;
  Tensor x;
};

/// f(z) = log p(x, z) - log q(z), for the samples z of each estimate.
Tensor f(const Problem& on, const prob::Bernoulli& q, const Tensor& z) {
  return on.net.log_joint_at(on.x, z) - q.log_prob(z).detach();
}

/// Slopes of the ELBO, one for each row of phi [n, K], each from kSamples draws of z.
template <class F>
Tensor estimates(const F& f_of, const Problem& on, const Tensor& phi, Baseline baseline, Rng& rng) {
  const auto objective = [&](const Tensor& logits) {
    const prob::Bernoulli q(logits, 1);
    const auto of_sample = [&](const Tensor& z) { return f_of(on, q, z); };
    return mean(vae::score_function(q, of_sample, kSamples, rng, baseline), 0);
  };
  return support::slope(objective, phi);
}

struct Scatter {
  std::vector<double> variances;
  std::vector<std::vector<double>> means, errors;  ///< of 100 estimates
};

// --- wrong versions

/// A mean over all samples holds f of this sample too.
Tensor f_minus_mean(const Problem& on, const prob::Bernoulli& q, const Tensor& z) {
  const Tensor value = f(on, q, z);
  return value - mean(value, 0);
}

// --- claims

Scatter claims(Concept& c, const auto& f_of, const Problem& on, const Tensor& phi,
               const Tensor& slope) {
  // By enumeration: the slope of the ELBO, and E_q[(f - b)^2 s^2] with the score s = d log q.
  const Tensor log_q = on.net.factorised(phi), q = reshape(exp(log_q), {-1, 1});
  const Tensor of_states = reshape(on.net.log_joint(on.x) - log_q, {-1, 1});
  const Tensor score = on.net.states() - sigmoid(phi);
  c.identity("largest |E_q score|", max(abs(sum(q * score, 0))).item(), 0);
  c.identity("largest |E_q[f score] - slope of the ELBO|",
             max(abs(sum(q * of_states * score, 0) - slope)).item(), 0);
  const double average = sum(q * of_states).item();
  const auto variance_with = [&](double b) {
    const Tensor squares = sum(q * square((of_states - b) * score), 0);
    return sum(squares - square(slope)).item() / kSamples;
  };

  const std::int64_t n = c.choose(100000, 10000);
  Rng rng = c.rng("z");
  const double length = std::sqrt(sum(square(slope)).item());
  Scatter seen;
  for (const auto& [name, baseline] :
       {std::pair("none", Baseline::none()), std::pair("constant", Baseline::constant(average)),
        std::pair("leave one out", Baseline::leave_one_out())}) {
    const Tensor g = estimates(f_of, on, broadcast_to(phi, {n, 4}), baseline, rng);
    c.monte_carlo(fmt::format("baseline {}: mean along the slope", name),
                  prob::estimate(sum(g * slope, 1) / length), length, 0.05);
    seen.variances.push_back(sum(mean(square(g - mean(g, 0)), 0)).item());
    const Tensor few = slice(g, 0, 0, 100);
    seen.means.push_back(mean(few, 0).to_vector());
    seen.errors.push_back((2.0 * prob::estimate(few).standard_error).to_vector());
  }
  const std::vector<double>& v = seen.variances;
  c.within("no baseline: variance / enumerated", v[0] / variance_with(0), 0.9, 1.1);
  c.within("constant: variance / enumerated", v[1] / variance_with(average), 0.9, 1.1);
  c.at_least("variance: none / constant", v[0] / v[1], 5);
  c.at_least("variance: none / leave one out", v[0] / v[2], 5);
  return seen;
}

// --- picture

std::vector<Plot> picture(const Scatter& seen, const Tensor& slope) {
  const std::vector<double> k = {1, 2, 3, 4}, beside = {1.2, 2.2, 3.2, 4.2};
  return {Plot("100 estimates: mean and 2 standard errors", "latent k", "d ELBO / d phi_k")
              .error_bars("no baseline", k, seen.means[0], seen.errors[0])
              .error_bars("leave one out", beside, seen.means[2], seen.errors[2])
              .points("enumerated", {1.1, 2.1, 3.1, 4.1}, slope.to_vector())
              .x_range(0.5, 4.8),
          Plot("a baseline takes the noise, not the mean", "baseline", "variance of one estimate")
              .bars("", seen.variances)
              .names({"none", "E f", "leave one out"})};
}

// --- program

void program(Concept& c) {
  const auto f_of = c.broken("own_sample") ? f_minus_mean : f;
  Rng net_rng(5);  // one net for every --seed: the sizes below are its own
  const Problem on{vae::exact::BinaryNet::random(4, 6, net_rng, 1), tensor({1, 0, 1, 1, 0, 1})};
  const Tensor phi = tensor({0.5, -0.5, 1.0, 0.0});  // q(z) is a coin sigmoid(phi_k) for each k
  const Tensor slope = support::slope(
      [&](const Tensor& logits) { return on.net.elbo(on.x, on.net.factorised(logits)); }, phi);
  const Scatter seen = claims(c, f_of, on, phi, slope);
  c.draw(picture(seen, slope));
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
