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

#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "nn/data/batcher.hpp"
#include "nn/data/strokes.hpp"
#include "prob/bernoulli.hpp"
#include "prob/kl.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr std::int64_t kDigits = 10, kPixels = 49, kLatents = 2;

/// The digits 0 to 9 as 7 x 7 pixels of 0 and 1.
Tensor ten_digits() {
  const nn::ByteImages strokes = nn::draw_strokes(1, 0, kDigits);
  const Tensor grey = nn::image_tensor(strokes, 0, kDigits, nn::Binarize::none, Rng(1));
  const Tensor small = avg_pool2d(reshape(grey, {kDigits, 1, 28, 28}), 4);
  return greater(reshape(small, {kDigits, kPixels}), 0.4).to(DType::f64);
}

Tensor clamped(const Tensor& l) { return clamp(l, -20, 20); }
Tensor deviation(const Tensor& variance) { return sqrt(variance); }

struct Encoder {
  Tensor (*head)(Arg);  // exp or softplus
  Tensor (*limit)(const Tensor& l);
  Tensor (*sigma)(const Tensor& variance);
  Parameter mean{"M", zeros({kLatents, kPixels})}, variance{"V", zeros({kLatents, kPixels})};

  Tensor variance_of(const Tensor& x) { return head(limit(linear(x, variance))); }
  prob::Normal q(const Tensor& x) { return {linear(x, mean), sigma(variance_of(x)), 1}; }
};

/// The mean ELBO of the digits under a fixed decoder, with fixed noise e: it has one best q.
Tensor elbo(Encoder& encoder, const Tensor& x, const Tensor& e) {
  static const vae::exact::Ppca axes = vae::exact::fit_ppca(ten_digits(), kLatents).model;
  const prob::Normal q = encoder.q(x);
  const Tensor logits = linear(q.loc + q.scale * e, 5.0 * axes.weight, 5.0 * (axes.mean - 0.5));
  return mean(prob::Bernoulli(logits, 1).log_prob(x) - kl(q, prob::StandardNormal(q.shape(), 1)));
}

// --- wrong versions

Tensor not_clamped(const Tensor& l) { return l; }
Tensor variance_itself(const Tensor& variance) { return variance; }

// --- claims

/// The best q of this head, by Adam on these parameters; and what the head makes of a far input.
prob::Normal claims_of_head(Concept& c, const std::string& name, Encoder& encoder,
                            const std::vector<Parameter*>& learned, const Tensor& x,
                            const Tensor& e, const Tensor& far) {
  const auto objective = [&] { return elbo(encoder, x, e); };
  const std::vector<Parameter*> all{&encoder.mean, &encoder.variance};
  const bool right = gradcheck(objective, all).ok;
  c.exact(name + ": gradients off by more than 1e-6", right ? 0 : 1, 0);
  support::ascend(learned, objective, {.steps = c.choose(4000, 2500), .shrink = 1e-2});
  const prob::Normal best = encoder.q(x);
  c.at_most(name + ": largest |log variance|, inputs of 1e4",
            max(abs(log(encoder.variance_of(far)))).item(), 20 + 1e-6);
  c.identity(name + ": variance of q - what the head says, largest",
             max(abs(best.variance() - encoder.variance_of(x))).item(), 0);
  return best;
}

void claims_of_both(Concept& c, const prob::Normal& a, const prob::Normal& b) {
  c.at_most("means apart, in sigma, largest", max(abs(a.loc - b.loc) / a.scale).item(),
            c.choose(1e-4, 5e-4));
  c.at_most("log sigma apart, largest", max(abs(log(a.scale / b.scale))).item(),
            c.choose(1e-4, 2e-3));
}

// --- picture

std::vector<Plot> picture(const prob::Normal& by_exp, const prob::Normal& by_softplus) {
  const Tensor turn = linspace(0, 2 * std::numbers::pi, 61);
  const auto ellipses = [&](const prob::Normal& q, int k, const Tensor& wave) {
    const Tensor loc = slice(q.loc, 1, k, k + 1), s = slice(q.scale, 1, k, k + 1);
    const Tensor lifted = full({kDigits, 1}, std::nan(""));  // the pen, between two digits
    return concat({loc + s * wave, lifted}, 1).to_vector();
  };
  const auto x = [&](const prob::Normal& q) { return ellipses(q, 0, cos(turn)); };
  const auto y = [&](const prob::Normal& q) { return ellipses(q, 1, sin(turn)); };
  Plot plot("q(z|x) of ten digits, one sigma", "z_1", "z_2");
  plot.line("exp head", x(by_exp), y(by_exp));
  plot.dashed("softplus head", x(by_softplus), y(by_softplus));
  for (std::int64_t digit = 0; digit < kDigits; ++digit)
    plot.note(fmt::format("{}", digit), by_exp.loc.at({digit, 0}), by_exp.loc.at({digit, 1}));
  return {plot.square().y_range(-2.2, 3.4)};
}

// --- program

void program(Concept& c) {
  const auto limit = c.broken("no_clamp") ? not_clamped : clamped;
  const auto sigma = c.broken("variance_as_sigma") ? variance_itself : deviation;
  const bool mean_alone = c.broken("head_forgotten");
  const Tensor x = ten_digits();
  Rng rng = c.rng("noise");
  const Tensor half = rng.normal({8, kDigits, kLatents}), e = concat({half, -half}, 0);
  const Tensor far = 1e4 * rng.normal({200, kPixels});
  const auto best_q = [&](const std::string& name, Tensor (*head)(Arg)) {
    Encoder encoder{head, limit, sigma};
    std::vector<Parameter*> learned{&encoder.mean, &encoder.variance};
    if (mean_alone) learned.pop_back();
    return claims_of_head(c, name, encoder, learned, x, e, far);
  };
  const prob::Normal by_exp = best_q("exp", exp), by_softplus = best_q("softplus", softplus);
  claims_of_both(c, by_exp, by_softplus);
  c.draw(picture(by_exp, by_softplus));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C55",
       .title = "An encoder with a head for the mean and one for the variance",
       .source = "inference notes S0; AEVB (S1); UDL equation 17.20",
       .mutants = {{"variance_as_sigma", "the head's variance is used as sigma"},
                   {"no_clamp", "exp and softplus meet any number"},
                   {"head_forgotten", "the optimizer is not given the variance head"}}},
      program);
}
