// regularized_autoencoder: no noise and no KL; short codes, small weights, and a density that is fitted afterwards
// C140; Ghosh, Sajjadi, Vergari, Black and Scholkopf 2020 (RAE-L2), equations 3 to 6
//
//     least |x - g(f(x))|^2 + beta |f(x)|^2 + lambda |theta_g|^2;      then p(z), a mixture of normals over the codes f(x_n)
//
// For matrices f and g the least loss is known: it depends on the product beta lambda alone. With one of the two penalties left
// out the other one is worth nothing, since codes can shrink as weights grow.
#include "concepts/autoencoders/regularized_autoencoder.hpp"

#include "concepts/autoencoders/fit_rows.hpp"
#include "prob/multivariate_normal.hpp"
#include "support/concept/digit_classifier.hpp"
#include "support/concept/images.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/analysis/frechet.hpp"
#include "vae/vae.hpp"

using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

/// Each number of the codes is shuffled over the images: what depends on each other no longer does.
prob::Mixture<prob::Normal> of_shuffled(const Tensor& z, std::int64_t parts, Rng& rng) {
  return fit_mixture(vae::permute_columns(z, rng), parts, rng);
}

// --- claims

/// Six numbers with known variances, three in the code.
void claims_of_matrices(Concept& c, const Penalties& share) {
  const std::vector<double> variances{4, 2, 1, 0.3, 0.1, 0.05};
  const Penalties right{0.2, 0.5}, used{0.2 * share.code, 0.5 * share.decoder};
  LinearAutoencoder model(zeros({6}), 3);
  nn::init::torch_default(model, c.rng("matrices"));
  const Tensor S = eye(6) * tensor(variances, {6}, DType::f64);
  support::ascend(model.parameters(), [&] { return -rae_loss(model, S, used); },
                  {.steps = 3000, .rate = 0.02});
  c.exact("matrices: least loss", rae_loss(model, S, used).item(),
          least_rae_loss(variances, 3, right), 1e-6);
  const double weights = std::sqrt(0.2 / 0.5) * (2 + std::sqrt(2.0) + 1) - 3 * 0.2;
  c.exact("matrices: sum of the squared weights of g", sum(square(model.B.value())).item(), weights,
          1e-4);
}

/// Models of digits with 16 numbers in the code, and what they make.
struct Digits {
  double error, error_of_vae, won;  ///< squared, of a test image; log p of codes: mixture - normal
  std::vector<double> apart;        ///< from the test images: the five of the picture
  Tensor by_vae, by_mixture;        ///< [n, 784]
};

Digits measure(const Concept& c, const nn::ImageDataset& data, const Penalties& share,
               const FitCodes& fit_codes) {
  const std::int64_t hidden = c.choose(400, 100), K = c.choose(16, 6), n = c.choose(5000, 300);
  const support::Training how{c.choose(10, 20), c.choose(128, 50), c.choose(1e-3, 3e-3), c.seed()};
  Autoencoder rae({784, hidden, K});
  const Penalties w{1e-2 * share.code, 3e-3 * share.decoder};
  fit(rae, data, how, [&](const nn::Batch& b, Rng&) { return rae_loss(rae, b.images, w); });
  vae::MlpVae vae({.hidden = {hidden}, .latent = K, .decoder = vae::DecoderKind::gaussian});
  fit(vae, data, how,
      [&](const nn::Batch& b, Rng& rng) { return -vae::elbo(vae, b.images, rng).elbo(); });
  const auto net = support::train_classifier(c, data, c.choose(2, 5));
  const NoGrad no_grad;
  const Tensor train = data.range(nn::Part::train, 0, c.choose(10000, 1000), Rng(1)).images;
  const Tensor test = support::rows_of(data, nn::Part::test).images, some = slice(test, 0, 0, n);
  const Tensor z = rae.encode(train).to(DType::f64), z_test = rae.encode(test).to(DType::f64);
  Rng rng = c.rng("codes");
  const prob::Mixture<prob::Normal> mixture = fit_codes(z, c.choose(30, 20), rng);
  const auto [mean_of_z, covariance] = vae::exact::row_moments(z);
  const auto normal = prob::MultivariateNormal::from_covariance(mean_of_z, covariance);
  const auto decoded = [&](const Tensor& code) { return rae.decode(code.to(DType::f32)); };
  const auto apart = [&](const Tensor& made) {
    return vae::frechet_distance((*net)[0](some), (*net)[0](made));
  };
  const Tensor by_vae = vae::generate(vae, n, rng), by_mixture = decoded(mixture.sample(rng, {n}));
  return {mean(squared_error(test, rae.reconstruct(test))).item(),
          mean(squared_error(test, vae.decode(vae.encode(test).mean()).mean())).item(),
          mean(mixture.log_prob(z_test) - normal.log_prob(z_test)).item(),
          {apart(slice(train, 0, 0, n)), apart(by_vae),
           apart(from_its_codes(vae, train, c.choose(30, 20), n, c.rng("VAE"))),
           apart(decoded(normal.sample(rng, {n}))), apart(by_mixture)},
          by_vae,
          by_mixture};
}

