// intractable_likelihood: the likelihood of a latent model is an integral, and grids do not scale
// C26, UDL equations 17.8 and 17.9, notes S0, S1, S2, S3
//
//     log p(x) = log integral p(x|z) p(z) dz  ~  log sum over G^K cells of p(x|z) p(z) cell
//
// With one latent a grid gives the likelihood to all digits (likelihood_gradient learns with it).
// But G cells along each axis are G^K cells for K latents, and every cell asks the decoder once.
// Here the answer is known for every K, so that it can be seen when a grid is too coarse.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/cpu_time.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Grid;
using vae::exact::Ppca;

namespace {

// --- model

/// All combinations of the cells of K axes, [cells^K, K].
Tensor all_cells(const Grid& axis, std::int64_t K) {
  const std::int64_t per_axis = axis.cells();
  Tensor z = reshape(axis.points, {per_axis, 1});  // [cells, axes so far]
  for (std::int64_t k = 1; k < K; ++k) {
    const std::int64_t cells = z.dim(0);
    const Tensor old = broadcast_to(reshape(z, {cells, 1, k}), {cells, per_axis, k});
    const Tensor next = broadcast_to(reshape(axis.points, {per_axis, 1}), {cells, per_axis, 1});
    z = reshape(concat({old, next}, 2), {cells * per_axis, k + 1});
  }
  return z;
}

/// log p(x) for x [D], by a sum over a grid of `per_axis` cells along each of the K axes of z.
double log_px_on_grid(const Ppca& model, const Tensor& x, std::int64_t per_axis) {
  const Grid axis(-6, 6, per_axis);
  const Tensor z = all_cells(axis, model.latents());  // each asks the decoder once
  const double log_cell = static_cast<double>(model.latents()) * std::log(axis.step());
  return logsumexp(model.log_joint(x, z)).item() + log_cell;
}

/// A model with a known answer for every K.
Ppca model_of(std::int64_t K, Rng& rng) {
  Ppca model = Ppca::random(6, K, 1, rng);
  model.weight = 0.4 * model.weight;  // a wide posterior: 24 cells per axis are enough
  return model;
}

struct Curves {
  std::vector<double> latents, seconds, of_budget, errors;
};

// --- wrong versions

/// The cells on the diagonal in place of all combinations.
double log_px_on_diagonal(const Ppca& model, const Tensor& x, std::int64_t per_axis) {
  const Grid axis(-6, 6, per_axis);
  const auto K = static_cast<std::size_t>(model.latents());
  const Tensor z = concat(std::vector<Tensor>(K, reshape(axis.points, {-1, 1})), 1);
  return logsumexp(model.log_joint(x, z)).item() + static_cast<double>(K) * std::log(axis.step());
}

/// A sum of densities that are not multiplied by the volume of their cells.
double log_px_without_volume(const Ppca& model, const Tensor& x, std::int64_t per_axis) {
  const double log_step = std::log(Grid(-6, 6, per_axis).step());
  return log_px_on_grid(model, x, per_axis) - static_cast<double>(model.latents()) * log_step;
}

/// One cell, where the posterior is: but to know that is to know p(x).
double log_px_at_posterior(const Ppca& model, const Tensor& x, std::int64_t) {
  const prob::MultivariateNormal posterior = model.posterior(x);
  return (model.log_joint(x, posterior.loc) - posterior.log_prob(posterior.loc)).item();
}

// --- claims

Curves claims(Concept& c, const auto& log_px) {
  Rng rng = c.rng("model");
  Curves seen;
  for (std::int64_t k = 1; k <= 4; ++k) {
    const Ppca model = model_of(k, rng);
    const Tensor x = model.sample(rng, 1).x.with_shape({6});
    c.exact(fmt::format("{} latents, 24 cells per axis: log p(x)", k), log_px(model, x, 24),
            model.log_px(x).item(), 1e-6);
    seen.latents.push_back(static_cast<double>(k));
    seen.seconds.push_back(support::cpu_seconds([&] { log_px(model, x, 24); }));
  }
  c.within("CPU time, one latent more: 4 latents / 3 latents", seen.seconds[3] / seen.seconds[2],
           12, 60);
  // The other way round: 4096 cells in all. With 12 latents 2 an axis are left.
  for (const std::int64_t k : {1, 2, 3, 4, 6, 12}) {
    const Ppca model = model_of(k, rng);
    const Tensor x = model.sample(rng, 1).x.with_shape({6});
    const auto budget = std::llround(std::pow(4096.0, 1 / static_cast<double>(k)));
    seen.of_budget.push_back(static_cast<double>(k));
    seen.errors.push_back(std::fabs(log_px(model, x, budget) - model.log_px(x).item()));
  }
  c.at_least("error of 4096 cells in all, 12 latents, nats", seen.errors.back(), 1);
  return seen;
}

// --- picture

std::vector<Plot> picture(Curves seen) {
  for (double& error : seen.errors) error = std::max(error, 1e-16);
  const std::vector<double> all = support::grid(1, 20, 20);
  const auto visited = [](double k) {
    return static_cast<double>(all_cells(Grid(-6, 6, 24), static_cast<std::int64_t>(k)).dim(0));
  };
  return {
      Plot("a grid for K latents", "latents K", "cells to visit")
          .points("visited, 24 cells per axis", seen.latents, support::each(seen.latents, visited))
          .dashed("24^K", all, support::each(all, [](double k) { return std::pow(24, k); }))
          .note("a VAE for digits: 4·10^27", 9.3, 1e26)
          .log_y()
          .key("bottom right"),
      Plot("4096 cells, however many latents", "latents K", "|error of log p(x)|, nats")
          .points("", seen.of_budget, seen.errors)
          .log_y()};
}

// --- program

void program(Concept& c) {
  const auto log_px = c.broken("diagonal_grid")     ? log_px_on_diagonal
                      : c.broken("no_volume")       ? log_px_without_volume
                      : c.broken("posterior_known") ? log_px_at_posterior
                                                    : log_px_on_grid;
  c.draw(picture(claims(c, log_px)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C26",
       .title = "Why the likelihood of a latent-variable model is intractable",
       .source = "UDL equations 17.8 and 17.9; notes S0, S1, S2, S3; model F2",
       .mutants = {{"diagonal_grid", "the cells on the diagonal in place of all combinations"},
                   {"no_volume", "densities added up without the volume of their cells"},
                   {"posterior_known", "the sum is told where the posterior is"}}},
      program);
}
