// tc_vae: a penalty on the total correlation makes the latents of a VAE independent
// C80, C77, UDL section 17.8.4 and figure 17.14; Chen et al. 2018
//
//     objective = E_q[log p(x|z)] - I(x; z) - beta TC(q(z)) - sum_k KL(q(z_k) || p(z_k))
//
// With beta = 1 it is the ELBO. A beta-VAE weighs all of the KL and so pays with the picture; here only
// the dependence between the latents costs more. Learned on sprites, whose factors are independent;
// TC of the result is measured with all data, as is the gap of the mutual information.
#include "autograd/ops.hpp"
#include "nn/data/batcher.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/analysis/attributes.hpp"
#include "vae/analysis/mig.hpp"
#include "vae/analysis/total_correlation.hpp"
#include "vae/exact/sprites.hpp"
#include "vae/model.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr std::int64_t kLatents = 5, kBatch = 64;

/// The objective of one minibatch of N data, with stratified weights for q(z).
Tensor objective(const Concept& c, vae::Vae& model, const Tensor& x, double beta, std::int64_t data,
                 Rng& rng) {
  const prob::Normal q = model.encode(x);
  const Tensor z = q.rsample(rng);
  const vae::KlSplit kl = vae::split_kl(q, z, vae::stratified_rows(x.dim(0), data));
  // A penalty on all of the KL is a beta-VAE: what the code knows is lost with it.
  const Tensor penalty = c.broken("all_of_the_kl") ? kl.sum() : kl.total_correlation;
  return mean(model.decode(z).log_prob(x) - kl.sum() - (beta - 1) * penalty);
}

struct Result {
  std::unique_ptr<vae::Vae> model;
  double total_correlation, information;
};

Result learn(const Concept& c, const vae::exact::Sprites& sprites, double beta) {
  const nn::ByteImages images = sprites.bytes();
  const std::int64_t n = images.count;
  Result r;
  r.model = vae::make_vae(
      {.rows = images.rows, .cols = images.cols, .hidden = {256}, .latent = kLatents});
  nn::init::torch_default(*r.model, c.rng("start"));
  nn::Batcher batches(images, c.rng("batches"), {.batch = std::min(n, kBatch), .drop_last = true});
  nn::Adam adam(r.model->parameters(), {.lr = 2e-3});
  Rng noise = c.rng("noise");
  nn::Batch batch;
  const int steps = c.choose(10000, 1200);
  for (int step = 0; step < steps; ++step) {
    while (!batches.next(batch)) {}
    adam.set_lr(2e-3 * (1 - static_cast<double>(step) / steps));
    support::descend(adam, [&] { return -objective(c, *r.model, batch.images, beta, n, noise); });
  }
  const NoGrad evaluation;
  const Tensor x = nn::image_tensor(images, 0, n, nn::Binarize::none, noise);
  const prob::Normal q = r.model->encode(x);
  const Tensor z = q.rsample(noise, {20});
  const vae::KlSplit split = vae::split_kl(q, z, vae::all_rows(n));
  r.total_correlation = mean(split.total_correlation).item();
  r.information = mean(split.mutual_information).item();
  fmt::print(
      "beta = {}: total correlation {:.3f}, I(x; z) {:.2f}, -E log p(x|z) {:.2f}, MIG {:.2f}\n",
      beta, r.total_correlation, r.information, -mean(r.model->decode(z).log_prob(x)).item(),
      vae::mutual_information_gap(q, sprites.factors));
  return r;
}

/// Row k: the picture as z_k goes from -2 to 2 and the others stay 0.
Tensor traversals(vae::Vae& model) {
  const NoGrad evaluation;
  std::vector<Tensor> z;
  for (std::int64_t k = 0; k < kLatents; ++k) {
    const Tensor axis = reshape(slice(eye(kLatents), 0, k, k + 1), {kLatents});
    z.push_back(vae::traverse(zeros({kLatents}), axis, linspace(-2, 2, 9)));
  }
  return model.decode(concat(z, 0))
      .mean()
      .with_shape({kLatents * 9, vae::exact::kSpriteSide, vae::exact::kSpriteSide});
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const vae::exact::Sprites sprites =
      vae::exact::all_sprites({.positions = c.choose(8, 4), .sizes = c.choose(3, 2)});
  const Result plain = learn(c, sprites, 1), independent = learn(c, sprites, 6);
  c.draw({Plot(fmt::format("VAE: total correlation {:.2f}", plain.total_correlation),
               "one latent from -2 to 2", "z_5 ... z_1")
              .images(traversals(*plain.model), 9),
          Plot(fmt::format("TC-VAE, beta = 6: total correlation {:.2f}",
                           independent.total_correlation),
               "one latent from -2 to 2", "z_5 ... z_1")
              .images(traversals(*independent.model), 9)});
  c.at_most("TC with beta = 6 / TC of the VAE",
            independent.total_correlation / plain.total_correlation, 0.3);
  c.at_least("I(x; z) with beta = 6 / of the VAE", independent.information / plain.information,
             0.8);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C80",
       .title = "TC-VAE: independent latents, and what they show",
       .source = "UDL section 17.8.4, figure 17.14; Chen et al. 2018; model F6",
       .mutants = {{"all_of_the_kl", "the weight is on the whole KL, as in a beta-VAE"}}},
      program);
}
