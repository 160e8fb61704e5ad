// vae_gan: pictures are compared by what a critic sees in them, not by pixels
// C97, UDL chapter 17, notes; Larsen, Sonderby, Larochelle and Winther 2016, algorithm 1
//
//     L_prior = KL(q(z|x) || p(z))        L_llike = -E_q log N(D_l(x); D_l(G(z)), s^2 I)
//     L_GAN   = log D(x) + log(1 - D(G(z))) + log(1 - D(G(z'))),      z ~ q(z|x), z' ~ p(z)
//
// A VAE that is unsure where an edge lies paints it grey: on the mean that costs the fewest pixels. To a critic grey is not
// a digit. So its features take the place of the pixels, and the decoder has to fool it. What is climbed is no bound any more.
// The model is in vae_gan.hpp.
#include "concepts/adversarial/train_gan.hpp"

#include "concepts/adversarial/turns.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/exact/grid.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

/// -log(1 - D), whose slope is 0 where the critic is sure.
Tensor saturating(const Tensor& logit) { return -log_sigmoid(-logit); }

VaeGanSteps only_draws_are_fakes() {
  VaeGanSteps steps;
  steps.reconstructions_are_fakes = false;
  return steps;
}
VaeGanSteps critic_learns_features() {
  VaeGanSteps steps;
  steps.critic_learns_features = true;
  return steps;
}
VaeGanSteps saturating_loss() {
  VaeGanSteps steps;
  steps.fool = saturating;
  return steps;
}

// --- claims

/// N(0, 1) is real and N(1, 1) made: the best critic, by sums over a grid.
void claims_of_line(Concept& c, LineCritic& d) {
  const vae::exact::Grid line(-8, 9, 1000);
  const auto mass = [&](double loc) {
    return exp(line.log_mass(prob::Normal(loc, 1.0).log_prob(line.points)));
  };
  const Tensor p = mass(0), q = mass(1);
  const double value = learn(d, line.points, p, q);
  const std::vector<double> w = d.weight.value().to_vector();
  c.exact("N(0,1) against N(1,1): logit at 0", w[0], 0.5, 0.02);
  c.exact("... its slope", w[1], -1, 0.02);
  c.exact("... value of the game", value, -1.1634513967);
  c.exact("... Jensen-Shannon divergence", value / 2 + std::log(2.0), 0.1114214822);
  Rng rng = c.rng("line");
  const int n = 100000;
  c.monte_carlo("... accuracy",
                vae::critic_accuracy(d.logit(rng.normal({n})), d.logit(rng.normal({n}) + 1.0)),
                std::sqrt(0.69 * 0.31 / (2 * n)), 0.6914624613, 0.002);
}

/// The slope of each player in its turn, against that of the losses of algorithm 1 written out, with log D for its log(1 - D) where G fools D.
void claims_of_turns(Concept& c, const VaeGanSteps& steps) {
  VaeGan m({.side = 8, .channels = 2, .latent = 2}, 0.1, steps);
  nn::init::torch_default(m, c.rng("small"));
  nn::init::torch_default(m.critic, c.rng("small critic"));
  nn::Sgd e(m.encoder.parameters(), {.lr = 0}), g(m.decoder.parameters(), {.lr = 0}),
      d(m.critic.parameters(), {.lr = 0});
  const Tensor x = c.rng("x").uniform({4, 64});
  const auto written = [&](std::size_t player) {
    Rng rng = c.rng("turn");
    const prob::Normal q = m.encoder(x);
    const Tensor made = m.picture(q.rsample(rng)), seen = m.critic.features(x),
                 own = m.critic.features(made);
    const Tensor llike = 5.0 * sum(square(seen - own), -1);
    if (player == 0) return mean(prob::kl(q, m.prior()) + llike);
    const Tensor other = m.critic.logit(m.picture(m.prior().sample(rng, {4})));
    const Tensor fakes = m.critic.logit_of(own);
    if (player == 1) return mean(0.1 * llike - log_sigmoid(fakes) - log_sigmoid(other));
    return -mean(log_sigmoid(m.critic.logit_of(seen)) + log_sigmoid(-fakes) + log_sigmoid(-other));
  };
  const std::vector<vae::Player> players = m.players(e, g, d);
  for (std::size_t i = 0; i < 3; ++i) {
    Rng rng = c.rng("turn");
    take_turn(players[i], {x}, rng);
    const Tensor taken = support::gradient_row(players[i].model);
    nn::descend(players[i].optimizer, [&] { return written(i); });
    c.identity(players[i].name + "'s turn: slope - that of the losses written out, largest",
               max(abs(taken - support::gradient_row(players[i].model))).item(), 0);
  }
}

void claims_of_pictures(Concept& c, const TrainedGan& plain, const TrainedGan& gan) {
  c.within("squared error of test images, VAE", plain.error, c.choose(11, 30), c.choose(15, 60));
  c.within("... VAE-GAN / VAE", gan.error / plain.error, c.choose(1.25, 0.6), c.choose(1.75, 2.2));
  c.at_least("Laplacian energy of reconstructions: VAE-GAN / VAE", gan.sharpness / plain.sharpness,
             1.3);
  c.within("critic's accuracy, test images", gan.accuracy, 0.55, c.choose(0.95, 1.0));
}

// --- picture

Plot line_plot(LineCritic& d) {
  const std::vector<double> x = support::grid(-3, 4, 141);
  const Tensor at = tensor(x, {std::ssize(x)});
  const auto density = [&](double loc) {
    return exp(prob::Normal(loc, 1.0).log_prob(at)).to_vector();
  };
  return Plot("the best critic of two normals", "x", "")
      .line("real, N(0, 1)", x, density(0))
      .line("made, N(1, 1)", x, density(1))
      .line("D(x)", x, sigmoid(d.logit(at)).to_vector())
      .x_range(-3, 4)
      .key("top right");
}
Plot sheet(const std::string& title, const Tensor& images) {
  return Plot(title, "", "").images(slice(images, 0, 0, 40), 8);
}

// --- program

void program(Concept& c) {
  const VaeGanSteps steps = c.broken("recon_not_fake")         ? only_draws_are_fakes()
                            : c.broken("disc_learns_features") ? critic_learns_features()
                            : c.broken("saturating_loss")      ? saturating_loss()
                                                               : VaeGanSteps{};
  LineCritic line;
  claims_of_line(c, line);
  claims_of_turns(c, steps);
  const Plot critic_of_line = line_plot(line);
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 400, 200);
  nn::keep_first(data, c.choose(10000, 400), c.choose(1000, 200));
  const GanTraining how{{.channels = c.choose(16, 4), .latent = c.choose(20, 8)},
                        c.choose(6, 20),
                        c.choose(50, 20),
                        c.choose(8e-4, 5e-4),
                        c.seed()};
  const TrainedGan plain = train(steps, data, false, how), gan = train(steps, data, true, how);
  claims_of_pictures(c, plain, gan);
  c.draw({critic_of_line, sheet("x", plain.x), sheet("VAE: reconstructions", plain.made),
          sheet("VAE: draws", plain.drawn), sheet("VAE-GAN: reconstructions", gan.made),
          sheet("VAE-GAN: draws", gan.drawn)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C97",
       .title = "VAE-GAN",
       .source = "UDL chapter 17, notes; Larsen et al. 2016, algorithm 1",
       .mutants = {{"recon_not_fake",
                    "the critic sees draws of the prior as fakes, and no reconstructions"},
                   {"disc_learns_features", "the critic climbs L_llike too"},
                   {"saturating_loss", "the decoder climbs -log(1 - D)"}}},
      program);
}
