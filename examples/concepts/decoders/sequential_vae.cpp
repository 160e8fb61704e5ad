// sequential_vae: a chain of VAEs, each of which mends the blur that the one before it leaves
// C118, UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 5
//
//     L_t = E_q[log N(x; f_t(x^(t-1), z_t), sigma^2 I)] - KL(q_t(z_t|x) || p(z_t)),   x^t = f_t(x^(t-1), z_t)
//
// A blurred x^1 is what one z can say of x. The next VAE sees it, and says with a z of its own what is missing. sigma is
// held fixed: a learned one would grow until blur is cheap, and the next z would not be used.
#include "concepts/decoders/sequential_vae.hpp"

#include "nn/layers/mlp.hpp"
#include "prob/mixture.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/bounds/mmd.hpp"
#include "vae/exact/curve.hpp"
#include "vae/models/heads.hpp"

using namespace concepts;
using support::Concept, support::Plot;
using vae::exact::Curve, vae::exact::Grid;
using Density = prob::Mixture<prob::Normal>;

namespace {

// --- model

/// A step over points [B, 2], with one latent.
struct CurveStep : nn::Module {
  nn::Child<nn::Mlp> trunk{*this, "trunk", std::vector<std::int64_t>{2, 32, 32}, Activation::tanh};
  nn::Child<vae::NormalHead> head{*this, "head", 32, 1};
  nn::Child<nn::Mlp> move{*this, "move", std::vector<std::int64_t>{3, 32, 32, 2}, Activation::tanh,
                          Activation::none};

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  Tensor f(const Tensor& before, const Tensor& z) {
    return before + move(concat({before, 2.0 * z}, -1));
  }
  static constexpr std::int64_t kLatents = 1, kPixels = 2;
};

// --- wrong versions

Tensor nothing_before(const Tensor& x) { return 0.0 * x; }

// --- claims

/// MMD^2 of one VAE with a learned sigma: sample_quality.cpp.
constexpr double kLearned = 0.00584;

/// MMD^2 between p(x) and the data's density. p(x) is a mixture over all z: two samples of it, less what these differ by.
double mmd(const Tensor& x, const Tensor& others, double sigma, const Density& data) {
  const vae::Bandwidths h{0.1, 0.3, 1};
  const Density a(zeros({x.dim(0)}), {x, sigma, 1}), b(zeros({x.dim(0)}), {others, sigma, 1});
  const Tensor twice = vae::mmd_squared(a, data, h) + vae::mmd_squared(b, data, h);
  return (twice - vae::mmd_squared(a, b, h)).item() / 2;
}

/// Of p(x) after each step: its distance to the data, and the bound of log p(x).
struct Distances {
  std::vector<double> mmd, bound;
};

/// Returns draws with their noise after each step, too.
std::pair<std::vector<Tensor>, Distances> claims_on_curve(Concept& c, const ChainParts& parts) {
  const Curve truth = Curve::example();
  SequentialVae<CurveStep> model(c.choose(4, 2), 0.2, parts, c.rng("init"));
  Rng rng = c.rng("training");
  const vae::Play play = model.play();
  support::ascend(model.parameters(),
                  [&] { return mean(play({truth.sample(rng, 200).x}, rng).value); },
                  {.steps = c.choose(1200, 500), .rate = 6e-3, .shrink = 0.05});
  const NoGrad no_grad;
  const Grid line(-4, 4, 200);
  const Density data(line.log_mass(truth.prior({200}).log_prob(line.points)),
                     truth.likelihood(line.points));
  const std::int64_t n = c.choose(1000, 500);
  std::vector<Tensor> x = model.draws(n, rng);
  const std::vector<Tensor> others = model.draws(n, rng);
  const auto links = model.links(truth.sample(rng, 8000).x, rng);
  Distances d;
  for (std::size_t t = 0; t < x.size(); ++t) {
    d.mmd.push_back(mmd(x[t], others[t], model.sigma, data));
    d.bound.push_back(mean(links[t].so_far.elbo()).item());
    x[t] += model.sigma * rng.normal(x[t].shape());
  }
  const auto& [far, bound] = d;
  c.within("one step: MMD^2 / that of a VAE that learns sigma", far[0] / kLearned,
           c.choose(1.0, 1.5), c.choose(2.5, 4.0));
  c.within("two steps: the same", far[1] / kLearned, 0, c.choose(0.5, 1.0));
  c.within("all steps: the same", far.back() / kLearned, 0, c.choose(0.5, 1.0));
  c.within("MMD^2: two steps / one", far[1] / far[0], 0, c.choose(0.3, 0.5));
  c.within("test bound of log p(x), nats: one step", bound[0], -3, -1.9);
  c.at_least("two steps - one", bound[1] - bound[0], 0.3);
  c.within("all steps - E log p(x)", bound.back() + 1.480331, c.choose(-0.4, -0.8), 0);
  return {x, d};
}

// --- picture

Plot points(const std::string& title, const Tensor& x) {
  const auto column = [](const Tensor& t, std::int64_t k) {
    return slice(t, -1, k, k + 1).to_vector();
  };
  const Tensor curve = Curve::example().decode(Grid(-2.5, 2.5, 300).points);
  return Plot(title, "x_1", "x_2")
      .dots("draws", column(x, 0), column(x, 1))
      .line("curve of the data", column(curve, 0), column(curve, 1))
      .x_range(-0.5, 2.2)
      .y_range(-1.8, 2.9);
}

std::vector<Plot> picture(const std::vector<Tensor>& x, const Distances& d) {
  std::vector<double> steps;
  for (std::size_t t = 1; t <= x.size(); ++t) steps.push_back(static_cast<double>(t));
  return {points("draws, one step", x[0]), points("draws, two steps", x[1]),
          Plot("how far from the data", "steps", "MMD^2")
              .line("chain", steps, d.mmd)
              .dashed("one VAE, sigma learned", steps, std::vector(steps.size(), kLearned))
              .log_y()};
}

// --- program

void program(Concept& c) {
  ChainParts parts;
  if (c.broken("step_ignores_x_before")) parts.before = nothing_before;
  if (c.broken("last_step_only_trained")) parts.all_trained = false;
  if (c.broken("kl_of_last_step_only")) parts.all_kl = false;
  const auto [x, distances] = claims_on_curve(c, parts);
  c.draw(picture(x, distances));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C118",
       .title = "A chain of VAEs against blur",
       .source = "UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 5; model F3",
       .mutants = {{"step_ignores_x_before", "each step begins at 0"},
                   {"last_step_only_trained", "L_T in the place of L_1 + ... + L_T"},
                   {"kl_of_last_step_only", "L_T called a bound of log p(x)"}}},
      program);
}
