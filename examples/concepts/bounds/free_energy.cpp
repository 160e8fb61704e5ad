// free_energy: minus the ELBO is an energy minus an entropy, and has a temperature
// C132, UDL notes; Dayan, Hinton, Neal and Zemel 1995
//
//     F_T(q) = E_q[E] - T H(q),   E(z) = -log p(x, z)         F_1 = -ELBO >= -log p(x)
//
// Physics has had the bound for long: no q has less free energy than the Gibbs distribution. At temperature 1 that is
// the posterior. A Boltzmann machine has an energy over images, so that its bound is on log Z: on the wrong side.
#include "concepts/bounds/boltzmann_machine.hpp"
#include "concepts/bounds/free_energy_faults.hpp"
#include "concepts/bounds/patch_vae.hpp"
#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace vae::exact;
using concepts::FreeEnergySteps, concepts::Table, concepts::gibbs;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// A linear Gaussian model has an energy that is a parabola of curvature P: E_q[E] = E(mean) + tr(P V)/2.
void claims_of_normals(Concept& c, const FreeEnergySteps& by) {
  Rng rng = c.rng("q");
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const prob::Normal q(rng.normal({100}), exp(rng.normal({100})));
  const Tensor parabola =
      -line.log_joint(x, q.loc) + 0.5 * (1.0 + square(line.w / line.s)) * square(q.scale);
  const Tensor one = tensor(1.0);
  c.identity("line, 100 q: largest |F + ELBO|",
             max(abs(by.F(parabola, q.entropy(), one) + line.elbo(x, q))).item(), 0, 1e-11);
  const Ppca ppca = Ppca::random(10, 3, 0.5, rng);
  const Tensor y = ppca.sample(rng, 1).x;
  const prob::Normal r(rng.normal({100, 3}), exp(rng.normal({100, 3})), 1);
  const Tensor curvature = 1.0 + sum(square(ppca.weight), 0) / square(ppca.sigma);
  const Tensor bowl = -ppca.log_joint(y, r.loc) + 0.5 * sum(curvature * square(r.scale), -1);
  c.identity("linear VAE, 100 q: largest |F + ELBO| / F",
             max(abs(by.F(bowl, r.entropy(), one) / ppca.elbo(y, r) + 1.0)).item(), 0, 1e-12);
}

void claims_of_tables(Concept& c, const FreeEnergySteps& by, const Tensor& energy) {
  const BinaryNet net = BinaryNet::example();
  const Tensor one = tensor(1.0), x = BinaryNet::example_x();
  const Tensor any = log_softmax(2.0 * c.rng("tables").normal({4}));
  c.identity("two coins: F + ELBO", (by.of({any}, energy, one) + net.elbo(x, any)).item(), 0);
  c.exact("two coins: least F of all tables", by.of(gibbs(energy, one), energy, one).item(),
          1.8233212010, 1e-10);
  c.exact("two coins: least F of mean field",
          concepts::mean_field(by, energy, net.states(), 40).back(), 1.8743392961, 1e-10);
  // Two coins that exclude each other, both likely at the start: moved at once, they change places for ever.
  const std::vector<double> of =
      concepts::mean_field(by, tensor({3, 0, 0, 3}), net.states(), 20, 2);
  double rise = 0;
  for (std::size_t i = 1; i < of.size(); ++i) rise = std::max(rise, of[i] - of[i - 1]);
  c.at_most("one or the other: largest rise of F in a move", rise, 1e-12);
}

/// The temperature, of the same two coins.
void claims_of_heat(Concept& c, const FreeEnergySteps& by, const Tensor& energy) {
  const Tensor T = tensor({0.3, 1.0, 3.0});
  const auto at = [&](const Tensor& t) { return gibbs(energy, reshape(t, {-1, 1})); };
  const auto least = [&](const Tensor& t) { return by.of(at(t), energy, t); };
  c.exact("T = 0.3, 1, 3: d/dT of the least F, + H",
          max(abs(support::slope(least, T) + at(T).entropy())).item(), 0, 1e-10);
  const auto log_z = [&](const Tensor& b) { return -b * least(1.0 / b); };
  c.exact("T = 0.3, 1, 3: d log Z / d(1/T), + mean energy",
          max(abs(support::slope(log_z, 1.0 / T) + at(T).mean_energy(energy))).item(), 0, 1e-10);
  c.exact("T = 0.05: q of the state (1, 0)", exp(gibbs(energy, tensor(0.05)).log_q).at({1}), 1);
  c.exact("T = 1e7: q of each state, farthest from 1/4",
          max(abs(exp(gibbs(energy, tensor(1e7)).log_q) - 0.25)).item(), 0);
}

