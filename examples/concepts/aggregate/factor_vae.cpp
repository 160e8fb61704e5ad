// factor_vae: a critic that tells codes from shuffled codes measures their dependence, and removes it
// C122, UDL section 17.8.4 and notes; Kim and Mnih 2018, algorithm 2
//
//     objective = ELBO - gamma E_q(z)[log D(z)/(1 - D(z))]      D: draws of q(z) against permuted draws
//
// The best D has D/(1 - D) = q(z) / prod_k q(z_k), so the second term is gamma times the total correlation. It needs no
// density of q(z), which a penalty by sums over the data (tc_vae) does, but a second player with its own optimizer.
#include "concepts/aggregate/factor_vae_faults.hpp"
#include "nn/nn.hpp"
#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/concept/traversals.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::FactorSteps, concepts::FactorVae, concepts::QuadraticCritic;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

constexpr std::int64_t kLatents = 5;
constexpr double kRho = 0.9, kNoise = 0.2;

/// What the critic sees, on codes of known total correlation: normal means and a little noise.
void claims_of_critic(Concept& c, const FactorSteps& steps, QuadraticCritic& d) {
  Rng rng = c.rng("codes");
  const Tensor covariance = tensor({{0.96, kRho}, {kRho, 0.96}});
  const auto means = prob::MultivariateNormal::from_covariance(zeros({2}), covariance);
  const auto codes = [&](int n) { return steps.draw({means.sample(rng, {n}), kNoise, 1}, rng); };
  const Tensor z = codes(c.choose(20000, 5000)), shuffled = steps.permute(z, rng);
  c.identity("permuted: largest change of the variance of a latent",
             max(abs(mean(square(z), 0) - mean(square(shuffled), 0))).item(), 0);
  const Tensor products = slice(shuffled, 1, 0, 1) * slice(shuffled, 1, 1, 2);
  c.monte_carlo("permuted: covariance of two latents that had 0.9",
                prob::estimate(reshape(products, {-1})), 0, 0.02);
  const Tensor seen = codes(20000), product = steps.permute(codes(20000), rng);
  nn::Adam adam(d.parameters(), {.lr = 0.05});
  for (int step = 0; step < 600; ++step)
    nn::descend(adam, [&] { return -mean(vae::told_apart(d.logit(seen), d.logit(product))); });
  const double tc = mean(d.logit(codes(100000))).item(), exact = -std::log(1 - kRho * kRho) / 2;
  c.within("total correlation by the critic / exact", steps.sign * tc / exact, 0.95, 1.05);
}

/// The loss of a turn and the slope of the encoder in it: where gradients go, and which images the critic sees.
void claims_of_turns(Concept& c, const FactorSteps& steps) {
  const Tensor x = c.rng("pixels").uniform({8, 16});
  const Tensor other = concat({slice(x, 0, 0, 4), zeros({4, 16})}, 0);
  const auto turn = [&](bool judge, double gamma, const Tensor& images) {
    FactorVae f({.rows = 4, .cols = 4, .hidden = {8}, .latent = 2}, gamma, steps, c.rng("small"));
    Rng rng = c.rng("noise");
    Tape tape;
    const Tensor loss = (judge ? f.judge({images}, rng) : f.play({images}, rng)).loss();
    tape.backward(loss);
    const Tensor& slope = f.model.encoder->loc->weight.grad();
    return std::pair(loss.item(), slope.defined() ? sum(square(slope)).item() : 0.0);
  };
  c.at_least("slope of the encoder, with gamma = 30 and without: difference",
             std::abs(turn(false, 30, x).second - turn(false, 0, x).second), 1e-6);
  c.identity("slope of the encoder in the critic's turn", turn(true, 30, x).second, 0);
  c.at_least("critic's loss, with another second half: difference",
             std::abs(turn(true, 30, x).first - turn(true, 30, other).first), 1e-6);
}

