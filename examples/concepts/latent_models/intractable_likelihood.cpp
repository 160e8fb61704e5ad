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
#include "support/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Grid;
using vae::exact::Ppca;

namespace {

struct OnGrid {
  double log_px;
  std::int64_t cells;  ///< at which the decoder was asked
};

/// log p(x) for x [D], by a sum over a grid of `per_axis` cells along each of the K axes of z.
OnGrid log_px_on_grid(const Concept& c, const Ppca& model, const Tensor& x, std::int64_t per_axis) {
  const Grid axis(-6, 6, per_axis);
  Tensor z = reshape(axis.points, {per_axis, 1});  // [cells, axes so far]
  for (std::int64_t k = 1; k < model.latents(); ++k) {
    if (c.broken("diagonal_grid")) {
      z = concat({z, reshape(axis.points, {per_axis, 1})}, 1);
      continue;
    }
    const std::int64_t cells = z.dim(0);
    const Tensor old = broadcast_to(reshape(z, {cells, 1, k}), {cells, per_axis, k});
    const Tensor next = broadcast_to(reshape(axis.points, {per_axis, 1}), {cells, per_axis, 1});
    z = reshape(concat({old, next}, 2), {cells * per_axis, k + 1});
  }
  const double log_cell = static_cast<double>(model.latents()) * std::log(axis.step());
  return {logsumexp(model.log_joint(x, z)).item() + log_cell, z.dim(0)};
}

void program(Concept& c) {
  // A model with a known answer for every K.
  Rng rng = c.rng("model");
  const std::int64_t largest = 4, per_axis = 24;
  std::vector<double> latents, cells, errors;
  const auto model_of = [&](std::int64_t k) {
    Ppca model = Ppca::random(6, k, 1, rng);
    model.weight = 0.4 * model.weight;  // a wide posterior: 24 cells an axis are enough
    return model;
  };
  for (std::int64_t k = 1; k <= largest; ++k) {
    const Ppca model = model_of(k);
    const Tensor x = model.sample(rng, 1).x.with_shape({6});
    const OnGrid sum = log_px_on_grid(c, model, x, per_axis);
    c.exact(fmt::format("{} latents, 24 cells an axis: log p(x)", k), sum.log_px,
            model.log_px(x).item(), 1e-6);
    c.identity(fmt::format("{} latents: cells visited / 24^{}", k, k),
               static_cast<double>(sum.cells) / std::pow(24, k), 1);
    latents.push_back(static_cast<double>(k));
    cells.push_back(static_cast<double>(sum.cells));
  }
  // The other way round: 4096 cells in all. With 12 latents 2 an axis are left.
  std::vector<double> of_budget;
  for (const std::int64_t k : {1, 2, 3, 4, 6, 12}) {
    const Ppca model = model_of(k);
    const Tensor x = model.sample(rng, 1).x.with_shape({6});
    const auto budget = std::llround(std::pow(4096.0, 1 / static_cast<double>(k)));
    of_budget.push_back(static_cast<double>(k));
    errors.push_back(
        std::fabs(log_px_on_grid(c, model, x, budget).log_px - model.log_px(x).item()));
  }
  c.at_least("error of 4096 cells in all, 12 latents, nats", errors.back(), 1);
  for (double& error : errors) error = std::max(error, 1e-16);

  const std::vector<double> all = support::grid(1, 20, 20);
  c.draw({Plot("a grid for K latents", "latents K", "cells to visit")
              .points("visited, 24 cells an axis", latents, cells)
              .dashed("24^K", all, support::each(all, [](double k) { return std::pow(24, k); }))
              .note("a VAE for digits: 4·10^27", 9.3, 1e26)
              .log_y()
              .key("bottom right"),
          Plot("4096 cells, however many latents", "latents K", "|error of log p(x)|, nats")
              .points("", of_budget, errors)
              .log_y()});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C26",
       .title = "Why the likelihood of a latent-variable model is intractable",
       .source = "UDL equations 17.8 and 17.9; notes S0, S1, S2, S3; model F2",
       .mutants = {{"diagonal_grid", "the cells on the diagonal in place of all combinations"}}},
      program);
}
