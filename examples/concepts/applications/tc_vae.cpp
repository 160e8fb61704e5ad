// tc_vae: a penalty on the total correlation makes the latents of a VAE independent
// C80, C77, UDL section 17.8.4 and figure 17.14; Chen et al. 2018
//
//     objective = E_q[log p(x|z)] - I(x; z) - beta TC(q(z)) - sum_k KL(q(z_k) || p(z_k))
//
// With beta = 1 it is the ELBO. A beta-VAE weighs all of the KL and so pays with the picture; here only
// the dependence between the latents costs more. Learned on sprites, whose factors are independent;
// TC of the result is measured with all data, as is the gap of the mutual information.
#include "concepts/applications/tc_vae.hpp"

#include "autograd/ops.hpp"
#include "nn/data/sprites.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/traversals.hpp"
#include "vae/analysis/mig.hpp"
#include "vae/pictures/attribute_vector.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor beta_for_beta_minus_1(const Tensor& log_lik, const vae::KlSplit& kl, double beta) {
  return log_lik - kl.sum() - beta * kl.total_correlation;
}

/// A penalty on all of the KL is a beta-VAE: what the code knows is lost with it.
Tensor all_of_the_kl(const Tensor& log_lik, const vae::KlSplit& kl, double beta) {
  return log_lik - kl.sum() - (beta - 1) * kl.sum();
}

Tensor batch_for_all(std::int64_t batch, std::int64_t) { return vae::all_rows(batch); }

// --- claims

struct Result {
  std::unique_ptr<vae::MlpVae> model;
  double total_correlation = 0, information = 0;
  double in_use = 0;  ///< latents with a mean KL above 0.1 nats: the others tell nothing
  double bias = 0;    ///< of the total correlation from minibatches
  double off = 0;     ///< of the objective with beta = 1 from the ELBO
  double mig = 0;     ///< the gap of the mutual information
  Tensor known = {};  ///< [4, latents]: I(z_k; v) / H(v) of each factor v
};

Result learn(const Concept& c, const Method& by, const nn::Sprites& sprites, double beta) {
  const nn::ByteImages images = sprites.bytes();
  const std::int64_t n = images.count;
  nn::Batcher batches(images, c.rng("batches"), {.batch = c.choose(64, 24), .drop_last = true});
  Rng noise = c.rng("noise");
  Result r{.model = network(images, c.rng("start"))};
  train(by, *r.model, batches, n, beta, c.choose(10000, 1200), noise);
  const NoGrad no_grad;
  const Tensor x = nn::image_tensor(images, 0, n, nn::Binarize::none, noise);
  const prob::Normal q = r.model->encode(x);
  const Tensor z = q.rsample(noise, {20});
  const vae::KlSplit whole = vae::split_kl(q, z, vae::all_rows(n));
  r.total_correlation = mean(whole.total_correlation).item();
  r.information = mean(whole.mutual_information).item();
  r.mig = vae::mutual_information_gap(q, sprites.factors);
  r.known = vae::factor_information(q, sprites.factors) /
            reshape(vae::factor_entropy(sprites.factors), {-1, 1});
  const Tensor kl = mean(normal_kl_standard(q.loc, q.scale), 0);
  r.in_use = sum(where(less(kl, 0.1), 0.0, ones({kLatents}))).item();
  r.bias = -r.total_correlation;
  constexpr int kMinibatches = 200;
  for (int i = 0; i < kMinibatches; ++i) {
    const nn::Batch batch = batches.next();
    const prob::Normal part = r.model->encode(batch.images);
    r.bias += mean(by.split(part, part.rsample(noise), n).total_correlation).item() / kMinibatches;
  }
  Rng a = c.rng("off"), b = a;
  const Tensor z1 = q.rsample(b);
  const Tensor log_joint = r.model->decode(z1).log_prob(x) + r.model->prior().log_prob(z1);
  r.off = by.estimate(*r.model, x, 1, n, a).item() - mean(log_joint - q.log_prob(z1)).item();
  fmt::print(
      "beta = {}: total correlation {:.3f}, I(x; z) {:.2f}, -E log p(x|z) {:.2f}, MIG {:.2f}\n",
      beta, r.total_correlation, r.information, -mean(r.model->decode(z).log_prob(x)).item(),
      r.mig);
  return r;
}

