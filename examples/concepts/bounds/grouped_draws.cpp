// grouped_draws: how tight a bound of M groups of K draws is, and what its gradient is worth to each net
// C135, Rainforth, Kosiorek, Le, Maddison, Igl, Wood and Teh 2018, theorem 1 and section 6
//
//     MIWAE   (1/M) sum_m log (1/K) sum_k w_mk      signal-to-noise ~ sqrt(M/K) for q, sqrt(M K) for p
//
// Its two ends are the ELBO (K = 1) and IWAE (M = 1). On the line, where the constants of theorem 1 are known. The bounds are
// in multiply_weighted.hpp, the noise in grouped_draws.hpp.
#include "concepts/bounds/grouped_draws.hpp"
#include "concepts/adversarial/turns.hpp"
#include "concepts/bounds/importance_weighted.hpp"
#include "concepts/bounds/multiply_weighted_faults.hpp"
#include "support/concept/concept.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void claims_of_bounds(Concept& c, const MultiplySteps& by) {
  Rng rng = c.rng("bounds");
  const std::int64_t n = c.choose(100000, 20000);
  const prob::Normal q(zeros({5, 10, n}), ones({5, 10, n}));
  const Tensor log_w = log_weights_of_line(q, q.sample(rng)), elbo = mean(log_w, {0, 1});
  const Tensor L = by.miwae(log_w), all = iwae(log_w), half = by.ciwae(0.5)(log_w);
  const auto same = [&](const char* name, const Tensor& a, const Tensor& b) {
    c.identity(name, max(abs(a - b)).item(), 0);
  };
  same("MIWAE(1, 50) - IWAE(50), largest", by.miwae(reshape(log_w, {1, 50, n})), all);
  same("MIWAE(50, 1) - mean of log w, largest", by.miwae(reshape(log_w, {50, 1, n})), elbo);
  same("CIWAE, beta = 0, - IWAE(50), largest", by.ciwae(0)(log_w), all);
  same("CIWAE, beta = 1, - mean of log w, largest", by.ciwae(1)(log_w), elbo);
  c.at_most("of the same draws: MIWAE(5, 10) - IWAE(50), largest", max(L - all).item(), 1e-12);
  c.at_most("of the same draws: mean of log w - MIWAE(5, 10), largest", max(elbo - L).item(),
            1e-12);
  c.monte_carlo("line: MIWAE(5, 10), L_10", prob::estimate(L), kKnown[3], 0.005);
  c.monte_carlo("line: CIWAE of 50, beta = 1/2", prob::estimate(half), (kKnown[0] + kKnown[4]) / 2,
                0.005);
}

/// Of one group of K draws, and of 64 draws in groups of K.
void claims_of_noise(Concept& c, const MultiplySteps& by, Record& r) {
  for (const int K : {1, 4, 16, 64})
    for (const auto& [name, M] : {std::pair{"one group", 1}, {"64 draws", 64 / K}}) {
      const Worth of = worth_of(by.miwae, {M, K}, c.choose(1280000, 192000),
                                c.rng(fmt::format("{} {}", name, K)));
      r.add(fmt::format("{}, encoder", name), K, of.encoder);
      r.add(fmt::format("{}, decoder", name), K, of.decoder);
    }
  const std::vector<double>&q = r.curve("one group, encoder").y,
        &p = r.curve("one group, decoder").y;
  const std::vector<double>& groups = r.curve("64 draws, encoder").y;
  const auto near = [&](const std::string& name, double measured, double expected, double share) {
    c.within(name, measured / expected, 1 - share, 1 + share);
  };
  near("encoder, one draw: SNR / (1.1/3)", q[0], 1.1 / 3, c.choose(0.02, 0.06));
  near("encoder, K = 64: SNR sqrt(K) / limit", 8 * q[3], kEncoderLimit, c.choose(0.05, 0.2));
  c.within("decoder, K = 64: SNR / sqrt(K) / limit", p[3] / 8 / kDecoderLimit, c.choose(0.89, 0.8),
           c.choose(0.95, 1.1));
  near("encoder, K = 4: SNR of 16 groups / of one, / 4", groups[1] / q[1], 4, c.choose(0.05, 0.2));
  c.within("encoder, 64 draws: SNR of (64, 1) / of (1, 64)", groups[0] / groups[3],
           c.choose(105.0, 80.0), c.choose(135.0, 170.0));
}

/// Which gradient each net of PIWAE gets, of the same draws as MIWAE and IWAE.
void claims_of_parts(Concept& c, const MultiplySteps& by) {
  const nn::Batch batch{.images = c.rng("images").uniform({4, 6})};
  const auto gradient = [&](const Climbs& of, std::size_t player, bool encoder) {
    vae::MlpVae model({.rows = 2, .cols = 3, .hidden = {5}, .latent = 2});
    nn::init::torch_default(model, c.rng("small"));
    NetOptimizers move(model);
    Rng rng = c.rng("turn");
    take_turn(players(model, of, {3, 4}, move)[player], batch, rng);
    return encoder ? support::gradient_row(model.encoder) : support::gradient_row(model.decoder);
  };
  const auto off = [&](std::size_t player, bool encoder, const OfGroups& bound) {
    const Tensor own = gradient(by.piwae(), player, encoder);
    return max(abs(own - gradient({bound}, 0, encoder))).item();
  };
  c.identity("PIWAE's encoder: gradient - MIWAE's, largest", off(0, true, by.miwae), 0);
  c.identity("PIWAE's decoder: gradient - IWAE's, largest", off(1, false, iwae), 0);
}

// --- picture

Plot picture(const Record& r) {
  Plot plot("the line: 64 draws in groups of K", "K draws in a group",
            "signal-to-noise of a gradient");
  for (const std::string net : {"decoder", "encoder"}) {
    const auto &groups = r.curve("64 draws, " + net), &one = r.curve("one group, " + net);
    plot.line(net + ", 64 / K groups", groups.x, groups.y).same_colour();
    plot.dashed(net + ", one group", one.x, one.y);
  }
  return plot.log_x().log_y().x_range(0.8, 80).y_range(1e-3, 10).key("bottom left");
}

// --- program

void program(Concept& c) {
  const MultiplySteps by{
      .miwae = c.broken("axes_exchanged") ? groups_of_the_other_axis : vae::miwae_bound,
      .mixed = c.broken("beta_of_iwae") ? other_beta : vae::ciwae_bound,
      .piwae = c.broken("nets_exchanged") ? exchanged : piwae};
  claims_of_bounds(c, by);
  Record noise;
  claims_of_noise(c, by, noise);
  claims_of_parts(c, by);
  c.draw({picture(noise)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C135",
       .title = "Groups of draws: MIWAE, PIWAE, CIWAE",
       .source = "Rainforth et al. 2018, theorem 1 and section 6; model F1",
       .mutants = {{"axes_exchanged", "K groups of M draws, not M groups of K"},
                   {"beta_of_iwae", "beta weighs the bound of IWAE, 1 - beta the ELBO"},
                   {"nets_exchanged", "PIWAE gives each net the other one's bound"}}},
      program);
}
