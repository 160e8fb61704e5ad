// hierarchical_posterior: a distribution over the parameters of q crosses the gaps between peaks
// C107, UDL notes; Ranganath, Tran and Blei 2016, equations 3 and 6
//
//     q(z) = sum_l q(l) q(z|l)
//     log p(x) >= E[ log p(x, z) + log r(l|z) - log q(l) - log q(z|l) ]
//
// The posterior of the curve F3 has three peaks. A particle that follows the slope from one of them does not reach the
// others, so that Hamiltonian steps hardly help. A q that first draws where to be, and then z, has no way to go.
#include "concepts/posteriors/hierarchical_posterior.hpp"
#include "concepts/posteriors/hamiltonian_posterior.hpp"
#include "concepts/posteriors/targets.hpp"
#include "nn/init.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/mixture.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using concepts::HierarchicalPosterior, concepts::Phase, concepts::ThreePeaks;
using support::Concept, support::Plot;
using vae::exact::Grid;

namespace {

using LogR = std::function<Tensor(HierarchicalPosterior&, const Tensor& z)>;

// --- wrong versions

/// r(l) = q(l): z does not say where it came from.
Tensor blind(HierarchicalPosterior& q, const Tensor& z) {
  return log_softmax(1.0 * q.logits) + 0.0 * z;
}
/// log r = 0: not a density over l.
Tensor left_out(HierarchicalPosterior&, const Tensor& z) { return 0.0 * z; }

// --- claims

/// One leapfrog step from the best normal, with a network for r(v|z): the gap in nats.
double hamiltonian_gap(const Concept& c, const ThreePeaks& p) {
  nn::Mlp r({1, 16, 2}, Activation::tanh, Activation::none);
  nn::init::torch_default(r, c.rng("r"));
  Parameter loc("loc", tensor({0.2})), log_scale("log scale", tensor({-1.5})),
      log_size("log size", tensor({-3.0})), log_mass("log mass", tensor({0.0}));
  std::vector<Parameter*> all = r.parameters();
  for (Parameter* more : {&loc, &log_scale, &log_size, &log_mass}) all.push_back(more);
  const Grid axis(-5, 5, c.choose(40, 30));
  const Tensor e = vae::exact::plane(axis, axis), of_z = slice(e, 1, 0, 1),
               of_v = slice(e, 1, 1, 2);
  const Tensor mass_of_e = softmax(-0.5 * sum(square(e), -1));
  const auto gap = [&] {
    const Tensor scale = exp(log_scale), mass = exp(log_mass);
    const prob::Normal q(1.0 * loc, scale, 1), momentum(zeros({1}), sqrt(mass), 1);
    const Phase from{loc + scale * of_z, sqrt(mass) * of_v};
    const Phase to = concepts::leapfrog([&](const Tensor& z) { return p.slope(z); }, from,
                                        exp(log_size), mass, 1);
    const Tensor of_r = r(to.z);
    const prob::Normal back(slice(of_r, 1, 0, 1), exp(slice(of_r, 1, 1, 2)), 1);
    return sum(mass_of_e * (q.log_prob(from.z) + momentum.log_prob(from.v) - back.log_prob(to.v) -
                            p.log_p(to.z)));
  };
  support::ascend(all, [&] { return -gap(); },
                  {.steps = c.choose(1500, 700), .rate = 0.02, .shrink = 1e-2});
  return gap().item();
}

/// q over eight cells, and its gap.
void claims_of_cells(Concept& c, const ThreePeaks& p, const LogR& log_r, HierarchicalPosterior& q) {
  const Tensor e = reshape(Grid(-6, 6, 100).points, {-1, 1});
  support::ascend(q.all, [&] { return concepts::shortfall(q, e, p, log_r); },
                  {.steps = c.choose(3000, 800), .shrink = 1e-2});
  const double gap = -concepts::shortfall(q, e, p, log_r).item();
  const Tensor z = p.curve.grid.points;
  const Tensor log_q = prob::Mixture(q.logits.value(), q.given()).log_prob(z);
  const double of_mixture = sum(exp(log_q) * (log_q - p.log_p(z))).item() * p.curve.grid.step();
  c.within("eight cells: share of the gap closed", 1 - gap / p.kGap, 0.5, 1);
  c.within("bound - that of the mixture itself", of_mixture - gap, -0.05, 1e-9);
}

// --- picture

std::vector<Plot> picture(const ThreePeaks& p, HierarchicalPosterior& q) {
  const Tensor line = linspace(-2.4, 0.8, 400);
  Plot density("eight cells", "z", "density");
  density.line("p(z|x)", line.to_vector(), exp(p.log_p(line)).to_vector())
      .dashed("q(z)", line.to_vector(),
              exp(prob::Mixture(q.logits.value(), q.given()).log_prob(line)).to_vector());
  Plot which("r(l|z): which cell was it", "z", "probability");
  const Tensor r = exp(q.log_r(line)), share = softmax(q.logits.value());
  for (int l = 0; l < 8; ++l)
    if (share.at({l}) > 0.05)
      which.line(fmt::format("m = {:.2f}, q(l) = {:.2f}", q.loc.value().at({l}), share.at({l})),
                 line.to_vector(), slice(r, 1, l, l + 1).to_vector());
  return {density.key("top left").x_range(-2.4, 0.8),
          which.key("top right").x_range(-2.4, 0.8).y_range(0, 1.6)};
}

// --- program

void program(Concept& c) {
  const LogR right = [](HierarchicalPosterior& q, const Tensor& z) { return q.log_r_of_own(z); };
  const LogR log_r = c.broken("r_ignores_z") ? blind : c.broken("r_left_out") ? left_out : right;
  const ThreePeaks p;
  HierarchicalPosterior q(linspace(-2.4, 0.6, 8));
  claims_of_cells(c, p, log_r, q);
  c.within("one Hamiltonian step: share of the gap closed", 1 - hamiltonian_gap(c, p) / p.kGap,
           c.choose(-0.1, -0.3), 0.1);
  c.draw(picture(p, q));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C107",
       .title = "A hierarchical posterior",
       .source = "UDL notes; Ranganath, Tran and Blei 2016, equations 3 and 6",
       .mutants = {{"r_ignores_z", "r(l) = q(l): z does not say where it came from"},
                   {"r_left_out", "log r is left out: 0 is not a density over l"}}},
      program);
}
