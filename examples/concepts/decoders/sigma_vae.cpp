// sigma_vae: the noise of a Gaussian decoder has a closed form, and with it the weight of the KL
// C143, Rybkin, Daniilidis and Levine 2021
//
//     sigma*^2 = mean over images and pixels of (x_d - f_d(z))^2
//     sigma*^2 (E log p(x|z) - KL) = -E|x - f(z)|^2 / 2 - sigma*^2 KL + constant          a beta-VAE with beta = sigma*^2
//
// At sigma* the slope of log p(x|z) by sigma is 0. So it makes no difference to the gradient whether sigma* is a function of
// f or a number, and sigma needs no steps: for each f that the training comes by it is right at once.
#include "concepts/decoders/sigma_vae.hpp"

#include "concepts/decoders/sigma_digits.hpp"
#include "concepts/decoders/sigma_linear.hpp"
#include "concepts/decoders/sigma_measures.hpp"
#include "concepts/decoders/sigma_vae_faults.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- claims

void claims_of_sigma(Concept& c, const SigmaVae& steps) {
  const AtOptimum at = at_optimum(steps, c.rng("images"));
  c.identity("slope of log p(x|z) by log sigma^2 at sigma*", at.slope, 0, 1e-10);
  c.identity("mean log p(x|z) + D/2 log(2 pi e sigma*^2)", at.nats, 0, 1e-10);
  c.identity("slope by f: through sigma* - with sigma* a number, largest", at.envelope, 0, 1e-12);
  c.identity("sigma*^2 slope of the bound - slope of a VAE with beta = sigma*^2, largest",
             against_beta_vae(steps, c.rng("small")), 0, 1e-10);
  c.identity("test images: integral of p(x|z) over x", integral_at_test(steps), 1, 1e-9);
}

/// In a linear VAE the answer is known: sigma^2 is the mean of the eigenvalues that are left out.
std::vector<LinearRun> claims_of_linear(Concept& c, const LinearData& d) {
  const std::int64_t K = c.choose(20, 8);
  const int steps = c.choose(1500, 500);
  std::vector<LinearRun> runs;
  for (const bool closed : {true, false})
    runs.push_back(train_linear(d, K, closed, steps, c.rng("init")));
  c.within("linear: sigma*^2 / mean eigenvalue left out", runs[0].variance / d.discarded(K), 0.99,
           1.02);
  c.within("linear: highest bound - bound, nats", runs[0].gap.back(), -0.1, c.choose(0.5, 2.0));
  for (const std::size_t step : std::vector<std::size_t>{20, 50, 100, 200, 400})
    fmt::print("linear, after {} steps: {:.1f} nats below the best, with a learned sigma {:.1f}\n",
               step, runs[0].gap[step], runs[1].gap[step]);
  c.at_least("after 50 steps: ahead of a learned sigma, nats", runs[1].gap[50] - runs[0].gap[50],
             20);
  return runs;
}

void claims_of_digits(Concept& c, const Digits& d) {
  c.within("test -ELBO: sigma* - the best beta, nats", d.own.neg_elbo - d.best,
           c.choose(-70.0, -200.0), c.choose(2.0, 20.0));
  c.at_least("test -ELBO: beta = 1 - sigma*, nats", d.first.neg_elbo - d.own.neg_elbo,
             c.choose(100.0, 5.0));
  c.within("test -ELBO: sigma* - learned sigma, nats", d.own.neg_elbo - d.learned.neg_elbo,
           c.choose(-200.0, -100.0), c.choose(2.0, 15.0));
  c.within("squared error of test images / sigma*^2",
           d.own.error / d.own.model->kept.value().item(), 0.9, c.choose(1.15, 1.6));
}

// --- picture

std::vector<Plot> picture(const std::vector<LinearRun>& runs, const Digits& digits,
                          const nn::ImageDataset& data) {
  const NoGrad no_grad;
  std::vector<double> step(runs[0].gap.size());
  for (std::size_t i = 0; i < step.size(); ++i) step[i] = static_cast<double>(i + 1);
  const auto shown = [](double nats) { return std::max(nats, 1e-3); };
  const double own = digits.own.neg_elbo, v = digits.own.model->kept.value().item();
  const Tensor x = data.range(nn::Part::test, 0, 10, Rng(1)).images;
  Rng rng(5);
  const auto row = [&](SigmaVae& model) {
    return std::pair(model.f(model.encode(x).sample(rng)),
                     model.f(model.prior().sample(rng, {10})));
  };
  const auto [seen, drawn] = row(*digits.first.model);
  const auto [own_seen, own_drawn] = row(*digits.own.model);
  return {Plot("linear VAE: what training is below the best", "step", "nats")
              .line("sigma* in closed form", step, support::each(runs[0].gap, shown))
              .line("sigma learned", step, support::each(runs[1].gap, shown))
              .log_x()
              .log_y()
              .y_range(0.01, 2000)
              .key("bottom left"),
          Plot("digits: sigma^2 set by hand, and sigma*", "beta = sigma^2 in training",
               "test -ELBO, nats")
              .line("by hand", digits.beta, digits.neg_elbo)
              .same_colour()
              .points("", digits.beta, digits.neg_elbo)
              .points("sigma*", {v}, {own})
              .dashed("", {0.0005, 2}, {own, own})
              .log_x()
              .x_range(0.0005, 2)
              .key("top left"),
          Plot("x; with sigma = 1; with sigma*; draws of both", "", "")
              .images(data.as_images(concat({x, seen, own_seen, drawn, own_drawn}, 0)), 10)};
}

// --- program

void program(Concept& c) {
  SigmaVae steps(1, 1, 1);
  if (c.broken("deviation_for_variance")) steps.variance_of = deviation_for_variance;
  if (c.broken("mean_over_pixels")) steps.density = mean_over_pixels;
  if (c.broken("sigma_of_each_image")) steps.at_test = sigma_of_each_image;
  claims_of_sigma(c, steps);
  nn::ImageDataset data = support::load_images(c, "mnist", 600, 300);
  nn::keep_first(data, c.choose(20000, 600), c.choose(5000, 300));
  const auto runs = claims_of_linear(c, LinearData(data));
  const DTypeScope f32(DType::f32);
  const Digits digits =
      compare_digits(data, steps, {c.choose(300, 60), c.choose(20, 8)},
                     {c.choose(10, 4), c.choose(100, 25), c.choose(1e-3, 3e-3), c.seed()});
  claims_of_digits(c, digits);
  c.draw(picture(runs, digits, data));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C143",
       .title = "The sigma-VAE: a decoder that is calibrated",
       .source = "Rybkin, Daniilidis and Levine 2021",
       .mutants = {{"deviation_for_variance", "sigma* in the place of its square"},
                   {"mean_over_pixels", "the error is averaged over pixels, the KL is not"},
                   {"sigma_of_each_image", "a test image has a sigma made from itself"}}},
      program);
}
