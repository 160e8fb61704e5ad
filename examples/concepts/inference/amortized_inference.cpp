// amortized_inference: one encoder for all data is at best as good as a q of its own for every datum
// C42, S0 (local parameters psi_n against an inference network)
//
//     local:      max over (mu_n, sigma_n) of ELBO(x_n; mu_n, sigma_n), for every n by itself
//     amortized:  max over phi of sum_n ELBO(x_n; mu_phi(x_n), sigma_phi(x_n))
//
// The difference is the amortization gap. On PPCA the best mean is linear in x and the best variance
// is the same everywhere, so a linear encoder closes the gap. On the curve it cannot: the posterior
// jumps from one arm to another where x moves a little.
#include <algorithm>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::ascend;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// q(z | x) whose mean and log scale are linear in x [N, D].
prob::Normal encode(nn::Linear& encoder, const Tensor& x) {
  const Tensor out = encoder(x);
  const std::int64_t K = out.dim(-1) / 2;
  return {slice(out, -1, 0, K), exp(slice(out, -1, K, 2 * K) - 1.0), 1};
}

/// One latent for each point x_n [N, 2] of the curve; all searches take as many steps.
struct OnCurve {
  vae::exact::Curve model;
  Tensor x;
  int steps;
  static Tensor on_grid(const Tensor& scale) { return minimum(maximum(scale, 0.05), 0.8); }

  prob::Normal amortized(nn::Linear& encoder) const {
    const prob::Normal q = encode(encoder, x);
    return {reshape(q.loc, {x.dim(0)}), on_grid(reshape(q.scale, {x.dim(0)}))};
  }
  /// The ELBO of each datum after learning these parameters of the encoder.
  Tensor learn(nn::Linear& encoder, const std::vector<Parameter*>& learned) const {
    ascend(learned, [&] { return sum(model.elbo(x, amortized(encoder))); }, {steps});
    return model.elbo(x, amortized(encoder));
  }
  /// The same with a (mean, log scale) of its own for each datum.
  Tensor local_from(const Tensor& mean, const Tensor& scale) const {
    Parameter loc("loc", mean), log_scale("log_scale", log(scale));
    const auto elbo = [&] { return model.elbo(x, prob::Normal(loc, on_grid(exp(log_scale)))); };
    ascend({&loc, &log_scale}, [&] { return sum(elbo()); }, {steps});
    return elbo();
  }
};

/// From the posterior's highest peak, and from where the encoder put it: the better of both.
Tensor local(const OnCurve& d, const prob::Normal& amortized) {
  const Tensor peak = take_rows(d.model.grid.points, argmax(d.model.log_posterior(d.x)));
  return maximum(d.local_from(peak, 0.1 * ones_like(peak)),
                 d.local_from(amortized.loc, amortized.scale));
}

// --- wrong versions

Tensor local_untrained(const OnCurve& data, const prob::Normal& amortized) {
  const prob::Normal q(zeros_like(amortized.loc), 0.1 * ones_like(amortized.loc));
  return data.model.elbo(data.x, q);
}

// --- claims

void claims_of_ppca(Concept& c, bool with_bias) {
  Rng fixed(1), rng = c.rng("ppca");  // one model whatever the seed: some would take Adam hours
  const vae::exact::Ppca model = vae::exact::Ppca::random(6, 2, 1.0, fixed);
  const Tensor x = model.sample(rng, 64).x;
  nn::Linear encoder(6, 4);
  nn::init::torch_default(encoder, rng);
  encoder.bias.set_trainable(with_bias);
  const auto amortized = [&] { return model.elbo(x, encode(encoder, x)); };
  ascend(encoder.parameters(), [&] { return sum(amortized()); }, {.steps = c.choose(20000, 8000)});
  const Tensor gap = model.elbo(x, model.best_diagonal(x)) - amortized();
  c.at_least("ppca: smallest local - amortized, nats", -max(-gap).item(), -1e-9);
  c.at_most("ppca, linear encoder: mean gap, nats", mean(gap).item(), 1e-6);
}

Tensor claims_of_curve(Concept& c, bool with_weights, const auto& local_of) {
  Rng rng = Rng(1).stream("curve");  // on other data the encoder may end on a lower top, and gap 14
  OnCurve data{vae::exact::Curve::example(), {}, c.choose(1000, 300)};
  data.model.grid = vae::exact::Grid(-8, 8, 640);  // coarse, for speed
  data.x = data.model.sample(rng, c.choose(32, 16)).x;
  nn::Linear encoder(2, 2);
  nn::init::torch_default(encoder, rng);
  nn::init::zeros(encoder.weight);
  const Tensor one_q = data.learn(encoder, {&encoder.bias});  // the same for every x
  encoder.weight.set_trainable(with_weights);
  const Tensor amortized = data.learn(encoder, encoder.parameters());
  const Tensor gap = local_of(data, data.amortized(encoder)) - amortized;
  c.at_least("curve: smallest local - amortized, nats", -max(-gap).item(), -1e-6);
  c.within("curve, linear encoder: mean gap, nats", mean(gap).item(), c.choose(4.0, 1.0),
           c.choose(5.4, 10.0));
  c.within("curve: gain of the encoder over one q for all, nats", mean(amortized - one_q).item(),
           c.choose(6.4, 1.0), c.choose(8.7, 40.0));
  return gap;
}

// --- picture

std::vector<Plot> picture(const Tensor& gap) {
  std::vector<double> sorted = gap.to_vector();
  std::sort(sorted.begin(), sorted.end());
  return {Plot("curve: what each datum loses by sharing an encoder", "data, sorted by their gap",
               "local ELBO - amortized ELBO, nats")
              .bars("", sorted)
              .x_range(-1, static_cast<double>(sorted.size()))
              .key("off")};
}

// --- program

void program(Concept& c) {
  const bool with_bias = !c.broken("no_bias"), with_weights = !c.broken("weights_at_rest");
  const auto local_of = c.broken("local_untrained") ? local_untrained : local;
  claims_of_ppca(c, with_bias);
  c.draw(picture(claims_of_curve(c, with_weights, local_of)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C42",
       .title = "Local parameters against an amortized network",
       .source = "S0, local parameters and inference networks; models F2 and F3",
       .mutants = {{"weights_at_rest", "the encoder says the same of every x"},
                   {"no_bias", "an encoder without a bias, for data whose mean is not 0"},
                   {"local_untrained", "the local parameters stay where they begin"}}},
      program);
}
