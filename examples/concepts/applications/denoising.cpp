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
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/inference/map.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr double kSigma = 0.2;  // standard deviation of the decoder's pixels

/// Images [n, D]: noisy, and what two ways make of them.
struct Denoised {
  Tensor noisy, by_encoder, by_ascent;
};

Denoised denoise(const Concept& c, vae::Vae& model, const Tensor& y, double s) {
  const auto f = [&](const Tensor& z) { return model.decode(z).mean(); };
  const Tensor scale = full({}, std::sqrt(kSigma * kSigma + s * s));
  const auto log_joint = [&](const Tensor& z) {
    return prob::Normal(f(z), scale, 1).log_prob(y) + model.prior().log_prob(z);
  };
  const Tensor mean_z = model.encode(y).mean();
  const Tensor z = vae::climb(log_joint, mean_z, {.steps = c.choose(200, 100)});
  return {y, f(mean_z), c.broken("identity") ? y : f(z)};
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 3000, 200);
  vae::VaeConfig config = support::digits_network(c);
  config.decoder = vae::DecoderKind::gaussian;
  config.decoder_scale = kSigma;
  const auto model = support::train_vae(c, data, config, support::digits_training(c));
  model->set_trainable(false);
  Rng rng = c.rng("noise");
  const std::int64_t n = c.choose(300, 100);
  const Tensor x = nn::image_tensor(data.test, 0, n, nn::Binarize::none, rng);
  const Tensor e = rng.normal(x.shape());
  const auto decibels = [&](const Tensor& image, const Tensor& clean) {  // [n]
    return vae::psnr(data.as_images(image), data.as_images(clean));
  };

  const Denoised half = denoise(c, *model, x + 0.5 * e, 0.5);
  const Tensor target = c.broken("noisy_target") ? x + 0.501 * e : x;
  const Tensor before = decibels(half.noisy, target), after = decibels(half.by_ascent, target);
  const Tensor from = decibels(half.by_encoder, target);
  c.within("s = 0.5: PSNR of the noisy images, dB", mean(before).item(), 5.92, 6.12);
  c.at_least("gain by the encoder's mean, dB", mean(from - before).item(), 3);
  c.at_least("gain by the ascent, dB", mean(after - before).item(), 3);
  c.at_least("the ascent over the encoder's mean, dB", mean(after - from).item(), 0.5);
  c.at_least("smallest gain of an image by the ascent, dB", -max(before - after).item(), 3);
  const Tensor limit = decibels(model->decode(model->encode(x).mean()).mean(), x);
  c.at_most("the ascent over the reconstruction of the clean image, dB", mean(after - limit).item(),
            0);

  const std::vector<double> noise = c.choose(support::grid(0.2, 1, 5), support::grid(0.2, 1, 2));
  std::vector<double> nothing, encoder, ascent;
  for (const double s : noise) {
    const Denoised d = denoise(c, *model, x + s * e, s);
    nothing.push_back(mean(decibels(d.noisy, x)).item());
    encoder.push_back(mean(decibels(d.by_encoder, x)).item());
    ascent.push_back(mean(decibels(d.by_ascent, x)).item());
  }
  const auto six = [](const Tensor& flat) { return slice(flat, 0, 0, 6); };
  c.draw({Plot("rows: noisy, encoder's mean, ascent, clean", "", "")
              .images(data.as_images(concat(
                          {six(half.noisy), six(half.by_encoder), six(half.by_ascent), six(x)}, 0)),
                      6),
          Plot("the more noise, the more there is to gain", "standard deviation s of the noise",
               "PSNR, dB")
              .line("noisy", noise, nothing)
              .line("encoder's mean", noise, encoder)
              .line("ascent", noise, ascent)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C81",
                         .title = "Denoising by projection to latent space",
                         .source = "UDL section 17.8",
                         .mutants = {{"identity", "the noisy image is handed back"},
                                     {"noisy_target", "the error is that to the noisy image"}}},
                        program);
}