void claims(Concept& c, const Result& plain, const Result& independent) {
  c.identity("beta = 1: objective - ELBO, nats", plain.off, 0, 1e-3);
  c.within("VAE: total correlation from minibatches - from all, nats", plain.bias, -1,
           c.choose(0.1, 0.2));
  c.within("TC with beta = 6 / TC of the VAE",
           independent.total_correlation / plain.total_correlation, 0, c.choose(0.12, 0.3));
  c.at_most("latents that tell something: beta = 6 / VAE", independent.in_use / plain.in_use,
            c.choose(0.8, 1.0));
  c.within("I(x; z) with beta = 6 / of the VAE", independent.information / plain.information, 0.8,
           1);
  c.within("MIG: beta = 6 - VAE", independent.mig - plain.mig, c.choose(0.15, -0.15), 0.4);
}

// --- picture

/// The traversals above, what each latent knows of each factor below.
std::vector<Plot> picture(const Result& plain, const Result& independent) {
  const auto sheet = [](const std::string& title, const Result& r) {
    Plot plot(title, "one latent from -2 to 2, the others 0", "");
    const double row = nn::kSpriteSide + 1;
    plot.images(support::traversals(*r.model, kLatents)
                    .with_shape({kLatents * 9, nn::kSpriteSide, nn::kSpriteSide}),
                9)
        .x_range(-row, 9 * row);
    for (int k = 0; k < kLatents; ++k)
      plot.note(fmt::format("z_{}", k + 1), -0.9 * row, (k + 0.5) * row);
    return plot;
  };
  const auto bars = [](const Result& r) {
    Plot plot(fmt::format("what each latent tells: MIG {:.2f}", r.mig), "", "I(z_k; v) / H(v)");
    plot.names({"z_1", "z_2", "z_3", "z_4", "z_5"}).y_range(0, 1).key("top right");
    const std::vector<std::string> factors{"x", "y", "size", "shape"};
    for (std::size_t f = 0; f < factors.size(); ++f) {
      const auto i = static_cast<std::int64_t>(f);
      plot.bars(factors[f], slice(r.known, 0, i, i + 1).to_vector());
    }
    return plot;
  };
  return {sheet(fmt::format("VAE: total correlation {:.2f}", plain.total_correlation), plain),
          sheet(fmt::format("TC-VAE, beta = 6: total correlation {:.2f}",
                            independent.total_correlation),
                independent),
          bars(plain), bars(independent)};
}

// --- program

void program(Concept& c) {
  const Method method{.of_parts = c.broken("beta_for_beta_minus_1") ? beta_for_beta_minus_1
                                  : c.broken("all_of_the_kl")       ? all_of_the_kl
                                                                    : objective,
                      .weights = c.broken("batch_for_all") ? batch_for_all : row_weights};
  const double beta = c.broken("no_penalty") ? 1 : 6;
  const DTypeScope f32(DType::f32);
  const nn::Sprites sprites =
      nn::all_sprites({.positions = c.choose(8, 4), .sizes = c.choose(3, 2)});
  const Result plain = learn(c, method, sprites, 1);
  const Result independent = learn(c, method, sprites, beta);
  claims(c, plain, independent);
  c.draw(picture(plain, independent));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C80",
       .title = "TC-VAE: independent latents, and what they show",
       .source = "UDL section 17.8.4, figure 17.14; Chen et al. 2018; model F6",
       .mutants = {{"beta_for_beta_minus_1", "the ELBO's own share of TC is forgotten"},
                   {"batch_for_all", "a minibatch is taken for all data"},
                   {"all_of_the_kl", "the weight is on the whole KL, as in a beta-VAE"},
                   {"no_penalty", "beta stays 1: a VAE twice"}}},
      program);
}
