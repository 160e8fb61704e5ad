// inference_as_optimization: gradient ascent on the ELBO finds the posterior without evaluating it
// C29, notes S0, S2, S3
//
//     psi*  =  argmin KL(q_psi || p(z | x))  =  argmax E_q[log p(x | z) + log p(z)] + H(q_psi)
//
// The left side needs the posterior, and with it p(x), an integral over all z. The right side needs
// only the joint density, which is given: an integral has become a search. Where the family holds
// the posterior, as here, the search ends there; every term decides where.
#include <cmath>

#include "autograd/ops.hpp"
#include "nn/optim/descend.hpp"
#include "nn/optim/sgd.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// E_q[log p(x | z) + log p(z)] + H(q), constants left out: they do not matter to a search.
Tensor objective(const Line& line, const prob::Normal& q) {
  const Tensor log_prior = -0.5 * (square(q.loc) + square(q.scale));  // E z^2 = mean^2 + variance
  return line.expected_log_lik(tensor(kLineX), q) + log_prior + q.entropy();
}

struct Path {
  std::vector<double> mean, log_scale;
};

/// Plain gradient ascent on (mean, log scale) of q, for the line.
template <class Objective>
Path ascend(const Objective& objective_of, double mean, double log_scale, int steps) {
  const Line line = Line::example();
  Parameter mu("mean", tensor(mean)), log_sigma("log scale", tensor(log_scale));
  nn::Sgd sgd({&mu, &log_sigma}, {.lr = 0.05});
  Path path;
  for (int i = 0; i <= steps; ++i) {
    path.mean.push_back(mu.value().item());
    path.log_scale.push_back(log_sigma.value().item());
    nn::descend(sgd, [&] { return -objective_of(line, prob::Normal(mu, exp(log_sigma))); });
  }
  return path;
}

/// Three latents that the posterior ties together: q has a full covariance L L^T.
prob::MultivariateNormal best_full(const Ppca& ppca, const Tensor& x) {
  const Tensor below = tensor({{0, 0, 0}, {1, 0, 0}, {1, 1, 0}});
  Parameter mu("mean", zeros({1, 3})), l("L", zeros({3, 3})), log_d("log diagonal", zeros({3}));
  const auto q = [&] { return prob::MultivariateNormal(mu, below * l + eye(3) * exp(log_d)); };
  support::ascend({&mu, &l, &log_d}, [&] { return sum(ppca.elbo(x, q())); },
                  {.steps = 1500, .shrink = 1e-4, .beta2 = 0.9});
  return q();
}

// --- wrong versions

/// q collapses to the most likely z.
Tensor without_entropy(const Line& line, const prob::Normal& q) {
  return objective(line, q) - q.entropy();
}
/// q fits the likelihood alone.
Tensor without_prior(const Line& line, const prob::Normal& q) {
  return line.expected_log_lik(tensor(kLineX), q) + q.entropy();
}

// --- claims

std::vector<Path> claims_of_the_line(Concept& c, const auto& objective_of) {
  const prob::Normal posterior = Line::example().posterior(tensor(kLineX));
  std::vector<Path> paths;
  for (const auto& [m, s] : {std::pair{0.0, 0.0}, {-0.6, -1.5}, {2.2, 0.5}}) {
    const Path& path = paths.emplace_back(ascend(objective_of, m, s, 300));
    const std::string name = fmt::format("line, from ({}, {}): ", m, s);
    c.exact(name + "mean of q", path.mean.back(), posterior.loc.item(), 1e-4);
    c.exact(name + "log scale of q", path.log_scale.back(), std::log(posterior.scale.item()), 1e-4);
  }
  return paths;
}

void claims_of_ppca(Concept& c) {
  Rng rng = c.rng("ppca");
  const Ppca ppca = Ppca::random(10, 3, 0.7, rng);
  const Tensor x = slice(ppca.sample(rng, 1).x, 0, 0, 1);
  const prob::MultivariateNormal exact = ppca.posterior(x), q = best_full(ppca, x);
  c.exact("ppca: largest error of the mean", max(abs(q.loc - exact.loc)).item(), 0, 1e-4);
  c.exact("ppca: largest error of the covariance",
          max(abs(q.covariance() - exact.covariance())).item(), 0, 1e-4);
}

// --- picture

std::vector<Plot> picture(const std::vector<Path>& paths) {
  const Line line = Line::example();
  const prob::Normal posterior = line.posterior(tensor(kLineX));
  const double mean = posterior.loc.item(), log_scale = std::log(posterior.scale.item());
  const std::vector<double> means = support::grid(-1, 3, 60), logs = support::grid(-2, 1, 50);
  const prob::Normal everywhere(tensor(means, {1, 60}), exp(tensor(logs, {50, 1})));
  const std::vector<double> height =
      (-log(line.gap(tensor(kLineX), everywhere) + 0.02)).to_vector();
  Plot map("uphill on the ELBO (darker is higher), from three places", "mean of q",
           "log scale of q");
  map.heat(means, logs, height);
  for (const Path& path : paths) map.line("", path.mean, path.log_scale);
  map.points("", {mean}, {log_scale}).note("posterior", mean + 0.12, log_scale);

  Plot on_the_way("q on one of these ways", "z", "density");
  const std::vector<double> z = support::grid(-2, 3, 150);
  const auto drawn = [&](const prob::Normal& at) {
    return exp(at.log_prob(tensor(z, {150}))).to_vector();
  };
  for (const std::size_t i : {0U, 5U, 15U}) {
    const prob::Normal at(tensor(paths[1].mean[i]), exp(tensor(paths[1].log_scale[i])));
    on_the_way.line(fmt::format("after {} steps", i), z, drawn(at));
  }
  on_the_way.dashed("posterior", z, drawn(posterior));
  return {map.x_range(-1, 3).y_range(-2, 1), on_the_way};
}

// --- program

void program(Concept& c) {
  const auto objective_of = c.broken("drop_entropy") ? without_entropy
                            : c.broken("drop_prior") ? without_prior
                                                     : objective;
  const std::vector<Path> paths = claims_of_the_line(c, objective_of);
  claims_of_ppca(c);
  c.draw(picture(paths));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C29",
                         .title = "inference turned into optimisation",
                         .source = "S0, S2, S3",
                         .mutants = {{"drop_entropy", "q collapses to the most likely z"},
                                     {"drop_prior", "q fits the likelihood alone"}}},
                        program);
}
