// learned_inference: encoder and decoder agree where a critic cannot tell their pairs apart
// C113, UDL notes; Dumoulin et al. 2017; Donahue, Kraehenbuehl and Darrell 2017
//
//     (x, z) with x of the data, z ~ q(z|x)       against       (x, z) with z ~ p(z), x ~ p(x|z)
//
// The best critic of the pairs has the logit log q(x, z) - log p(x, z). When both joint distributions are equal, q(z|x) is the
// posterior of the decoder. No reconstruction is asked for, and none is promised.
#include "concepts/adversarial/digit_games.hpp"
#include "concepts/adversarial/learn_pairs.hpp"
#include "concepts/adversarial/learned_inference_faults.hpp"
#include "concepts/collapse/few_digits.hpp"
#include "support/concept/digit_classifier.hpp"
#include "support/numerics/ascend.hpp"

using namespace tapestry;
using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// The best quadratic critic of pairs that are known: expectations are sums over a grid.
template <class Quadratic>
void claims_of_ratio(Concept& c) {
  Known known;
  Quadratic d;
  const Tensor q = known.area * exp(known.log_q()), p = known.area * exp(known.log_p());
  const auto value = [&] {
    const Tensor l = d.logit(known.x, known.z);
    return sum(q * log_sigmoid(l) + p * log_sigmoid(-l));
  };
  support::ascend(d.parameters(), value, {.steps = 1500, .rate = 0.05, .shrink = 1e-4});
  const std::vector<double> w = d.weight.value().to_vector();
  c.exact("critic's logit: constant", w[0], -0.36698459, 1e-3);
  c.exact("critic's logit: of x^2", w[3], 0.72222, 1e-3);
  c.exact("critic's logit: of x z", w[4], -1.55556, 1e-3);
  c.exact("critic's logit: of z^2", w[5], 0.72222, 1e-3);
  c.exact("its mean over q(x, z) = KL(q || p)", sum(q * d.logit(known.x, known.z)).item(),
          0.2996820767, 1e-4);
}

/// A network learns the same ratio from draws; its logits on the grid.
template <class Critic>
Tensor learned_ratio(Concept& c) {
  Known known;
  Critic d(1, 1, 64);
  nn::init::torch_default(d, c.rng("critic"));
  Rng rng = c.rng("pairs");
  const auto value = [&] {
    const Tensor x = rng.normal({500, 1}), z = rng.normal({500, 1});
    return mean(vae::told_apart(d.logit(x, known.q.given(x).sample(rng)),
                                d.logit(known.p.given(z).sample(rng), z)));
  };
  support::ascend(d.parameters(), value, {.steps = c.choose(1500, 600), .rate = 1e-2});
  const NoGrad no_grad;
  const Tensor learned = d.logit(known.x, known.z), exact = known.log_q() - known.log_p();
  c.at_least("a network's logit and log q - log p: correlation over q(x, z)",
             known.correlation(learned, exact), 0.95);
  return learned;
}

void claims_of_line(Concept& c, const JointSteps& steps, Line& line) {
  c.identity("slope of the encoder in the critic's turn", play(c, steps, line), 0);
  const NoGrad no_grad;
  c.within("variance of z ~ q(z|x), of the prior: 1", line.q.variance(), 0.95, 1.05);
  c.within("variance of x ~ p(x|z), of the data: 1", line.p.variance(), 0.95, 1.05);
  c.within("covariance of x and z: encoded - decoded",
           line.q.weight.value().item() - line.p.weight.value().item(), -0.05, 0.05);
}

template <class Critic>
Digits claims_of_digits(Concept& c, const JointSteps& steps) {
  Record record;
  nn::ImageDataset data = few_digits(c, record);
  data.binarize = nn::Binarize::none;
  if (c.quick()) return learn_digits<Critic>(c, data, steps, 0);  // the game has just begun
  const auto named = support::train_classifier(c, data, 20);
  const Games games = play_games<Critic>(c, data, steps, *named, 5);
  const auto& [x, labels, again, made] = games.first;
  fmt::print("classes: right for {:.3f} of the test digits; sure of {:.3f} of them\n",
             vae::probe_accuracy(*named, x, labels), share_of_sure(*named, x));
  c.within("test digits decoded again: share of the same class", games.kept, 0.2, 0.46);
  c.within("samples: share that a classifier is sure of", games.sure, 0.28, 0.54);
  return games.first;
}

// --- picture

Plot joint(Line& line, Rng rng) {
  const Tensor x = rng.normal({700, 1}), z = rng.normal({700, 1});
  return Plot("pairs after the game", "x", "z")
      .dots("x, z ~ q(z|x)", x.to_vector(), line.q.given(x).sample(rng).to_vector())
      .dots("x ~ p(x|z), z", line.p.given(z).sample(rng).to_vector(), z.to_vector())
      .x_range(-3.5, 3.5)
      .y_range(-3.5, 3.5)
      .square()
      .key("below");
}
Plot ratio(const std::string& title, const Tensor& logit) {
  const std::vector<double> axis = Known().line.points.to_vector();
  return Plot(title, "x", "z")
      .heat(axis, axis, clamp(logit, -1.4, 6).to_vector())
      .x_range(-3, 3)
      .y_range(-3, 3)
      .square();
}
Plot sheet(const std::string& title, const Tensor& images) {
  return Plot(title, "", "").images(reshape(slice(images, 0, 0, 25), {25, 14, 14}), 5);
}

// --- program

void program(Concept& c) {
  const bool apart = c.broken("discriminator_sees_marginals");
  const JointSteps steps{.numbers_to_critic = !c.broken("generator_moves_in_D_step"),
                         .encoder_sign = c.broken("encoder_loss_sign") ? -1.0 : 1.0};
  const auto of_numbers =
      apart ? claims_of_ratio<MarginalQuadratic> : claims_of_ratio<QuadraticJoint>;
  const auto of_draws = apart ? learned_ratio<MarginalCritic> : learned_ratio<JointCritic>;
  const auto of_images = apart ? claims_of_digits<MarginalCritic> : claims_of_digits<JointCritic>;
  of_numbers(c);
  const Tensor exact = Known().log_q() - Known().log_p(), learned = of_draws(c);
  Line line;
  claims_of_line(c, steps, line);
  std::vector<Plot> panels{ratio("log q(x, z) - log p(x, z)", exact),
                           ratio("a critic's logit", learned), joint(line, c.rng("picture"))};
  const DTypeScope f32(DType::f32);
  const auto [x, labels, again, made] = of_images(c, steps);
  panels.insert(panels.end(), {sheet("test digits x", x), sheet("G(E(x))", again),
                               sheet("G(z), z ~ N(0, I)", made)});
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C113",
       .title = "Adversarially learned inference: pairs that cannot be told apart",
       .source = "UDL notes; Dumoulin et al. 2017; Donahue, Kraehenbuehl and Darrell 2017",
       .mutants = {{"discriminator_sees_marginals", "x and z have critics of their own"},
                   {"encoder_loss_sign", "the encoder helps the critic"},
                   {"generator_moves_in_D_step", "the critic's turn has slopes in the encoder"}}},
      program);
}
