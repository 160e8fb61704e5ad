// deterministic_autoencoder: it copies better than a VAE, and makes up less
// C59, inference notes S2 (introduction of the VAE), UDL section 17.6
//
//     autoencoder:  loss = -log p(x | f(x))                               the code is a point
//     VAE:          loss = -E_q log p(x | z) + KL(q(z|x) || N(0, I))      the code is a cloud
//
// Both have the same networks. The autoencoder pays nothing for its codes and spreads them out as it
// likes; where none lies, its decoder has learned nothing. The KL pulls the clouds of the VAE together
// until they fill N(0, I), and then a draw from there is a code.
#include <numbers>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/concept.hpp"
#include "support/images.hpp"
#include "vae/analysis/mmd.hpp"
#include "vae/analysis/moments.hpp"
#include "vae/trainer.hpp"
#include "vae/variants/mlp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr std::int64_t kLatents = 5;
constexpr auto kGrey = nn::Binarize::none;

struct Model : vae::MlpVae {
  Model(const Concept& of, bool is_vae)
      : MlpVae({.hidden = {of.choose(400, 100)}, .latent = kLatents}), c(of), vae(is_vae) {}

  Tensor code(const prob::Normal& q, Rng& rng) const { return vae ? q.rsample(rng) : q.loc; }

  vae::ElboTerms elbo(const Tensor& x, Rng& rng, const vae::ElboOptions&) override {
    const prob::Normal q = encode(x);
    const bool pays = vae && !c.broken("no_kl");
    return {.log_lik = decode(code(q, rng)).log_prob(x),
            .kl = pays ? prob::kl(q, prior()) : zeros({x.dim(0)})};
  }

  const Concept& c;
  const bool vae;
};

/// The mean distance of each real image to the nearest that was made.
double to_nearest(const Tensor& real, const Tensor& made) {
  return mean(sqrt(-max(-vae::squared_distances(real, made), -1))).item();
}

struct Result {
  double error;                   ///< -log p(x|code) of the test images
  Tensor codes;                   ///< of 500 test images
  double kl;                      ///< of a normal with the codes' moments, to N(0, I)
  Tensor from_prior, from_codes;  ///< 500 images made of N(0, I), and of codes of training images
};

Result train(const Concept& c, const nn::ImageDataset& data, const Tensor& test, bool is_vae) {
  Model model(c, is_vae);
  nn::init::torch_default(model, c.rng("init"));
  nn::Adam adam(model.parameters(), {.lr = c.choose(1e-3, 3e-3)});
  vae::Trainer trainer(
      model, data, adam,
      {.epochs = c.choose(5, 8), .batch = c.choose(128, 32), .binarize = kGrey, .seed = c.seed()});
  trainer.run();
  const NoGrad evaluation;
  Rng rng = c.rng("codes");
  const Tensor codes = model.code(model.encode(test), rng);
  vae::Moments moments({kLatents});
  moments.add_all(codes);
  const vae::Noise of = moments.noise();
  const prob::StandardNormal standard({kLatents}, 1, DType::f64);
  const Tensor x = nn::image_tensor(data.train, 0, 500, kGrey, rng);
  return {.error = trainer.history().back().test.neg_log_lik,
          .codes = codes,
          .kl = prob::kl(prob::Normal(of.mean, sqrt(of.variance), 1), standard).item(),
          .from_prior = model.generate(500, rng),
          .from_codes = model.decode(model.code(model.encode(x), rng)).mean()};
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 2000, 1000);
  const Tensor test = nn::image_tensor(data.test, 0, 500, kGrey, c.rng("none"));
  const Result plain = train(c, data, test, false), vae = train(c, data, test, true);
  c.at_least("-log p(x|code), nats: VAE - autoencoder", vae.error - plain.error, 3);
  c.at_least("KL of the codes' moments to N(0, I): autoencoder / VAE", plain.kl / vae.kl, 10);
  c.at_least("test image to the nearest made of N(0, I): the same ratio",
             to_nearest(test, plain.from_prior) / to_nearest(test, vae.from_prior), 1.1);
  c.within("... to the nearest made of codes",
           to_nearest(test, plain.from_codes) / to_nearest(test, vae.from_codes), 0.9, 1.03);

  const auto axis = [](const Tensor& z, int k) { return slice(z, 1, k, k + 1).to_vector(); };
  const auto sheet = [&](const std::string& title, const Tensor& made) {
    return Plot(title, "", "").images(data.as_images(slice(made, 0, 0, 25)));
  };
  const Tensor turn = linspace(0, 2 * std::numbers::pi, 100);
  Plot scatter("codes of test digits", "z_1", "z_2");
  scatter.dots("autoencoder", axis(plain.codes, 0), axis(plain.codes, 1))
      .dots("VAE", axis(vae.codes, 0), axis(vae.codes, 1))
      .line("99 % of N(0, I)", (3.0 * cos(turn)).to_vector(), (3.0 * sin(turn)).to_vector());
  c.draw({scatter.x_range(-14, 20).y_range(-16, 18).square().key("top right"),
          sheet("made of N(0, I): autoencoder", plain.from_prior),
          sheet("made of N(0, I): VAE", vae.from_prior)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C59",
                         .title = "Deterministic autoencoder against VAE",
                         .source = "inference notes S2 (introduction of the VAE), UDL section 17.6",
                         .mutants = {{"no_kl", "the VAE pays nothing for its code either"}}},
                        program);
}