void claims_of_digits(Concept& c, const Digits& d) {
  fmt::print("squared error of a test digit: RAE {:.2f}, VAE {:.2f}\n", d.error, d.error_of_vae);
  fmt::print(
      "distance from test digits: training digits {:.1f}, VAE {:.1f}, with a mixture {:.1f}; "
      "RAE with a normal {:.1f}, with a mixture {:.1f}\n",
      d.apart[0], d.apart[1], d.apart[2], d.apart[3], d.apart[4]);
  c.within("squared error, RAE / VAE", d.error / d.error_of_vae, c.choose(0.97, 0.3),
           c.choose(1.31, 1.5));
  c.within("log p of test codes: mixture - one normal, nats", d.won, c.choose(2.5, 0.1),
           c.choose(3.4, 4.0));
  c.within("distance, mixture / one normal", d.apart[4] / d.apart[3], c.choose(0.65, 0.4),
           c.choose(0.88, 1.1));
  c.within("distance, mixture / VAE", d.apart[4] / d.apart[1], c.choose(0.18, 0.05),
           c.choose(0.25, 0.7));
  c.within("distance, VAE with a mixture / VAE", d.apart[2] / d.apart[1], c.choose(0.165, 0.1),
           c.choose(0.225, 0.5));
}

// --- picture

std::vector<Plot> picture(const Digits& d) {
  const auto sheet = [](const std::string& name, const Tensor& x) {
    return Plot(name, "", "").images(slice(x, 0, 0, 48).with_shape({48, 28, 28}), 8);
  };
  return {sheet("VAE, decoded from N(0, I)", d.by_vae),
          sheet("RAE, decoded from the mixture", d.by_mixture),
          Plot("distance of features from test digits", "codes are drawn from", "squared distance")
              .bars("VAE", {d.apart[1], 0, d.apart[2]})
              .bars("RAE", {0, d.apart[3], d.apart[4]})
              .names({"N(0, I)", "a normal", "a mixture"})
              .dashed("training digits", {-0.7, 2.7}, {d.apart[0], d.apart[0]})
              .y_range(0, 48)};
}

// --- program

void program(Concept& c) {
  const FitCodes fit_codes = c.broken("codes_shuffled") ? of_shuffled : fit_mixture;
  const Penalties share{c.broken("codes_free") ? 0.0 : 1.0, c.broken("weights_free") ? 0.0 : 1.0};
  claims_of_matrices(c, share);
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
  const Digits digits = measure(c, data, share, fit_codes);
  claims_of_digits(c, digits);
  c.draw(picture(digits));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C140",
       .title = "A regularised autoencoder, and a mixture fitted afterwards",
       .source = "Ghosh et al. 2020, equations 3 to 6 and section 4",
       .mutants = {{"codes_free", "the codes have no penalty"},
                   {"weights_free", "the weights of the decoder have no penalty"},
                   {"codes_shuffled",
                    "the mixture is fitted to codes whose numbers are shuffled"}}},
      program);
}
