// gradient_variants: the gradient of a tighter bound drowns in noise, and how it does not
// C131, UDL notes; Roeder, Wu and Duvenaud 2017; Rainforth et al. 2018; Tucker, Lawson, Gu and Maddison 2019
//
//     plain  sum w~ grad log w      STL  sum w~ (d log w/dz) grad z      DReG  sum w~^2 (d log w/dz) grad z
//
// As k grows, L_k comes to log p(x), which does not depend on q: the gradient of q goes to 0 as 1/k, its noise as
// 1/sqrt(k) only. The square in DReG takes the noise down to 1/k^1.5. STL is right for one sample and biased for more.
#include "concepts/bounds/gradient_variants_faults.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"

using namespace tapestry;
using concepts::line_noise_of, concepts::GradientOf, concepts::Ratios, concepts::Variants;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

Ratios claims_of_line(Concept& c, const Variants& by) {
  const std::int64_t draws = c.choose(8000000, 1600000);
  Ratios of;
  for (int k = 16; k <= c.choose(256, 64); k *= 2) {
    const vae::GradientNoise a = line_noise_of(by.plain, k, draws,
                                               c.rng(fmt::format("plain {}", k))),
                             b = line_noise_of(by.dreg, k, draws, c.rng(fmt::format("DReG {}", k)));
    of.k.push_back(k);
    // Of one mean with DReG, by which it is known better.
    of.plain.push_back((abs(b.gradients[0].mean) / sqrt(a.gradients[0].variance)).item());
    of.decoder.push_back(a.gradients[2].snr.item());
    of.dreg.push_back(b.gradients[0].snr.item());
  }
  const double about = c.choose(0.1, 0.35);
  const double slopes[] = {concepts::log_slope(of.k, of.plain),
                           concepts::log_slope(of.k, of.decoder),
                           concepts::log_slope(of.k, of.dreg)};
  c.within("signal-to-noise of q's mean: power of k", slopes[0], -0.5 - about, -0.5 + about);
  c.within("signal-to-noise of the decoder: power of k", slopes[1], 0.56 - about, 0.56 + about);
  c.within("signal-to-noise of q's mean by DReG: power of k", slopes[2], 0.5 - about, 0.5 + about);

  const auto of_mu = [](const vae::GradientNoise& n) { return n.gradients[0]; };
  const vae::Noise a = of_mu(line_noise_of(by.plain, 8, draws, c.rng("plain 8"))),
                   b = of_mu(line_noise_of(by.dreg, 8, draws, c.rng("DReG 8")));
  c.monte_carlo("8 draws: mean gradient, DReG - plain", (b.mean - a.mean).item(),
                std::hypot(a.mean_se.item(), b.mean_se.item()), 0, c.choose(0.003, 0.01));
  c.at_least("8 draws: variance, plain / DReG", (a.variance / b.variance).item(), 5);
  // With all of q's score left out, the limit is the posterior's mean of (z - mu) / sigma^2.
  const auto far = [&](const GradientOf& variant) {
    return of_mu(line_noise_of(variant, 256, draws, c.rng("256"))).mean.item();
  };
  c.within("256 draws: mean gradient by STL", far(by.stl), 0.34, 0.38);
  c.within("256 draws: mean gradient, plain", far(by.plain), -0.1, 0.1);
  const auto posterior = vae::exact::Line::example().posterior(tensor(vae::exact::kLineX));
  c.at_most(
      "one draw at the posterior: variance of STL",
      line_noise_of(by.stl, 1, 1000, c.rng("one"), posterior.loc.item(), posterior.scale.item())
          .gradients[0]
          .variance.item(),
      1e-20);
  return of;
}

void train_digits(const Concept& c, const Variants& by, Record& r) {
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
  data.binarize = nn::Binarize::dynamic;
  r.data_rule = c.choose("MNIST, dynamic", "drawn digits, dynamic");
  const auto run =
      c.choose<concepts::WeightsRun>({.draws = 1, .epochs = 5}, concepts::small_run(1));
  const auto climbed = [](const Tensor& log_w) -> vae::Objective {
    const Tensor L = vae::iwae_bound(log_w);
    return {.value = L, .bound = L};
  };
  const auto model = concepts::train_on_weights(run, data, climbed, c.rng("init"), c.seed());
  r.numbers["-L_500"] =
      -vae::evaluate_log_px(*model, data, c.choose(1000, 100), c.rng("test"), c.choose(500, 50))
           .log_px;
  const Tensor x = data.range(nn::Part::train, 0, 50, c.rng("pixels")).images;
  const auto variance = [&](const GradientOf& variant, int k) {
    Rng rng = c.rng("noise");
    const auto estimate = [&](Rng& at) { return variant.images(*model, x, k, at); };
    return vae::gradient_noise(estimate, model->encoder->parameters(), c.choose(200, 30), rng)
        .total_variance();
  };
  for (const int k : {1, 4, 16}) {
    r.add("plain", k, variance(by.plain, k));
    r.add("DReG", k, variance(by.dreg, k));
  }
  r.numbers["STL"] = variance(by.stl, 1);
}

void claims_of_digits(Concept& c, const Record& r) {
  const std::vector<double>&plain = r.curve("plain").y, &dreg = r.curve("DReG").y;
  c.within("digits: -L_500 of test images", r.number("-L_500"), c.choose(116.5, 100.0),
           c.choose(119.0, 300.0));
  c.within("digits, encoder, 1 draw: variance of STL / plain", r.number("STL") / plain[0],
           c.choose(0.33, 0.01), c.choose(0.44, 0.99));
  c.within("digits, encoder, 16 draws: variance of DReG / plain", dreg[2] / plain[2],
           c.choose(0.24, 0.01), c.choose(0.33, 0.8));
}

// --- picture

std::vector<Plot> picture(const Ratios& of, const Record& r) {
  return {Plot("the line: signal-to-noise of a gradient", "k draws", "|mean| / standard deviation")
              .log_x()
              .log_y()
              .line("decoder", of.k, of.decoder)
              .line("q's mean, DReG", of.k, of.dreg)
              .line("q's mean, plain", of.k, of.plain)
              .x_range(10, 400)
              .y_range(1e-3, 10)
              .key("bottom left"),
          Plot("digits: noise of the encoder's gradient", "k draws", "total variance")
              .log_x()
              .log_y()
              .line("plain", r.curve("plain").x, r.curve("plain").y)
              .line("DReG (1 draw: STL)", r.curve("DReG").x, r.curve("DReG").y)
              .x_range(0.8, 20)};
}

// --- program

void program(Concept& c) {
  const Variants by{.plain = c.broken("stl_in_iwae") ? concepts::gradient_of<concepts::Stl>()
                                                     : concepts::gradient_of<concepts::Plain>(),
                    .dreg = c.broken("parameters_not_detached")
                                ? concepts::gradient_of<concepts::DregWithScore>()
                            : c.broken("w_not_squared") ? concepts::gradient_of<concepts::Stl>()
                                                        : concepts::gradient_of<concepts::Dreg>()};
  const Ratios of = claims_of_line(c, by);
  const Record r = c.record([&](Record& measured) { train_digits(c, by, measured); });
  claims_of_digits(c, r);
  c.draw(picture(of, r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C131",
       .title = "Gradients of tighter bounds",
       .source = "UDL notes; Roeder 2017; Rainforth 2018; Tucker 2019, equation 8; model F1",
       .mutants = {{"parameters_not_detached", "DReG leaves the score of q in"},
                   {"w_not_squared", "DReG weighs by w~, not by its square"},
                   {"stl_in_iwae", "the score is left out of the bound of several samples"}}},
      program);
}
