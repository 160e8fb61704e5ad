// bernoulli_decoder: the likelihood of binary pixels, from logits
// C51, inference notes S0, the decoder of its VAE example
//
//     p(x|z) = prod_d Ber(x_d | sigma(l_d)),   l = d(z)
//     log p(x|z) = sum_d (x_d l_d - softplus(l_d)),   d/dl_d = x_d - sigma(l_d)
//
// The network puts out logits, not probabilities: sigma(40) is 1 in a double, so log(1 - sigma) is
// lost, while softplus keeps every digit. A sum over pixels, not a mean: a product of D factors.
#include "autograd/ops.hpp"
#include "prob/bernoulli.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "support/numerics/every_image.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr std::int64_t kPixels = 10, kLatents = 2, kHidden = 8;

/// log Ber(x | sigma(l)) of each pixel.
Tensor log_bernoulli(const Tensor& logits, const Tensor& x) {
  return x * logits - softplus(logits);
}

/// log p(x|z): a product over pixels.
Tensor over_pixels(const Tensor& log_p) { return sum(log_p, -1); }

// --- wrong versions

/// log Ber(x | sigma(l)) from the probability, as often written: a clamp keeps it finite.
Tensor from_probability(const Tensor& logits, const Tensor& x) {
  const Tensor p = clamp(sigmoid(logits), 1e-7, 1 - 1e-7);
  return x * log(p) + (1.0 - x) * log1p(-p);
}

Tensor mean_over_pixels(const Tensor& log_p) { return mean(log_p, -1); }

// --- claims

/// A logit that is right or wrong, and large; and the gradient.
void claims_of_a_pixel(Concept& c, const auto& log_p) {
  const Tensor far = tensor({1000, 1000, -1000, -1000}), x = tensor({1, 0, 1, 0});
  const Tensor corners = log_p(far, x);
  c.exact("logit +1000: log p(1)", corners.at({0}), 0);
  c.exact("logit +1000: log p(0)", corners.at({1}), -1000);
  c.exact("logit -1000: log p(1)", corners.at({2}), -1000);
  c.exact("logit -1000: log p(0)", corners.at({3}), 0);

  const auto log_one = [&](const Tensor& l) { return log_p(l, ones_like(l)); };
  const auto log_zero = [&](const Tensor& l) { return log_p(l, zeros_like(l)); };
  const Tensor logits = linspace(-60, 60, 241);
  c.identity("gradient at x = 1, - (1 - sigma), largest",
             max(abs(support::slope(log_one, logits) - (1.0 - sigmoid(logits)))).item(), 0);
  c.identity("gradient at x = 0, - (0 - sigma), largest",
             max(abs(support::slope(log_zero, logits) + sigmoid(logits))).item(), 0);
}

/// A network's p(x|z) is a distribution over images, whatever the weights.
void claims_of_images(Concept& c, const auto& log_p, const auto& over) {
  Rng rng = c.rng("network");
  const Tensor z = rng.normal({5, kLatents});
  const Tensor hidden = tanh(linear(z, rng.normal({kHidden, kLatents})));
  const Tensor decoded = linear(hidden, rng.normal({kPixels, kHidden}));  // [5, D]
  const Tensor images = support::every_image(kPixels);
  const Tensor log_px = over(log_p(reshape(decoded, {5, 1, kPixels}), images));  // [5, 2^D]
  const Tensor total = exp(logsumexp(log_px, 1));
  c.identity("sum of p(x|z) over 1024 images, least of 5 z", -max(-total).item(), 1);
  c.identity("sum of p(x|z) over 1024 images, most of 5 z", max(total).item(), 1);
  const prob::Bernoulli decoder(reshape(decoded, {5, 1, kPixels}), 1);
  c.identity("log p(x|z) - prob::Bernoulli, largest",
             max(abs(log_px - decoder.log_prob(images))).item(), 0);
}

// --- picture

std::vector<Plot> picture() {
  const std::vector<double> l = support::grid(-40, 10, 201);
  const Tensor at = tensor(l, {201});
  const auto right = [](const Tensor& v) { return log_bernoulli(v, ones_like(v)); };
  const auto clamped = [](const Tensor& v) { return from_probability(v, ones_like(v)); };
  return {Plot("an ink pixel, x = 1", "logit", "log p(x = 1), nats")
              .line("from the logit", l, right(at).to_vector())
              .dashed("from a clamped probability", l, clamped(at).to_vector())
              .y_range(-42, 4)
              .key("bottom right"),
          Plot("the clamp stops learning where it is most wrong", "logit",
               "gradient with respect to the logit")
              .line("from the logit", l, support::slope(right, at).to_vector())
              .dashed("from a clamped probability", l, support::slope(clamped, at).to_vector())
              .y_range(-0.1, 1.6)
              .key("top right")};
}

// --- program

void program(Concept& c) {
  const auto log_p = c.broken("from_probability") ? from_probability : log_bernoulli;
  const auto over = c.broken("mean_over_pixels") ? mean_over_pixels : over_pixels;
  claims_of_a_pixel(c, log_p);
  claims_of_images(c, log_p, over);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C51",
       .title = "The Bernoulli decoder",
       .source = "inference notes S0, the decoder of its VAE example",
       .mutants = {{"from_probability", "log of a clamped sigmoid in place of the logit"},
                   {"mean_over_pixels", "the log-likelihood is averaged over pixels, not summed"}}},
      program);
}
