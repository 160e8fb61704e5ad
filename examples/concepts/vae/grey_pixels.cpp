// grey_pixels: the cross entropy of grey pixels is no log density; a constant makes it one
// C52, inference notes S0, the link after its VAE example
//
//     "density" of BCE:       lambda^x (1 - lambda)^(1 - x)              x in [0, 1]
//     its area over [0, 1]:   (2 lambda - 1) / logit(lambda),  1/2 at lambda = 1/2, elsewhere less
//     continuous Bernoulli:   the same, divided by that area
//
// A Bernoulli speaks of x = 0 and x = 1 alone. Fed with grey values its formula gives a number, but
// no log-likelihood of the picture. What that number is, depends on the data rule; so say the rule.
#include <cmath>

#include "autograd/ops.hpp"
#include "nn/data/batcher.hpp"
#include "nn/data/strokes.hpp"
#include "prob/bernoulli.hpp"
#include "prob/continuous_bernoulli.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using nn::Binarize;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// The integral over x in [0, 1] of exp(p.log_prob(x)), for p with parameters [L, 1].
template <class Distribution>
Tensor area(const Distribution& p) {
  const vae::exact::Grid x(0, 1, 40000);
  return exp(x.log_integral(p.log_prob(reshape(x.points, {1, -1}))));
}

Tensor area_of_bce(const Tensor& lambda) { return area(prob::Bernoulli::from_probs(lambda)); }
Tensor area_of_continuous(const Tensor& lambda) {
  return area(prob::ContinuousBernoulli::from_probs(lambda));
}

/// Dynamic: a fresh draw each time the images are seen. Static: one draw, kept for ever.
int dynamic_draw(int epoch) { return epoch; }
int static_draw(int /*epoch*/) { return 0; }

// --- claims

void claims_of_area(Concept& c, const Tensor& lambda, const auto& restored) {
  const Tensor bce_area = area_of_bce(lambda);
  c.exact("area of BCE at lambda = 1/2", bce_area.at({20}), 0.5, 1e-8);
  const Tensor closed = (2.0 * lambda - 1.0) / prob::Bernoulli::from_probs(lambda).logits;
  const Tensor error = abs(bce_area - reshape(where(equal(lambda, 0.5), 0.5, closed), {-1}));
  c.exact("area of BCE - (2 lambda - 1) / logit, largest", max(error).item(), 0, 1e-8);
  c.at_most("largest area of BCE", max(bce_area).item(), 0.5 + 1e-8);
  c.exact("continuous Bernoulli: |area - 1|, largest", max(abs(restored(lambda) - 1.0)).item(), 0,
          1e-8);
  const prob::ContinuousBernoulli half(tensor(0.0));
  c.exact(
      "its constant at lambda = 1/2",
      exp(half.log_prob(tensor(0.3)) - prob::Bernoulli(tensor(0.0)).log_prob(tensor(0.3))).item(),
      2, 1e-8);
}

/// What the same model, one lambda a pixel, is worth under each rule that makes data of bytes.
void claims_of_data_rules(Concept& c, const auto& draw) {
  const nn::ByteImages images = nn::draw_strokes(1, 0, c.choose(500, 100));
  const auto data = [&](Binarize rule, const Rng& rng) {
    return nn::image_tensor(images, 0, images.count, rule, rng);
  };
  const Rng rng = c.rng("pixels");
  const Tensor grey = data(Binarize::none, rng);
  const Tensor lambda = clamp(mean(grey, 0), 0.01, 0.99);
  const auto bernoulli = prob::Bernoulli::from_probs(lambda, 1);
  const auto per_image = [&](const Tensor& x) { return mean(bernoulli.log_prob(x)).item(); };
  std::vector<double> fresh;
  for (int epoch = 0; epoch < c.choose(100, 40); ++epoch) {
    const Rng of_epoch = rng.stream(fmt::format("{}", draw(epoch)));
    fresh.push_back(per_image(data(Binarize::dynamic, of_epoch)));
  }
  const auto dynamic = prob::estimate(tensor(fresh, {static_cast<std::int64_t>(fresh.size())}));
  const auto continuous = prob::ContinuousBernoulli::from_probs(lambda, 1);
  fmt::print("\ndata rule   nats per image\n");
  fmt::print("threshold   {:9.2f}  Bernoulli\n", per_image(data(Binarize::threshold, rng)));
  fmt::print("static      {:9.2f}  Bernoulli\n", per_image(data(Binarize::dynamic, rng)));
  fmt::print("dynamic     {:9.2f}  Bernoulli, mean of {} draws\n", dynamic.mean.item(),
             fresh.size());
  fmt::print("grey        {:9.2f}  cross entropy: not a log-likelihood\n", per_image(grey));
  fmt::print("grey        {:9.2f}  continuous Bernoulli, a log density\n",
             mean(continuous.log_prob(grey)).item());
  // BCE is linear in x: on grey pixels it is the mean over all dynamic draws.
  c.monte_carlo("dynamic rule: log p - BCE of the grey pixels",
                dynamic.mean.item() - per_image(grey), dynamic.standard_error.item(), 0, 0.3);
}

// --- picture

std::vector<Plot> picture(const std::vector<double>& grid) {
  const Tensor lambda = tensor(grid, {std::ssize(grid), 1});
  const std::vector<double> x = support::grid(0, 1, 60);
  Plot right("the curve of lambda = 0.9, before and after", "grey value x", "density");
  const Tensor values = tensor(x, {60}), nine = tensor(0.9);
  right.dashed("BCE", x, exp(prob::Bernoulli::from_probs(nine).log_prob(values)).to_vector())
      .line("continuous Bernoulli", x,
            exp(prob::ContinuousBernoulli::from_probs(nine).log_prob(values)).to_vector());
  return {Plot("BCE misses its area of 1", "lambda", "area over [0, 1]")
              .dashed("BCE", grid, area_of_bce(lambda).to_vector())
              .line("continuous Bernoulli", grid, area_of_continuous(lambda).to_vector())
              .y_range(0, 1.3)
              .key("top left"),
          right.y_range(0, 3).key("top left")};
}

// --- program

void program(Concept& c) {
  const auto restored = c.broken("no_constant") ? area_of_bce : area_of_continuous;
  const auto draw = c.broken("one_draw") ? static_draw : dynamic_draw;
  const std::vector<double> grid = support::grid(0.01, 0.99, 41);
  claims_of_area(c, tensor(grid, {41, 1}), restored);
  claims_of_data_rules(c, draw);
  c.draw(picture(grid));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C52",
       .title = "Grey pixels are not Bernoulli data",
       .source = "inference notes S0, the link after its VAE example",
       .mutants = {{"no_constant", "cross entropy is taken for a density of grey values"},
                   {"one_draw", "the dynamic rule repeats one draw, as the static rule does"}}},
      program);
}
