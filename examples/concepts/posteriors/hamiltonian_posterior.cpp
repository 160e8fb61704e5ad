// hamiltonian_posterior: the model's own slope moves the sample, and the momentum pays for it
// C107, UDL notes; Salimans, Kingma and Welling 2015, section 4
//
//     z_0 ~ q_0, v_0 ~ N(0, M);   v += e/2 grad log p(x, z),   z += e v / M,   v += e/2 grad log p(x, z)
//     log p(x) >= E[ log p(x, z_T) + log r(v_T|z_T) - log q_0(z_0) - log N(v_0; 0, M) ]
//
// Leapfrog steps keep volume, so the density of (z, v) is known all along the way. That of z_T alone is not; r says what is
// lost. For a normal p every part is normal, and the bound with the best r is exact: its gap is KL(q(z_T) || p).
#include <map>
#include <memory>

#include "concepts/posteriors/hamiltonian_normal.hpp"
#include "concepts/posteriors/hamiltonian_posterior_faults.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "support/numerics/jacobian.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using concepts::HamiltonianNormal, concepts::Phase, concepts::Slanted, concepts::ThreePeaks,
    concepts::Trajectory;
using support::Concept, support::Plot, vae::exact::Grid;

namespace {

// --- claims

/// On the curve's hill, which is not quadratic.
void claims_of_steps(Concept& c, Trajectory trajectory) {
  const ThreePeaks hill;
  const auto slope = [&](const Tensor& z) { return hill.slope(z); };
  Rng rng = c.rng("particles");
  const Tensor start = rng.normal({20, 2}), size = tensor({0.03}), mass = tensor({1.3});
  const auto moved = [&](const Tensor& zv) {
    const Phase to = trajectory(slope, {slice(zv, 1, 0, 1), slice(zv, 1, 1, 2)}, size, mass, 3);
    return concat({to.z, to.v}, 1);
  };
  const Tensor turned = tensor({1.0, -1.0});
  c.identity("three steps, v turned, three steps: distance from the start",
             max(abs(moved(moved(start) * turned) * turned - start)).item(), 0, 1e-10);
  c.identity("log of the volume, largest",
             max(abs(support::log_det_2x2(support::jacobian(moved, start)))).item(), 0, 1e-10);
}

/// The best q of one transition by its number of steps, with its gap.
using Best = std::map<int, std::pair<std::shared_ptr<HamiltonianNormal>, double>>;

Best claims_of_gaps(Concept& c, Trajectory trajectory) {
  struct Known {
    int transitions, steps;
    double gap, tolerance = 1e-3;
  };
  const Slanted p;
  Best best;
  for (const auto& [transitions, steps, known, tolerance] : {Known{1, 1, 0.126835},
                                                             {1, 2, 0.006553, 1e-5},
                                                             {1, 4, 0.0},
                                                             {2, 1, 0.042873},
                                                             {3, 1, 0.021353}}) {
    std::pair<std::shared_ptr<HamiltonianNormal>, double> found{nullptr, p.kGap};
    // From narrow q_0, and from one as wide as p: none is best for all.
    for (const auto& [variance, size] : {std::pair(0.05, 0.45), {0.1, 0.3}, {1.5, 0.3}}) {
      const auto q = std::make_shared<HamiltonianNormal>(transitions, steps, variance, size);
      support::ascend({&q->log_variance, &q->log_size, &q->log_mass},
                      [&] { return -q->gap(p, trajectory); }, {.steps = 4000, .shrink = 1e-2});
      const double gap = q->gap(p, trajectory).item();
      if (!found.first || gap < found.second) found = {q, gap};
    }
    c.exact(fmt::format("{} x {} steps: gap", transitions, steps), found.second, known, tolerance);
    if (transitions == 1) best[steps] = found;
  }
  return best;
}

// --- picture

/// Draws over the density of p.
Plot over_p(const std::string& title, const Tensor& z) {
  const Grid axis(-3.5, 3.5, 71);
  const std::vector<double> at = axis.points.to_vector();
  return Plot(title, "z_1", "z_2")
      .heat(at, at, exp(Slanted().log_p(vae::exact::plane(axis, axis))).to_vector())
      .dots("", slice(z, 1, 0, 1).to_vector(), slice(z, 1, 1, 2).to_vector())
      .x_range(-3.5, 3.5)
      .y_range(-3.5, 3.5)
      .square();
}

/// Draws of the best q of two steps at the start and at the end, and the gaps.
std::vector<Plot> picture(const Best& best) {
  const Slanted p;
  HamiltonianNormal& q = *best.at(2).first;
  Rng rng(3);
  const Tensor mass = q.mass_of(0);
  const Phase from{rng.normal({800, 2}) * exp(0.5 * q.log_variance),
                   rng.normal({800, 2}) * sqrt(mass)};
  const auto slope = [&](const Tensor& z) { return p.slope(z); };
  std::vector<double> steps{0}, gaps{p.kGap};
  for (const auto& [T, found] : best)
    steps.push_back(T), gaps.push_back(std::max(found.second, 1e-6));
  Plot plot("what q still misses", "leapfrog steps", "gap, nats");
  plot.line("", steps, gaps).same_colour().points("", steps, gaps).log_y().x_range(-0.2, 4.2);
  return {
      over_p("p, and draws of q_0", from.z),
      over_p("the same after two steps", concepts::leapfrog(slope, from, q.size_of(0), mass, 2).z),
      plot};
}

// --- program

void program(Concept& c) {
  const Trajectory trajectory = c.broken("gradient_detached") ? concepts::gradient_detached
                                : c.broken("whole_steps")     ? concepts::whole_steps
                                : c.broken("both_at_once")    ? concepts::both_at_once
                                                              : concepts::leapfrog;
  claims_of_steps(c, trajectory);
  c.draw(picture(claims_of_gaps(c, trajectory)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C107",
       .title = "Hamiltonian variational inference",
       .source = "UDL notes; Salimans, Kingma and Welling 2015, section 4",
       .mutants = {{"gradient_detached", "the slope is a constant to the gradient of the bound"},
                   {"whole_steps", "whole steps of v in the place of two half ones"},
                   {"both_at_once", "z and v are moved by each other's old values"}}},
      program);
}