struct Trained {
  std::shared_ptr<FactorVae> of;
  double tc, error;
};
/// 256-200-5 on the sprites x. gamma = 0 is a VAE.
Trained train(const Concept& c, const Tensor& x, double gamma, const FactorSteps& steps) {
  const vae::VaeConfig sizes{.rows = 16, .cols = 16, .hidden = {200}, .latent = kLatents};
  const auto factor = std::make_shared<FactorVae>(sizes, gamma, steps, c.rng("init"));
  nn::Adam adam(factor->model.parameters()), critic(factor->critic.parameters(), {.lr = 2e-3});
  const int epochs = c.choose(4000, 300);
  vae::Trainer(factor->players(adam, critic, nn::schedule::cosine(2e-3, 4 * epochs)),
               nn::TensorDataset({x}), {.epochs = epochs, .batch = x.dim(0) / 4, .seed = c.seed()})
      .run();
  const NoGrad no_grad;
  Rng rng = c.rng("measure");
  const prob::Normal q = factor->model.encode(x);
  const Tensor z = q.rsample(rng, {20});
  const Tensor tc = vae::split_kl(q, z, vae::all_rows(x.dim(0))).total_correlation;
  return {factor, mean(tc).item(), -mean(factor->model.decode(z).log_prob(x)).item()};
}

// --- picture

Plot logit(QuadraticCritic& d) {
  std::vector<double> axis, points;
  for (int i = 0; i <= 60; ++i) axis.push_back(-3 + 0.1 * i);
  for (const double b : axis)
    for (const double a : axis) points.insert(points.end(), {a, b});
  const Tensor z = tensor(points, {std::ssize(points) / 2, 2}, DType::f64);
  return Plot("logit of D, correlation 0.9", "z_1", "z_2")
      .heat(axis, axis, clamp(d.logit(z), -6, 6).to_vector())
      .x_range(-3, 3)
      .y_range(-3, 3)
      .square();
}

Plot sheet(const std::string& name, std::size_t place, const Record& r) {
  const double tc = r.curve("total correlation").y[place];
  return Plot(fmt::format("{}: total correlation {:.2f}", name, tc), "one latent from -2 to 2",
              "z_5 ... z_1")
      .images(support::kept_grey_images(r, name, 16), 9);
}

// --- program

void program(Concept& c) {
  const FactorSteps steps = c.broken("permuted_along_latents") ? concepts::along_latents()
                            : c.broken("means_not_samples")    ? concepts::of_means()
                            : c.broken("same_half_batch")      ? FactorSteps{.second_half = 0}
                            : c.broken("sign")                 ? FactorSteps{.sign = -1}
                                                               : FactorSteps{};
  QuadraticCritic critic;
  claims_of_critic(c, steps, critic);
  claims_of_turns(c, steps);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = "sprites";
    const Tensor x = nn::all_sprites({.positions = c.choose(8, 4), .sizes = c.choose(3, 2)}).flat();
    for (const auto& [name, gamma] : {std::pair("VAE", 0.0), {"FactorVAE", 6.0}}) {
      const Trained trained = train(c, x, gamma, steps);
      measured.add("total correlation", gamma, trained.tc);
      measured.add("-E log p(x|z)", gamma, trained.error);
      support::keep_grey_images(measured, name, support::traversals(trained.of->model, kLatents));
    }
  });
  const auto ratio = [&](const char* of) { return r.curve(of).y[1] / r.curve(of).y[0]; };
  c.within("total correlation: FactorVAE / VAE", ratio("total correlation"), 0, c.choose(0.4, 0.7));
  c.within("-E log p(x|z): FactorVAE / VAE", ratio("-E log p(x|z)"), 0.9, c.choose(1.2, 1.5));
  c.draw({logit(critic), sheet("VAE", 0, r), sheet("FactorVAE", 1, r)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C122",
       .title = "FactorVAE: independence by a critic",
       .source = "UDL section 17.8.4; Kim and Mnih 2018, algorithm 2; model F6",
       .mutants = {{"permuted_along_latents", "the latents of one image change places"},
                   {"sign", "the logit with the other sign"},
                   {"means_not_samples", "the critic sees the means of q(z|x)"},
                   {"same_half_batch", "it sees the same codes whole and permuted"}}},
      program);
}