void claims_of_patches(Concept& c, const Record& r) {
  c.identity("VAE of patches: F / -ELBO - 1", r.number("VAE, F / -ELBO - 1"), 0, 1e-5);
  c.identity("mean field: largest |said - log p(x) - KL(q || p)|",
             r.number("mean field, miscounted"), 0, 1e-4);
  const double exact = r.curve("log Z").last(), coins = r.curve("mean field").last();
  c.within("held-out log p(x), learned with log Z", exact, c.choose(-6.06, -5.0),
           c.choose(-5.93, -1.0));
  c.within("log p(x), learned with log Z - by mean field", exact - coins, c.choose(0.8, 0.0),
           c.choose(1.1, 3.0));
  c.within("by mean field: said - log p(x)", r.curve("mean field, said").last() - coins,
           c.choose(1.4, 0.0), c.choose(2.0, 4.0));
  c.within("VAE: F + log p(x) of the exact machine", r.number("VAE, F") + exact, 0,
           c.choose(0.5, 3.0));
}

// --- picture

std::vector<Plot> picture(const Tensor& energy, const Record& r) {
  const std::vector<double> T = support::grid(0.05, 4, 160);
  const Tensor t = tensor(T, {160}), one = tensor(1.0);
  const Table q = gibbs(energy, reshape(t, {-1, 1}));
  const FreeEnergySteps by;
  const std::vector<double> F = by.of(q, energy, t).to_vector();
  const std::vector<double> moves =
      concepts::mean_field(by, energy, BinaryNet::example().states(), 4);
  const double least = by.of(gibbs(energy, one), energy, one).item();
  const std::vector<double> move = support::grid(0, 8, 9);
  return {Plot("two coins at temperature T", "T", "nats")
              .line("mean energy", T, q.mean_energy(energy).to_vector())
              .line("entropy", T, q.entropy().to_vector())
              .line("least free energy", T, F)
              .points("-log p(x)", {1.0}, {least})
              .y_range(-2, 8)
              .key("top left"),
          Plot("mean field at T = 1", "move", "free energy, nats")
              .line("independent coins", move, moves)
              .dashed("-log p(x)", {0, 8}, {least, least})
              .y_range(1.7, 2.5),
          Plot("a Boltzmann machine of patches", "step", "held-out log p(x), nats")
              .line("learned with log Z", r.curve("log Z").x, r.curve("log Z").y)
              .line("learned by mean field", r.curve("mean field").x, r.curve("mean field").y)
              .same_colour()
              .dashed("what that says of itself", r.curve("mean field, said").x,
                      r.curve("mean field, said").y)
              .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const FreeEnergySteps by{
      .F = c.broken("entropy_sign")            ? concepts::entropy_added
           : c.broken("temperature_on_energy") ? concepts::energy_heated
                                               : concepts::free_energy,
      .move_coin = c.broken("simultaneous_updates") ? concepts::move_all : concepts::move};
  const Tensor energy = -BinaryNet::example().log_joint(BinaryNet::example_x());
  claims_of_normals(c, by);
  claims_of_tables(c, by, energy);
  claims_of_heat(c, by, energy);
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = c.choose("MNIST, threshold", "drawn digits, threshold");
    const nn::ImageDataset data = support::load_images(c, "mnist", 2000, 1000);
    concepts::learn_patches(by, data, c.choose(4, 3), c.rng("vae"), measured);
  });
  claims_of_patches(c, r);
  c.draw(picture(energy, r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C132",
       .title = "The variational free energy: an energy minus an entropy",
       .source = "UDL notes; Dayan, Hinton, Neal and Zemel 1995; models F1, F2, F5a",
       .mutants = {{"entropy_sign", "the entropy is added to the energy"},
                   {"temperature_on_energy", "T multiplies the energy"},
                   {"simultaneous_updates", "all coins move at once"}}},
      program);
}
