// tempered_hamiltonian: a posterior that rolls along the model's own slope, hot at first and cooled on the way
// C142; Caterini, Doucet and Sejdinovic 2018, algorithm 1
//
//     rho_0 = gamma / sqrt(beta_0);  K leapfrog steps along log p(x, z), each followed by a cooling of rho;  beta_K = 1
//     bound = E[ log p(x, z_K) + log N(rho_K; 0, I) - log q_0(z_0|x) - log N(gamma; 0, I) ]
//
// C107 guesses the momentum with a network r. Here it has the target N(0, I), and q has only step sizes and one temperature to learn.
#include "concepts/posteriors/tempered_hamiltonian.hpp"

#include "concepts/posteriors/targets.hpp"
#include "concepts/posteriors/tempered_normal.hpp"
#include "concepts/posteriors/train_posterior.hpp"
#include "support/numerics/ascend.hpp"
#include "support/numerics/jacobian.hpp"

using namespace tapestry;
using concepts::Normal, concepts::Phase, concepts::TemperedNormal, concepts::TemperedVae;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

/// Steps that see the prior and not the datum.
Tensor slope_of_prior(const TemperedNormal&, const Tensor& z) { return -z; }

// --- claims

/// log |det| of three cooled steps along the posterior with three peaks: that of the coolings alone.
void claims_of_volume(Concept& c, double volume) {
  const concepts::ThreePeaks target;
  Rng rng = c.rng("volume");
  const Tensor first = tensor(1.7);
  const auto flow = [&](const Tensor& both) {
    const Phase to =
        concepts::cooled([&](const Tensor& z) { return target.slope(z); },
                         {slice(both, 1, 0, 1), slice(both, 1, 1, 2)}, tensor({0.05}), first, 3);
    return concat({to.z, to.v}, 1);
  };
  const Tensor log_det = support::log_det_2x2(support::jacobian(flow, rng.normal({50, 2})));
  c.identity("log |det| of three cooled steps - log sqrt(beta_0), largest",
             max(abs(log_det + std::log(1.7))).item(), 0, 1e-9);
  TemperedVae tiny(9, 8, 2, 2, volume);
  concepts::claim_of_density(c, tiny);
}

/// log p(x) - bound, with the best step sizes and temperature.
double gap(const vae::exact::Ppca& model, const Tensor& x, int steps, bool heated,
           concepts::SlopeOf slope, int climb) {
  TemperedNormal q(model, x, steps, heated);
  std::vector<Parameter*> all{&q.log_size};
  if (heated) all.push_back(&q.warmth);
  if (steps > 0)
    support::ascend(all, [&] { return q.elbo(slope); }, {.steps = climb, .rate = 0.02});
  return (model.log_px(x) - q.elbo(slope)).item();
}

struct Gaps {
  std::vector<double> steps, hot, cold;
};

Gaps claims_of_gap(Concept& c, concepts::SlopeOf slope, bool heated) {
  const vae::exact::Ppca model{tensor({{1.0, 0.8}, {0.5, 0.6}, {-0.7, -0.9}, {0.2, -0.3}}),
                               zeros({4}), tensor(0.5)};
  const Tensor x = tensor({1.0, 0.6, -0.8, 0.1});
  Gaps g;
  for (const int steps : {0, 1, 2, 4, 8}) {
    const int climb = c.choose(3000, 800);
    g.steps.push_back(steps);
    g.hot.push_back(gap(model, x, steps, heated, slope, climb));
    g.cold.push_back(gap(model, x, steps, false, slope, climb));
  }
  c.exact("no step: KL(N(0, I) || p(z|x))", g.hot[0],
          model.gap(x, Normal(zeros({2}), ones({2}), 1)).item(), 1e-9);
  TemperedNormal flow(model, x, 256, false);
  flow.log_size.set_value(full({2}, std::log(0.005)));
  c.exact("256 small steps at beta = 1: gap - with none",
          (model.log_px(x) - flow.elbo(slope)).item() - g.hot[0], 0, 2e-3);
  c.within("gap with 1 step / with none", g.hot[1] / g.hot[0], 0.22, 0.31);
  c.within("gap with 4 steps / with none", g.hot[3] / g.hot[0], 0.25, 0.34);
  c.within("2 steps: gap with cooling / without", g.hot[2] / g.cold[2], 0.31, 0.42);
  return g;
}

void claims_of_training(Concept& c, const Record& r) {
  const double plain = r.curve("normal").last(), moved = r.curve("two steps").last();
  c.within("test -ELBO with two steps, nats", moved, c.choose(111.0, 60.0), c.choose(114.0, 260.0));
  c.within("-ELBO of the normal - with two steps", plain - moved, c.choose(0.58, -40.0),
           c.choose(0.8, 20.0));
}

// --- picture

std::vector<Plot> picture(const Gaps& g, const Record& r) {
  Plot digits("test digits", "epoch, after both began alike", "-ELBO, nats");
  for (const std::string name : {"normal", "two steps"})
    digits.line(name, r.curve(name).x, r.curve(name).y);
  return {Plot("a linear model: log p(x) - bound", "leapfrog steps", "nats")
              .line("beta_0 learned", g.steps, g.hot)
              .line("beta_0 = 1", g.steps, g.cold)
              .y_range(0, 1.1 * g.hot[0]),
          digits};
}

// --- program

void program(Concept& c) {
  const auto slope = c.broken("steps_see_the_prior") ? slope_of_prior : concepts::slope_of;
  const double volume = c.broken("cooling_counted_twice") ? 1 : 0;
  const bool heated = !c.broken("never_heated");
  claims_of_volume(c, volume);
  const Gaps gaps = claims_of_gap(c, slope, heated);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    const std::int64_t hidden = c.choose(200, 50), Z = c.choose(20, 8);
    TemperedVae first(784, hidden, Z, 0), normal(784, hidden, Z, 0), moved(784, hidden, Z, 2);
    concepts::train_posterior(c, data, first, "at first", c.choose(6, 4), 0, measured);
    concepts::train_posterior(c, data, normal, "normal", c.choose(4, 2), 0, measured, &first);
    concepts::train_posterior(c, data, moved, "two steps", c.choose(4, 2), 0, measured, &first);
  });
  claims_of_training(c, r);
  c.draw(picture(gaps, r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C142",
       .title = "A Hamiltonian VAE: tempered steps along the model's slope",
       .source = "Caterini, Doucet and Sejdinovic 2018, algorithm 1",
       .mutants = {{"cooling_counted_twice", "the volume of the coolings is in the density again"},
                   {"steps_see_the_prior", "the slope is that of log p(z)"},
                   {"never_heated", "beta_0 stays 1"}}},
      program);
}
