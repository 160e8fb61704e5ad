// encoder_projection: from an image to its latent, by the encoder in one step or by ascent in hundreds
// C72, C73, UDL section 17.8.3
//
//     (i)  z = mean of q(z|x)        (ii)  z* = argmax_z log p(x|z) + log p(z)
//
// What is done to an image in latent space begins with one of them. The encoder is one pass through a
// net, and was trained for all x at once. The ascent is for one x alone, and needs no encoder, but
// where it begins decides how long it takes and on which top it ends: best begin at (i).
#include <cmath>

#include "autograd/ops.hpp"
#include "concepts/applications/train_vae.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/inference/climb.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// (i), of q(z|x).
Tensor by_encoder(const prob::Normal& q, Rng&) { return q.mean(); }

/// What (ii) climbs.
Tensor log_joint(vae::MlpVae& model, const Tensor& x, const Tensor& z) {
  return model.decode(z).log_prob(x) + model.prior().log_prob(z);
}

// --- wrong versions

Tensor by_draw(const prob::Normal& q, Rng& rng) { return q.sample(rng); }

Tensor log_likelihood(vae::MlpVae& model, const Tensor& x, const Tensor& z) {
  return model.decode(z).log_prob(x);
}

// --- claims

/// Images x [100, D], their z by (i) and (ii), and the mean of log p(x, z) before each step of the ascent.
struct Projections {
  Tensor x, mean_z, top = {};
  std::vector<double> from_mean = {}, from_zero = {};
};

/// The mean squared error of a pixel.
double error(const Tensor& image, const Tensor& x) { return mean(square(image - x)).item(); }

Projections claims(Concept& c, vae::MlpVae& model, const nn::ImageDataset& data,
                   const auto& encoded, const auto& climbed) {
  Rng rng = c.rng("projection");
  const Tensor x = nn::image_tensor(data.test, 0, 100, nn::Binarize::dynamic, rng);
  const auto picture = [&](const Tensor& z) { return model.decode(z).mean(); };

  // (i) The error of the encoder's mean, against worse guesses. Of a draw from q it is larger.
  const prob::Normal q = model.encode(x);
  const Tensor mean_z = encoded(q, rng);
  const double of_mean = error(picture(mean_z), x);
  const Tensor many = nn::image_tensor(data.train, 0, 1500, nn::Binarize::none, rng);
  c.at_most("squared error: encoder's mean / mean image of the data",
            of_mean / error(mean(many, 0), x), c.choose(0.35, 0.7));
  c.at_most("squared error: encoder's mean / a z of the prior",
            of_mean / error(picture(model.prior().sample(rng, {100})), x), c.choose(0.24, 0.5));
  c.within("squared error: encoder's mean / a draw from q",
           of_mean / error(picture(q.sample(rng)), x), c.choose(0.8, 0.7), c.choose(0.92, 0.97));

  // (ii) From there upwards, and from 0.
  Projections p{.x = x, .mean_z = mean_z};
  const auto height = [&](const Tensor& z) { return log_joint(model, x, z); };
  const auto ascent = [&](const Tensor& start, std::vector<double>& path) {
    const auto follow = [&](const Tensor& z) { path.push_back(mean(height(z)).item()); };
    return vae::climb([&](const Tensor& z) { return climbed(model, x, z); }, start,
                      {.steps = c.choose(500, 150), .visit = follow});
  };
  p.top = ascent(mean_z, p.from_mean);
  const Tensor lone = ascent(zeros(mean_z.shape()), p.from_zero);
  const Tensor gain = height(p.top) - height(mean_z);
  c.at_least("log p(x, z*) - log p(x, encoder's mean), smallest of 100", -max(-gain).item(), 0);
  c.within("log p(x, z*) - log p(x, encoder's mean), mean in nats", mean(gain).item(),
           c.choose(2.9, 1.0), c.choose(4.1, 10.0));
  c.within("log p(x, z*) from 0 - from the encoder's mean, mean in nats",
           mean(height(lone) - height(p.top)).item(), c.choose(-6, -60), 0);
  c.within("squared error: z* / encoder's mean", error(picture(p.top), x) / of_mean,
           c.choose(0.89, 0.7), c.choose(0.98, 1.0));
  return p;
}

// --- picture

std::vector<Plot> picture(const Projections& p, vae::MlpVae& model, const nn::ImageDataset& data) {
  const auto six = [&](const Tensor& flat) { return data.as_images(slice(flat, 0, 0, 6)); };
  const auto decode = [&](const Tensor& z) { return model.decode(z).mean(); };
  std::vector<double> step;
  for (std::size_t i = 0; i < p.from_mean.size(); ++i) step.push_back(static_cast<double>(i));
  return {Plot("rows: x, from the encoder's mean, from z*", "", "")
              .images(concat({six(p.x), six(decode(p.mean_z)), six(decode(p.top))}, 0), 6),
          Plot("the ascent from 0 never catches up", "step", "mean of log p(x, z), nats")
              .line("from the encoder's mean", step, p.from_mean)
              .line("from z = 0", step, p.from_zero)
              .y_range(p.from_mean.back() - 40, p.from_mean.back() + 5)
              .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const auto encoded = c.broken("draw_for_mean") ? by_draw : by_encoder;
  const auto climbed = c.broken("prior_forgotten") ? log_likelihood : log_joint;
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1500, 200);
  data.binarize = nn::Binarize::dynamic;
  const auto model =
      support::train_vae(c, data, support::digits_network(c), support::digits_training(c));
  model->set_trainable(false);
  c.draw(picture(claims(c, *model, data, encoded, climbed), *model, data));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C72",
       .title = "Projection to latent space: the encoder's mean, and the top of p(z | x)",
       .source = "UDL section 17.8.3",
       .mutants = {{"draw_for_mean", "a draw from q in place of its mean"},
                   {"prior_forgotten", "log p(x|z) alone is climbed"}}},
      program);
}
