// denoising: what an image of the model would look like under the noise
// C81, UDL section 17.8
//
//     y = x + s e;   x = f(z) + sigma e'   =>   p(y|z) = N(y; f(z), (sigma^2 + s^2) I)
//     x is about f(z*),   z* = argmax_z log p(y|z) + log p(z)
//
// The model has seen clean images only, and no z makes it draw noise. So the image nearest to y that
// it can draw is a clean one. The encoder's mean at y is a first answer, though y is unlike anything
// that it was trained on; from there the ascent, which knows the noise, goes on.
#include <cmath>

#include "autograd/ops.hpp"
#include "concepts/applications/denoising.hpp"
#include "concepts/applications/train_vae.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor log_joint_of_clean(const Tensor& y, const Tensor& f, const Tensor& z, double sigma, double) {
  return log_joint(y, f, z, sigma, 0);
}

Tensor log_likelihood(const Tensor& y, const Tensor& f, const Tensor&, double sigma, double s) {
  return prob::Normal(f, full({}, std::sqrt(sigma * sigma + s * s)), 1).log_prob(y);
}

Denoised hand_back(LogJoint, vae::MlpVae& model, const Tensor& y, double, int) {
  return {y, model.decode(model.encode(y).mean()).mean(), y};
}

// --- claims

struct Method {
  LogJoint log_p;
  decltype(&denoise) clean;
  double target_noise;  ///< of the image that the result is compared with

  Denoised operator()(const Concept& c, vae::MlpVae& model, const Tensor& y, double s) const {
    return clean(log_p, model, y, s, c.choose(200, 100));
  }
};

/// On PPCA it is known: E[x|y] = W E[z|y] + m, of the model with the noise sqrt(sigma^2 + s^2).
void claims_of_ppca(Concept& c, LogJoint log_p) {
  Rng rng = c.rng("ppca");
  const auto model = vae::exact::Ppca::random(10, 3, 1, rng);
  const double s = 0.5;
  const Tensor x = model.sample(rng, 100).x, y = x + s * rng.normal(x.shape());
  const auto f = [&](const Tensor& z) { return model.likelihood(z).mean(); };
  const vae::exact::Ppca noisier{model.weight, model.mean, tensor(std::sqrt(1 + s * s))};
  const Tensor z = projected(log_p, f, 1, y, s, zeros({100, 3}), 3000);
  c.exact("PPCA: largest |f(z*) - E[x|y]|", max(abs(f(z) - f(noisier.posterior(y).loc))).item(), 0);
}

/// Of the test images x with the noise 0.5 e.
Denoised claims(Concept& c, vae::MlpVae& model, const nn::ImageDataset& data, const Tensor& x,
                const Tensor& e, const Method& denoised) {
  const auto decibels = [&](const Tensor& image, const Tensor& clean) {  // [n]
    return vae::psnr(data.as_images(image), data.as_images(clean));
  };
  const Denoised half = denoised(c, model, x + 0.5 * e, 0.5);
  const Tensor target = x + denoised.target_noise * e;
  const Tensor before = decibels(half.noisy, target), after = decibels(half.by_ascent, target);
  const Tensor from = decibels(half.by_encoder, target);
  c.within("s = 0.5: PSNR of the noisy images, dB", mean(before).item(), 5.92, 6.12);
  c.within("gain by the encoder's mean, dB", mean(from - before).item(), c.choose(7.8, 3.0),
           c.choose(10.6, 14.0));
  c.within("gain by the ascent, dB", mean(after - before).item(), c.choose(11.0, 3.0),
           c.choose(14.0, 15.0));
  c.within("the ascent over the encoder's mean, dB", mean(after - from).item(), c.choose(2.0, 0.5),
           6);
  c.at_least("smallest gain of an image by the ascent, dB", -max(before - after).item(),
             c.choose(6, 3));
  const Tensor limit = decibels(model.decode(model.encode(x).mean()).mean(), x);
  c.within("the ascent over the reconstruction of the clean image, dB", mean(after - limit).item(),
           c.choose(-4.3, -6.0), c.choose(-2.5, 0.0));
  return half;
}

// --- picture

/// What is left of the images x with the noise s e, for each s.
struct Curves {
  std::vector<double> s, noisy = {}, encoder = {}, ascent = {};
};

Curves against_noise(const std::vector<double>& noise, vae::MlpVae& model,
                     const nn::ImageDataset& data, const Tensor& x, const Tensor& e, int steps) {
  Curves of{.s = noise};
  const auto decibels = [&](const Tensor& image) {
    return mean(vae::psnr(data.as_images(image), data.as_images(x))).item();
  };
  for (const double s : noise) {
    const Denoised d = denoise(log_joint, model, x + s * e, s, steps);
    of.noisy.push_back(decibels(d.noisy));
    of.encoder.push_back(decibels(d.by_encoder));
    of.ascent.push_back(decibels(d.by_ascent));
  }
  return of;
}

std::vector<Plot> picture(const nn::ImageDataset& data, const Tensor& x, const Denoised& half,
                          const Curves& of) {
  const auto six = [](const Tensor& flat) { return slice(flat, 0, 0, 6); };
  const Tensor rows =
      concat({six(half.noisy), six(half.by_encoder), six(half.by_ascent), six(x)}, 0);
  return {
      Plot("rows: noisy, encoder's mean, ascent, clean", "", "").images(data.as_images(rows), 6),
      Plot("the more noise, the more there is to gain", "standard deviation s of the noise",
           "PSNR, dB")
          .line("noisy", of.s, of.noisy)
          .line("encoder's mean", of.s, of.encoder)
          .line("ascent", of.s, of.ascent)};
}

// --- program

void program(Concept& c) {
  const Method method{.log_p = c.broken("prior_forgotten") ? log_likelihood
                               : c.broken("noise_unknown") ? log_joint_of_clean
                                                           : log_joint,
                      .clean = c.broken("identity") ? hand_back : denoise,
                      .target_noise = c.broken("noisy_target") ? 0.501 : 0};
  claims_of_ppca(c, method.log_p);
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 3000, 200);
  vae::VaeConfig config = support::digits_network(c);
  config.decoder = vae::DecoderKind::gaussian;
  config.decoder_scale = kSigma;
  const auto model = support::train_vae(c, data, config, support::digits_training(c));
  model->set_trainable(false);
  Rng rng = c.rng("noise");
  const Tensor x = nn::image_tensor(data.test, 0, c.choose(300, 100), nn::Binarize::none, rng);
  const Tensor e = rng.normal(x.shape());
  const Denoised half = claims(c, *model, data, x, e, method);
  const std::vector<double> noise = c.choose(support::grid(0.2, 1, 5), support::grid(0.2, 1, 2));
  c.draw(picture(data, x, half, against_noise(noise, *model, data, x, e, c.choose(200, 100))));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C81",
                         .title = "Denoising by projection to latent space",
                         .source = "UDL section 17.8",
                         .mutants = {{"prior_forgotten", "log p(y|z) alone is climbed"},
                                     {"noise_unknown", "the ascent takes y for a clean image"},
                                     {"identity", "the noisy image is handed back"},
                                     {"noisy_target", "the error is that to the noisy image"}}},
                        program);
}
