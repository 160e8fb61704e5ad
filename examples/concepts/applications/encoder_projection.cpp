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
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/inference/map.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 1500, 200);
  const auto model = support::train_vae(c, data, support::digits_network(c),
                                        support::digits_training(c, nn::Binarize::dynamic));
  model->set_trainable(false);
  Rng rng = c.rng("projection");
  const Tensor x = nn::image_tensor(data.test, 0, 100, nn::Binarize::dynamic, rng);

  // (i) The error of the encoder's mean, against worse guesses. Of a draw from q it is larger.
  const prob::Normal q = model->encode(x);
  const Tensor mean_z = c.broken("draw_for_mean") ? q.sample(rng) : q.mean();
  const auto picture = [&](const Tensor& z) { return model->decode(z).mean(); };
  const auto error = [&](const Tensor& image) { return mean(square(image - x)).item(); };
  const double of_mean = error(picture(mean_z));
  const Tensor many = nn::image_tensor(data.train, 0, 1500, nn::Binarize::none, rng);
  c.at_most("squared error: encoder's mean / mean image of the data",
            of_mean / error(mean(many, 0)), 0.7);
  c.at_most("squared error: encoder's mean / a z of the prior",
            of_mean / error(picture(model->prior().sample(rng, {100}))), 0.5);
  c.at_most("squared error: encoder's mean / a draw from q",
            of_mean / error(picture(q.sample(rng))), 0.97);

  // (ii) From there upwards, and from 0.
  const auto log_joint = [&](const Tensor& z) {
    return model->decode(z).log_prob(x) + model->prior().log_prob(z);
  };
  const auto climbed = [&](const Tensor& z) {
    return c.broken("prior_forgotten") ? model->decode(z).log_prob(x) : log_joint(z);
  };
  std::vector<double> step, from_mean, from_zero;
  const auto follow = [&](std::vector<double>& height) {
    return [&](const Tensor& z) { height.push_back(mean(log_joint(z)).item()); };
  };
  const int steps = c.choose(500, 150);
  const Tensor top = vae::climb(climbed, mean_z, {.steps = steps, .visit = follow(from_mean)});
  const Tensor lone =
      vae::climb(climbed, zeros(mean_z.shape()), {.steps = steps, .visit = follow(from_zero)});
  for (int i = 0; i < steps; ++i) step.push_back(i);
  const Tensor gain = log_joint(top) - log_joint(mean_z);
  c.at_least("log p(x, z*) - log p(x, encoder's mean), smallest of 100", -max(-gain).item(), 0);
  c.at_least("log p(x, z*) - log p(x, encoder's mean), mean in nats", mean(gain).item(), 1);
  c.at_most("log p(x, z*) from 0 - from the encoder's mean, mean in nats",
            mean(log_joint(lone) - log_joint(top)).item(), 0);
  c.at_most("squared error: z* / encoder's mean", error(picture(top)) / of_mean, 1);

  const auto six = [&](const Tensor& flat) { return data.as_images(slice(flat, 0, 0, 6)); };
  c.draw({Plot("rows: x, from the encoder's mean, from z*", "", "")
              .images(concat({six(x), six(picture(mean_z)), six(picture(top))}, 0), 6),
          Plot("the ascent from 0 never catches up", "step", "mean of log p(x, z), nats")
              .line("from the encoder's mean", step, from_mean)
              .line("from z = 0", step, from_zero)
              .y_range(from_mean.back() - 40, from_mean.back() + 5)
              .key("bottom right")});
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
