// mutual_information_gap: a code is disentangled when each factor is known to one latent alone
// C77, UDL section 17.8.4
//
//     MIG = mean over factors f of  (I(z_a; v_f) - I(z_b; v_f)) / H(v_f)
//
// where z_a and z_b are the two latents that know most about the factor v_f. The sprites are drawn
// in all combinations of x, y, size and shape, so that every information is a sum over the data. A
// rotated code tells as much about the image, but no longer axis by axis.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/analysis/mig.hpp"
#include "vae/exact/sprites.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

prob::Normal code(const Tensor& loc) { return {loc, full(loc.shape(), 0.1), 1}; }

/// The gap of a code with these means [N, K] for the factors v [N, F].
double gap(const Concept& c, const Tensor& loc, const Tensor& v) {
  if (!c.broken("without_the_second")) return vae::mutual_information_gap(code(loc), v);
  // The most that any latent knows, without the one that knows second most.
  return mean(max(vae::factor_information(code(loc), v), 1) / vae::factor_entropy(v)).item();
}

void program(Concept& c) {
  const vae::exact::Sprites sprites =
      vae::exact::all_sprites({.positions = c.choose(6, 3), .sizes = 3});
  const Tensor factors = sprites.factors.to(DType::f64);
  // By hand: one latent for each factor, of mean 0 and variance 1.
  const Tensor centred = factors - mean(factors, 0);
  const Tensor perfect = centred / sqrt(mean(square(centred), 0));
  // Every latent takes as much of each factor. (A random rotation may lie near the axes: its gap is
  // 0.2 to 0.4 here.)
  const Tensor turn = 0.5 * tensor({{1, 1, 1, 1}, {1, -1, 1, -1}, {1, 1, -1, -1}, {1, -1, -1, 1}});
  c.identity("the rotation is one", max(abs(matmul(turn, transpose(turn)) - eye(4))).item(), 0);
  const Tensor rotated = matmul(perfect, turn);

  const Tensor target = c.broken("rotated_code") ? rotated : perfect;
  c.at_least("perfect code", gap(c, target, factors), 0.9);
  c.at_most("rotated code", gap(c, rotated, factors), 0.2);
  c.at_most("perfect code, every latent twice", gap(c, concat({perfect, perfect}, 1), factors),
            0.2);
  const Tensor between = 2.0 * perfect + rotated;
  std::vector<Tensor> columns;
  for (const int f : {2, 0, 3, 1}) columns.push_back(slice(factors, 1, f, f + 1));
  c.identity("a code between, factors in another order", gap(c, between, concat(columns, 1)),
             gap(c, between, factors));

  // A picture of who knows what.
  const Tensor entropy = vae::factor_entropy(factors);
  const auto panel = [&](const std::string& title, const Tensor& loc) {
    const Tensor known = vae::factor_information(code(loc), factors) / reshape(entropy, {4, 1});
    Plot plot(title, "factor", "I(z_k; v) / H(v)");
    plot.names({"x", "y", "size", "shape"}).y_range(0, 1.6);
    for (int k = 0; k < 4; ++k)
      plot.bars(fmt::format("z_{}", k + 1), slice(known, 1, k, k + 1).to_vector());
    return plot;
  };
  c.draw(
      {panel(fmt::format("one latent for each factor: MIG {:.2f}", gap(c, perfect, factors)),
             perfect),
       panel(fmt::format("the same code rotated: MIG {:.2f}", gap(c, rotated, factors)), rotated)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C77",
       .title = "disentangled axes and the mutual information gap",
       .source = "UDL section 17.8.4",
       .mutants = {{"rotated_code", "a code whose axes are mixed is called disentangled"},
                   {"without_the_second",
                    "the largest information, without subtracting the next"}}},
      program);
}
