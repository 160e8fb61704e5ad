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
#include "nn/data/sprites.hpp"
#include "support/concept/concept.hpp"
#include "vae/analysis/mig.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

prob::Normal code(const Tensor& loc) { return {loc, full(loc.shape(), 0.1), 1}; }

/// The gap of a code with these means [N, K] for the factors v [N, F].
double gap(const Tensor& loc, const Tensor& v) { return vae::mutual_information_gap(code(loc), v); }

/// By hand: one latent for each factor, of mean 0 and variance 1.
Tensor perfect_code(const Tensor& factors) {
  const Tensor centred = factors - mean(factors, 0);
  return centred / sqrt(mean(square(centred), 0));
}

/// Every latent takes as much of each factor. (A random rotation may lie near the axes: its gap is
/// 0.2 to 0.4 here.)
Tensor rotation() {
  return 0.5 * tensor({{1, 1, 1, 1}, {1, -1, 1, -1}, {1, 1, -1, -1}, {1, -1, -1, 1}});
}

Tensor rotated(const Tensor& code) { return matmul(code, rotation()); }

// --- wrong versions

/// The most that any latent knows, without the one that knows second most.
double without_the_second(const Tensor& loc, const Tensor& v) {
  return mean(max(vae::factor_information(code(loc), v), 1) / vae::factor_entropy(v)).item();
}

/// The gap as a share of what the best latent knows, not of what there is to know.
double share_of_the_best(const Tensor& loc, const Tensor& v) {
  const Tensor known = vae::factor_information(code(loc), v), best = max(known, 1, true);
  const Tensor second = max(where(equal(known, best), 0.0, known), 1, true);
  return mean((best - second) / best).item();
}

/// The factors do not count alike: the first one has the weight 1/2.
double first_factor_most(const Tensor& loc, const Tensor& v) {
  return 0.5 * gap(loc, v) + 0.5 * gap(loc, slice(v, 1, 0, 1));
}

Tensor half_rotation() { return 0.5 * rotation(); }

// --- claims

void claims(Concept& c, const nn::Sprites& sprites, const Tensor& target, const Tensor& turn,
            const auto& MIG) {
  const Tensor factors = sprites.factors.to(DType::f64), perfect = perfect_code(factors);
  c.identity("the rotation is one", max(abs(matmul(turn, transpose(turn)) - eye(4))).item(), 0);
  c.within("perfect code", MIG(target, factors), 0.99, 1);
  c.exact("rotated code: all latents know the same", MIG(rotated(perfect), factors), 0);
  c.exact("perfect code, every latent twice", MIG(concat({perfect, perfect}, 1), factors), 0);
  const Tensor between = 2.0 * perfect + rotated(perfect);
  std::vector<Tensor> columns;
  for (const int f : {2, 0, 3, 1}) columns.push_back(slice(factors, 1, f, f + 1));
  c.identity("a code between, factors in another order", MIG(between, concat(columns, 1)),
             MIG(between, factors));

  // Each latent knows only whether its factor is 0: one bit of many, by hand.
  double known = 0;
  for (const int values : sprites.counts) {
    const double p = 1.0 / values;
    known += -(p * std::log(p) + (1 - p) * std::log(1 - p)) / std::log(values);
  }
  c.exact("latents that know a part of their factor",
          MIG(where(less(factors, 0.5), 10.0, zeros_like(factors)), factors), known / 4);
}

// --- picture

/// Who knows what.
Plot panel(const std::string& title, const Tensor& loc, const Tensor& factors) {
  const Tensor share =
      vae::factor_information(code(loc), factors) / reshape(vae::factor_entropy(factors), {4, 1});
  Plot plot(fmt::format("{}: MIG {:.2f}", title, gap(loc, factors)), "factor", "I(z_k; v) / H(v)");
  plot.names({"x", "y", "size", "shape"}).y_range(0, 1.05).key("below");
  for (int k = 0; k < 4; ++k)
    plot.bars(fmt::format("z_{}", k + 1), slice(share, 1, k, k + 1).to_vector());
  return plot;
}

// --- program

void program(Concept& c) {
  const auto MIG = c.broken("without_the_second")  ? without_the_second
                   : c.broken("share_of_the_best") ? share_of_the_best
                   : c.broken("first_factor_most") ? first_factor_most
                                                   : gap;
  const bool mixed = c.broken("rotated_code");
  const Tensor turn = c.broken("half_a_rotation") ? half_rotation() : rotation();
  const nn::Sprites sprites = nn::all_sprites({.positions = c.choose(6, 3), .sizes = 3});
  const Tensor factors = sprites.factors.to(DType::f64), perfect = perfect_code(factors);
  claims(c, sprites, mixed ? rotated(perfect) : perfect, turn, MIG);
  c.draw({panel("one latent for each factor", perfect, factors),
          panel("the same code rotated", rotated(perfect), factors)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C77",
       .title = "disentangled axes and the mutual information gap",
       .source = "UDL section 17.8.4",
       .mutants = {{"rotated_code", "a code whose axes are mixed is called disentangled"},
                   {"without_the_second", "the largest information, without subtracting the next"},
                   {"share_of_the_best", "divided by the largest information, not by H(v)"},
                   {"first_factor_most", "the first factor has more weight than the others"},
                   {"half_a_rotation", "the rotation halves every length"}}},
      program);
}
