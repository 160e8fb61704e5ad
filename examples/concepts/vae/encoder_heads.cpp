// encoder_heads: an encoder says a mean and a variance, and exp or softplus give the same q
// C55, inference notes S0, AEVB (S1), UDL equation 17.20
//
//     q(z|x) = N(mu, diag(variance)),   mu = M x,   l = V x,   variance = exp(l)  or  softplus(l)
//
// A variance is positive, a network's output is any number: some function takes one to the other.
// Which one changes the way to the best q, not the best q. But exp(-1e4) is 0, exp(1e4) infinite:
// one far input ends a training unless l is clamped.
#include <cmath>
#include <numbers>

#include "autograd/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "nn/data/batcher.hpp"
#include "nn/data/strokes.hpp"
#include "prob/bernoulli.hpp"
#include "prob/kl.hpp"
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr std::int64_t kDigits = 10, kPixels = 49, kLatents = 2;

/// The digits 0 to 9 as 7 x 7 pixels of 0 and 1.
Tensor ten_digits() {
  const nn::ByteImages strokes = nn::draw_strokes(1, 0, kDigits);
  const Tensor grey = nn::image_tensor(strokes, 0, kDigits, nn::Binarize::none, Rng(1));
  const Tensor small = avg_pool2d(reshape(grey, {kDigits, 1, 28, 28}), 4);
  return greater(reshape(small, {kDigits, kPixels}), 0.4).to(DType::f64);
}

struct Encoder {
  Tensor (*head)(Arg);  // exp or softplus
  Parameter mean{"M", zeros({kLatents, kPixels})}, variance{"V", zeros({kLatents, kPixels})};

  explicit Encoder(Tensor (*to_variance)(Arg)) : head(to_variance) {}
  std::vector<Parameter*> parameters() { return {&mean, &variance}; }
  Tensor variance_of(const Concept& c, const Tensor& x) {
    const Tensor l = linear(x, variance);
    return head(c.broken("no_clamp") ? l : clamp(l, -20, 20));
  }
  prob::Normal q(const Concept& c, const Tensor& x) {
    return {linear(x, mean), sqrt(variance_of(c, x)), 1};
  }
};

/// The mean ELBO of the digits under a fixed decoder, with fixed noise e: it has one best q.
Tensor elbo(const Concept& c, Encoder& encoder, const Tensor& x, const Tensor& e) {
  static const vae::exact::Ppca axes = vae::exact::fit_ppca(ten_digits(), kLatents).model;
  const prob::Normal q = encoder.q(c, x);
  const Tensor logits = linear(q.loc + q.scale * e, 5.0 * axes.weight, 5.0 * (axes.mean - 0.5));
  return mean(prob::Bernoulli(logits, 1).log_prob(x) - kl(q, prob::StandardNormal(q.shape(), 1)));
}

/// Adam up the hill of the ELBO, to the best q of this head.
prob::Normal fit(const Concept& c, Encoder& encoder, const Tensor& x, const Tensor& e) {
  std::vector<Parameter*> learned = encoder.parameters();
  if (c.broken("head_forgotten")) learned.pop_back();
  support::climb(learned, [&] { return elbo(c, encoder, x, e); },
                 {.steps = c.choose(4000, 2500), .shrink = 1e-2});
  return encoder.q(c, x);
}

void program(Concept& c) {
  const Tensor x = ten_digits();
  Rng rng = c.rng("noise");
  const Tensor half = rng.normal({8, kDigits, kLatents}), e = concat({half, -half}, 0);
  const Tensor far = 1e4 * rng.normal({200, kPixels});
  Encoder encoders[] = {Encoder(exp), Encoder(softplus)};
  const std::string names[] = {"exp", "softplus"};
  const decltype(&Plot::line) draw[] = {&Plot::line, &Plot::dashed};
  std::vector<prob::Normal> best;
  Plot plot("q(z|x) of ten digits, one sigma", "z_1", "z_2");
  for (std::size_t i = 0; i < 2; ++i) {
    const bool right =
        gradcheck([&] { return elbo(c, encoders[i], x, e); }, encoders[i].parameters()).ok;
    c.exact(names[i] + ": gradients off by more than 1e-6", right ? 0 : 1, 0);
    best.push_back(fit(c, encoders[i], x, e));
    c.at_most(names[i] + ": largest |log variance|, inputs of 1e4",
              max(abs(log(encoders[i].variance_of(c, far)))).item(), 20 + 1e-6);

    const auto ellipses = [&](int k, const Tensor& wave) {  // NaN lifts the pen between two digits
      const Tensor loc = slice(best[i].loc, 1, k, k + 1), s = slice(best[i].scale, 1, k, k + 1);
      return concat({loc + s * wave, full({kDigits, 1}, std::nan(""))}, 1).to_vector();
    };
    const Tensor turn = linspace(0, 2 * std::numbers::pi, 61);
    (plot.*draw[i])(names[i] + " head", ellipses(0, cos(turn)), ellipses(1, sin(turn)));
  }
  for (std::int64_t digit = 0; digit < kDigits; ++digit)
    plot.note(fmt::format("{}", digit), best[0].loc.at({digit, 0}), best[0].loc.at({digit, 1}));
  c.at_most("means apart, in sigma, largest",
            max(abs(best[0].loc - best[1].loc) / best[0].scale).item(), 0.01);
  c.at_most("log sigma apart, largest", max(abs(log(best[0].scale / best[1].scale))).item(), 0.01);
  c.draw({plot.square().y_range(-2.2, 3.4)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C55",
       .title = "An encoder with a head for the mean and one for the variance",
       .source = "inference notes S0; AEVB (S1); UDL equation 17.20",
       .mutants = {{"no_clamp", "exp and softplus meet any number"},
                   {"head_forgotten", "the optimizer is not given the variance head"}}},
      program);
}
