// two_stage: a second VAE learns the codes of the first, and draws them for it
// C139; Dai and Wipf 2019, section 4
//
//     u ~ N(0, I),  z ~ p(z|u),  x ~ p(x|z)       log p(x) >= E[log p(x|z) - log q(z|x) + bound of log p(z)]
//
// A VAE leaves KL(q(z) || p(z)) to be won (C125). The second VAE wins a part of it, and moves nothing of the first.
#include "concepts/aggregate/two_stage.hpp"

#include "concepts/aggregate/prior_split.hpp"
#include "concepts/aggregate/two_stage_known.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::CodeVae, concepts::PriorSplit, concepts::RingStage, concepts::StageSteps;
using concepts::TwoStages, support::Concept, support::Plot;

namespace {

// --- wrong versions

/// The means of q(z|x): narrower than its draws.
StageSteps codes_are_means() {
  StageSteps steps;
  steps.code = [](const prob::Normal& q, Rng&) { return q.loc.detach(); };
  return steps;
}
StageSteps noise_left_out() {
  StageSteps steps;
  steps.draw = [](const prob::Normal& p, Rng&) { return p.mean(); };
  return steps;
}

// --- claims

/// By a play of both stages.
void fit_second(const Concept& c, const auto& both, const nn::Dataset& data, int epochs,
                std::int64_t batch) {
  support::train(both.second, [&](const nn::Batch& b, Rng& rng) { return both.play(b, rng); }, data,
                 {epochs, batch, c.choose(1e-3, 3e-3), c.seed()});
}

/// q(z) is a ring of which the entropy is known. Returns draws of it, and as many of the second stage.
Tensor claims_of_ring(Concept& c, const StageSteps& steps) {
  RingStage first;
  CodeVae second(2, c.choose(64, 32), 1);
  nn::init::torch_default(second, c.rng("ring init"));
  const TwoStages both{first, second, steps};
  const Tensor x = RingStage::data(), rows = concat({x, x, x, x}, 0);
  fit_second(c, both, nn::TensorDataset({rows}, {x}), c.choose(6000, 1500), 256);
  const NoGrad no_grad;
  const auto [log_q, of_normal] = RingStage::expected();
  Rng rng = c.rng("ring draws");
  const std::int64_t n = c.choose(20000, 5000);
  const Tensor codes = vae::aggregate_sample(first.encode(x), n, rng).z;
  const double left = log_q - mean(vae::elbo(second, codes, rng).elbo()).item();
  c.within("ring: KL of the second stage, at most / of N(0, I)", left / of_normal,
           c.choose(0.16, 0.0), c.choose(0.22, 0.6));
  const Tensor drawn = both.draw_codes(n, rng);
  const double wide = RingStage::width(drawn) / RingStage::width(codes);
  c.within("ring: variance of |z|, second / q(z)", wide, c.choose(1.3, 0.5), c.choose(1.9, 5.0));
  return concat({slice(codes, 0, 0, 1000), slice(drawn, 0, 0, 1000)}, 0);
}

struct Stages {
  double neg_elbo, won;             ///< of both, test; of KL(q(z) || N(0, I)), training
  double in_holes, drawn_in_holes;  ///< draws of N(0, I), of the second: by 8 latents at most
};

Stages measure(const Concept& c, vae::MlpVae& first, CodeVae& second, const StageSteps& steps,
               const nn::ImageDataset& data, const prob::Normal& q) {
  const TwoStages both{first, second, steps};
  fit_second(c, both, data, c.choose(12, 20), c.choose(200, 50));
  const auto bound = [&](const nn::Batch& b, Rng& rng) { return both.elbo(b.images, rng); };
  const NoGrad no_grad;
  Rng rng = c.rng("holes");
  const std::int64_t rows = c.choose(10000, 1000), n = c.choose(2000, 500), Z = q.shape()[1];
  const Tensor z = vae::aggregate_sample(q, n, rng).z.to(DType::f32);
  const Tensor won = vae::elbo(second, z, rng).elbo() - first.prior().log_prob(z);
  return {vae::evaluate(first, bound, data, nn::Part::test, c.rng("test")).neg_elbo(),
          mean(won).item(), concepts::in_holes(q, rows, rng.normal({n, Z}), rng),
          concepts::in_holes(q, rows, both.draw_codes(n, rng), rng)};
}

void claims_of_digits(Concept& c, const PriorSplit& one, const Stages& two) {
  fmt::print("test -ELBO: one stage {:.2f}, two {:.2f} nats; KL(q(z) || N(0, I)) {:.2f} nats\n",
             one.neg_elbo, two.neg_elbo, one.marginal_kl);
  c.within("test -ELBO: one stage - two, nats", one.neg_elbo - two.neg_elbo, c.choose(1.4, -2.0),
           c.choose(2.0, 20.0));
  const double won = two.won / one.marginal_kl, holes = two.drawn_in_holes / two.in_holes;
  c.within("share of KL(q(z) || N(0, I)) won", won, c.choose(0.1, -0.5), c.choose(0.14, 1.0));
  c.within("draws in holes, second stage / N(0, I)", holes, c.choose(0.8, 0.0), 0.98);
}

// --- picture

Plot ring(const Tensor& both) {
  const auto column = [&](int half, int k) {
    return reshape(slice(slice(both, 0, 1000 * half, 1000 * (half + 1)), 1, k, k + 1), {-1})
        .to_vector();
  };
  return Plot("a ring of codes", "z_1", "z_2")
      .dots("second stage", column(1, 0), column(1, 1))
      .dots("q(z)", column(0, 0), column(0, 1))
      .x_range(-4.5, 4.5)
      .y_range(-3.5, 5.5)
      .key("top right")
      .square();
}

Plot sheet(const std::string& name, vae::MlpVae& first, const Tensor& z) {
  const NoGrad no_grad;
  return Plot(name, "", "").images(first.decode(z).mean().with_shape({48, 28, 28}), 8);
}

// --- program

void program(Concept& c) {
  StageSteps steps = c.broken("codes_are_means")  ? codes_are_means()
                     : c.broken("noise_left_out") ? noise_left_out()
                                                  : StageSteps{};
  if (c.broken("entropy_forgotten")) steps.price = 0;
  c.identity("linear stages, exact posteriors: bound of both - log p(x), largest",
             concepts::error_of_linear_stages(steps, c.rng("linear")), 0, 1e-9);
  const Tensor of_ring = claims_of_ring(c, steps);
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
  data.binarize = nn::Binarize::dynamic;
  const std::int64_t Z = c.choose(20, 6);
  vae::MlpVae first({.hidden = {c.choose(400, 100)}, .latent = Z});
  CodeVae second(Z, c.choose(256, 64), Z);
  nn::init::torch_default(first, c.rng("init"));
  nn::init::torch_default(second, c.rng("init of the second"));
  const PriorSplit one = concepts::train_and_split(c, first, first, data, c.choose(8, 15));
  const Stages two = measure(c, first, second, steps, data, one.q);
  claims_of_digits(c, one, two);
  Rng rng(7);
  const Tensor z = rng.normal({48, Z});
  c.draw({ring(of_ring), sheet("decoded from N(0, I)", first, z),
          sheet("from the second stage", first,
                TwoStages<vae::MlpVae, CodeVae>{first, second}.draw_codes(48, rng))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C139",
       .title = "A two-stage VAE: a VAE on the codes of a VAE",
       .source = "Dai and Wipf 2019, section 4",
       .mutants = {{"codes_are_means", "the second stage learns the means of q(z|x)"},
                   {"noise_left_out", "a code is the mean of p(z|u), not a draw"},
                   {"entropy_forgotten", "log q(z|x) is left out of the bound of both"}}},
      program);
}
