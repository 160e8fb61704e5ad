// cluster_bound: the bound of a VAE whose prior is a mixture, and the score of clusters that have no names
// C106, UDL, notes of chapter 17; Jiang, Zheng, Tan, Tang and Zhou 2016, equations 8 to 16
//
//     log p(z) = sum_c gamma_c (log p(z|c) + log pi_c - log gamma_c),   gamma_c = p(c|z)
//     E_q log p(z) - (its form with E_q log p(z|c)) = E KL(gamma(z) || gamma(z'))
//
// On a small model with random weights. The model is in mixture_clustering.hpp.
#include <numeric>

#include "concepts/discrete/cluster_start.hpp"
#include "concepts/discrete/mixture_clustering_faults.hpp"
#include "nn/init.hpp"
#include "prob/monte_carlo.hpp"

using namespace concepts;
using support::Concept;

namespace {

// --- model

double total(const Tensor& score, const std::vector<std::int64_t>& column) {
  double sum = 0;
  for (std::int64_t row = 0; row < score.dim(0); ++row)
    sum += score.at({row, column[static_cast<std::size_t>(row)]});
  return sum;
}
/// The largest total of all matchings, tried one by one.
double best_of_all(const Tensor& score) {
  std::vector<std::int64_t> column(static_cast<std::size_t>(score.dim(0)));
  std::iota(column.begin(), column.end(), 0);
  double best = total(score, column);
  while (std::next_permutation(column.begin(), column.end()))
    best = std::max(best, total(score, column));
  return best;
}

// --- claims

void claims_of_the_bound(Concept& c, const ClusterSteps& steps) {
  const NoGrad no_grad;
  MixtureVae model({.pixels = 6, .latents = 2, .clusters = 3, .wide = 5, .narrow = 5}, steps);
  nn::init::torch_default(model, c.rng("small"));
  Rng rng = c.rng("draws");
  set_prior(model, {rng.normal({3}), rng.normal({3, 2}), exp(0.5 * rng.normal({3, 2}))});
  const std::int64_t n = 40'000;
  const prob::Normal q = model.encode(broadcast_to(rng.uniform({6}), {n, 6}));
  const Tensor z = q.rsample(rng), log_joint = model.mixture().log_joint(z);
  const Tensor gamma = steps.posterior(log_joint), log_pi = log_softmax(model.logits);
  const Tensor of_c = steps.of_cluster(gamma, log_pi);
  c.identity("sum of gamma - 1, largest", max(abs(sum(gamma, -1) - 1.0)).item(), 0);
  c.identity(
      "E log p(z|c) - KL(gamma || p(c)) - log p(z), largest",
      max(abs(sum(gamma * (log_joint - log_pi), -1) - of_c - model.prior().log_prob(z))).item(), 0);
  // What the closed form costs: q(z|x) and gamma are taken as independent.
  const Tensor bound = -of_c - sum(gamma * steps.to_each(q, model.prior().components), -1);
  const Tensor sampled = model.prior().log_prob(z) - q.log_prob(z);  // estimator A
  const Tensor again = log_softmax(model.mixture().log_joint(q.rsample(rng)));
  const Tensor lost = sum(gamma * (log(gamma) - again), -1);
  c.at_least("estimator A - L, nats", mean(sampled - bound).item(), 0.02);
  c.monte_carlo("estimator A - L - E KL(gamma(z) || gamma(z'))",
                prob::estimate(sampled - bound - lost), 0, 0.05);
}

/// A change of coordinates leaves every image as it was, and makes clusters of codes round.
void claims_of_the_coordinates(Concept& c) {
  MixtureVae model({.pixels = 6, .latents = 2, .clusters = 3, .wide = 5, .narrow = 5});
  nn::init::torch_default(model, c.rng("small"));
  Rng rng = c.rng("coordinates");
  const Tensor x = rng.uniform({500, 6});
  const auto code = [&] { return model.encode(x).loc.detach(); };
  const Tensor before = code(), image = model.decode(before).mean().detach();
  const vae::ScaledKMeans start = vae::scaled_k_means(before, 3, rng);
  model.change_coordinates(start.to, start.back);
  c.identity("image after a change of coordinates, largest difference",
             max(abs(model.decode(code()).mean() - image)).item(), 0, 1e-12);
  const Tensor off = code() - take_rows(start.clusters.centres, start.clusters.nearest);
  const Tensor W = matmul(off, off, {.transpose_left = true}) / 500.0;
  c.identity("covariance within clusters - I after it, largest", max(abs(W - eye(2))).item(), 0,
             1e-10);
}

void claims_of_the_matching(Concept& c, const auto& match) {
  Rng rng = c.rng("tables");
  double short_of_best = 0;
  for (int i = 0; i < 200; ++i) {
    const Tensor score = rng.uniform({5, 5});
    short_of_best = std::max(short_of_best, best_of_all(score) - total(score, match(score)));
  }
  c.identity("best of 120 matchings - the one found, largest", short_of_best, 0);
}

// --- program

void program(Concept& c) {
  ClusterSteps steps;
  if (c.broken("entropy_of_c_missing")) steps.of_cluster = kl_without_entropy;
  if (c.broken("two_pi_in_entropy")) steps.to_each = kl_with_two_pi;
  const auto match = c.broken("greedy_matching") ? greedy_matching : vae::best_matching;
  claims_of_the_bound(c, steps);
  claims_of_the_coordinates(c);
  claims_of_the_matching(c, match);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C106",
       .title = "VaDE: its bound, and the matching of clusters with classes",
       .source = "Jiang et al. 2016, equations 8 to 16; UDL 17",
       .mutants = {{"entropy_of_c_missing", "the entropy of gamma is left out of the bound"},
                   {"two_pi_in_entropy",
                    "the entropy of q is short of log(2 pi) / 2 for each latent"},
                   {"greedy_matching", "clusters choose their classes one after another"}}},
      program);
}
