// deterministic_autoencoder: it copies better than a VAE, and makes up less
// C59, inference notes S2 (introduction of the VAE), UDL section 17.6
//
//     autoencoder:  loss = -log p(x | f(x))                               the code is a point
//     VAE:          loss = -E_q log p(x | z) + KL(q(z|x) || N(0, I))      the code is a cloud
//
// Both have the same networks. The autoencoder pays nothing for its codes and spreads them out as it
// likes; where none lies, its decoder has learned nothing. The KL pulls the clouds of the VAE together
// until they fill N(0, I), and then a draw from there is a code.
#include <memory>
#include <numbers>

#include "autograd/ops.hpp"
#include "concepts/vae/deterministic_autoencoder.hpp"
#include "nn/init.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/analysis/moments.hpp"
#include "vae/bounds/mmd.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

struct WithoutKl : Model {
  using Model::Model;
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) override {
    return {.log_lik = decode(code(encode(x), rng)).log_prob(x), .kl = zeros({x.dim(0)})};
  }
};

struct LittleNoise : Model {
  using Model::Model;
  Tensor code(const prob::Normal& q, Rng& rng) const override {
    return prob::Normal(q.loc, 0.3 * q.scale, 1).rsample(rng);
  }
};

// --- claims

struct Result {
  double error;                   ///< -log p(x|code) of the test images
  Tensor codes;                   ///< of 500 test images
  double kl;                      ///< of a normal with the codes' moments, to N(0, I)
  double off;                     ///< largest difference to the library's bound, same noise
  Tensor from_prior, from_codes;  ///< 500 images made of N(0, I), and of codes of training images
};

Result train(const Concept& c, Model& model, const nn::ImageDataset& data, const Tensor& test) {
  nn::init::torch_default(model, c.rng("init"));
  model.encoder->log_variance->set_trainable(model.vae);  // a point has no spread
  const auto play = [&](const nn::Batch& b, Rng& rng) { return model.elbo(b.images, rng); };
  const vae::Means trained = support::train(
      model, play, data,
      {c.choose(5, 8), c.choose(128, 32), c.choose(1e-3, 3e-3), c.seed(), support::kConstantRate});
  const NoGrad no_grad;
  Rng rng = c.rng("codes");
  const Tensor codes = model.code(model.encode(test), rng);
  vae::Moments moments({kLatents});
  moments.add_all(codes);
  const vae::Noise of = moments.noise();
  const prob::StandardNormal standard({kLatents}, 1, DType::f64);
  const Tensor x = nn::image_tensor(data.train, 0, 500, kGrey, rng);
  Rng noise = c.rng("bound"), same = noise;
  const Tensor off = model.elbo(test, noise).elbo() - vae::elbo(model, test, same).elbo();
  return {.error = trained.neg_log_lik(),
          .codes = codes,
          .kl = prob::kl(prob::Normal(of.mean, sqrt(of.variance), 1), standard).item(),
          .off = max(abs(off)).item(),
          .from_prior = vae::generate(model, 500, rng),
          .from_codes = model.decode(model.code(model.encode(x), rng)).mean()};
}

void claims(Concept& c, const Result& plain, const Result& vae, const Tensor& test) {
  c.identity("VAE: its bound - the library's, largest of 500 images", vae.off, 0, 1e-3);
  c.within("-log p(x|code), nats: VAE - autoencoder", vae.error - plain.error, c.choose(4.4, 3.0),
           c.choose(6.1, 14.0));
  c.within("KL of the codes' moments to N(0, I): autoencoder / VAE", plain.kl / vae.kl,
           c.choose(50, 10), c.choose(600, 3000));
  c.within("test image to the nearest made of N(0, I): the same ratio",
           vae::distance_to_nearest(test, plain.from_prior) /
               vae::distance_to_nearest(test, vae.from_prior),
           c.choose(1.2, 1.1), c.choose(1.6, 2.0));
  c.within("... to the nearest made of codes",
           vae::distance_to_nearest(test, plain.from_codes) /
               vae::distance_to_nearest(test, vae.from_codes),
           0.9, 1.03);
}

// --- picture

std::vector<Plot> picture(const Result& plain, const Result& vae, const nn::ImageDataset& data) {
  const auto axis = [](const Tensor& z, int k) { return slice(z, 1, k, k + 1).to_vector(); };
  const auto sheet = [&](const std::string& title, const Tensor& made) {
    return Plot(title, "", "").images(data.as_images(slice(made, 0, 0, 25)));
  };
  const Tensor turn = linspace(0, 2 * std::numbers::pi, 100);
  Plot scatter("codes of test digits", "z_1", "z_2");
  scatter.dots("autoencoder", axis(plain.codes, 0), axis(plain.codes, 1))
      .dots("VAE", axis(vae.codes, 0), axis(vae.codes, 1))
      .line("99 % of N(0, I)", (3.0 * cos(turn)).to_vector(), (3.0 * sin(turn)).to_vector());
  return {scatter.x_range(-6, 17).y_range(-16, 7).square().key("below"),
          sheet("autoencoder: digits from z ~ N(0, I)", plain.from_prior),
          sheet("VAE: digits from z ~ N(0, I)", vae.from_prior)};
}

// --- program

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const std::int64_t hidden = c.choose(400, 100);
  Model autoencoder(hidden, false);
  auto vae = std::make_unique<Model>(hidden, true);
  if (c.broken("no_kl")) vae = std::make_unique<WithoutKl>(hidden, true);
  if (c.broken("little_noise")) vae = std::make_unique<LittleNoise>(hidden, true);
  const nn::ImageDataset data = support::load_images(c, "mnist", 2000, 1000);
  const Tensor test = nn::image_tensor(data.test, 0, 500, kGrey, c.rng("none"));
  const Result plain = train(c, autoencoder, data, test), noisy = train(c, *vae, data, test);
  claims(c, plain, noisy, test);
  c.draw(picture(plain, noisy, data));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C59",
                         .title = "Deterministic autoencoder against VAE",
                         .source = "inference notes S2 (introduction of the VAE), UDL section 17.6",
                         .mutants = {{"no_kl", "the VAE pays nothing for its code either"},
                                     {"little_noise", "the VAE adds 0.3 of its noise"}}},
                        program);
}
