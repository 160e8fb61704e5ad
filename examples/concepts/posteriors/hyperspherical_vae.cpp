// hyperspherical_vae: codes on a sphere, where no place is the middle
// C141; Davidson, Falorsi, De Cao, Kipf and Tomczak 2018
//
//     q(z|x) ~ exp(kappa mu^T z),  |z| = 1       KL(q || uniform) = kappa A(kappa) + log C(kappa) + log surface
//
// The KL depends on kappa alone: whichever way mu points, it costs the same. The gradient through a draw that may be rejected has a
// second part, since kappa decides what is rejected.
#include "concepts/posteriors/hyperspherical_vae.hpp"

#include <map>

#include "concepts/posteriors/train_posterior.hpp"
#include "prob/special/bessel.hpp"

using namespace tapestry;
using concepts::Rejection, concepts::SphereVae;
using support::Concept, support::Plot, support::Record;

namespace {

using KlToUniform = Tensor (*)(const prob::VonMisesFisher& q);
using Correction = Tensor (*)(const Tensor& w, const Tensor& log_density);

Tensor kl_to_uniform(const prob::VonMisesFisher& q) {
  return prob::kl(q, prob::SphereUniform(q.shape()));
}
/// A term of value 0 whose gradient is that of the density of what is accepted, times w.
Tensor of_acceptance(const Tensor& w, const Tensor& log_density) {
  return w.detach() * (log_density - log_density.detach());
}

// --- wrong versions

Tensor no_correction(const Tensor& w, const Tensor&) { return 0.0 * w; }
/// The surface of the sphere counts as 1.
Tensor surface_forgotten(const prob::VonMisesFisher& q) { return -q.entropy(); }
/// The Bessel functions of order m/2 in the place of m/2 - 1.
Tensor order_one_up(const prob::VonMisesFisher& q) {
  const double order = 0.5 * static_cast<double>(q.loc.dim(-1));
  return q.concentration * prob::bessel_ratio(order, q.concentration) -
         prob::log_bessel_series(order, q.concentration);
}

// --- claims

void claims_of_kl(Concept& c, KlToUniform kl) {
  Rng rng = c.rng("kl");
  for (const auto& [m, kappa] : {std::pair{3, 2.0}, {11, 30.0}}) {
    const Tensor mu = prob::SphereUniform({m}).sample(rng);
    const prob::VonMisesFisher q(mu, tensor(kappa));
    const Tensor z = q.sample(rng, {c.choose(40000, 20000)});
    c.monte_carlo(fmt::format("m = {}, kappa = {}: log q - log p over draws of q - KL", m, kappa),
                  prob::estimate(q.log_prob(z) - prob::SphereUniform({m}).log_prob(z) - kl(q)), 0,
                  0.02);
  }
  const Tensor small = full({1}, 1e-3), mu = tensor({{1.0, 0.0, 0.0}});
  c.exact("kappa = 0.001: KL / (kappa^2 / 6)", kl({mu, small}).item() / (1e-6 / 6), 1, 1e-5);
}

/// The slope of E[w] by kappa is dA/dkappa, which the Bessel functions give.
void claims_of_rejection(Concept& c, Correction correction) {
  const double m = 11, kappa = 10;
  const std::int64_t n = c.choose(150000, 50000);
  const Rejection sampler{m};
  Rng rng = c.rng("rejection");
  double share = 0;
  const Tensor e = sampler.accepted(kappa, n, rng, share);
  const prob::BesselSeries exact = prob::bessel_series(m / 2 - 1, kappa);
  Tape tape;
  const Tensor each = tape.watch(full({n}, kappa));
  const Tensor w = sampler.h(e, each);
  tape.backward(sum(w + correction(w, sampler.log_density(e, each))));
  const prob::Estimate slope = prob::estimate(tape.grad(each));
  c.monte_carlo("rejection: mean of w", prob::estimate(w.detach()), exact.ratio, 0.001);
  c.monte_carlo("rejection: slope of the mean of w", slope, exact.slope, 0.003);
  fmt::print("rejection, m = 11, kappa = 10: {:.1f} % of the proposals are accepted\n",
             100 * share);
}

void claims_of_training(Concept& c, const Record& r) {
  const double sphere = r.number("sphere, log p(x)"), normal = r.number("normal, log p(x)");
  fmt::print("10 dimensions: log p(x) on the sphere {:.2f}, normal {:.2f} nats\n", sphere, normal);
  c.within("log p(x): sphere, nats", sphere, c.choose(-112.0, -300.0), c.choose(-108.0, -20.0));
  c.within("log p(x): sphere - normal, nats", sphere - normal, c.choose(0.1, -15.0),
           c.choose(0.7, 15.0));
}

/// Longitude and sine of the latitude of the codes of test digits: equal areas of the sphere are equal areas there.
void keep_map(SphereVae& model, const nn::ImageDataset& data, Record& r) {
  const NoGrad no_grad;
  const std::int64_t n = std::min<std::int64_t>(2000, data.test.count);
  const Tensor mu = model.encode(data.range(nn::Part::test, 0, n, Rng(1)).images).loc;
  for (std::int64_t i = 0; i < n; ++i) {
    const double x = mu.at({i, 0}), y = mu.at({i, 1}), z = mu.at({i, 2});
    const int digit = data.test_labels[static_cast<std::size_t>(i)];
    if (digit % 2 == 0) r.add(fmt::format("{}", digit), std::atan2(y, x), z);
  }
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot map("codes of test digits on the sphere", "longitude", "sine of the latitude");
  for (const char* digit : {"0", "2", "4", "6", "8"})
    map.dots(digit, r.curve(digit).x, r.curve(digit).y);
  map.x_range(-3.2, 3.2).y_range(-1, 1).key("outside");
  std::vector<double> kappa;
  std::map<std::int64_t, std::vector<double>> kl;
  for (double k = 0.1; k < 1000; k *= 1.2) {
    kappa.push_back(k);
    for (const std::int64_t m : {3, 11, 41}) {
      const double order = 0.5 * static_cast<double>(m) - 1;
      const prob::BesselSeries s = prob::bessel_series(order, k);
      kl[m].push_back(k * s.ratio - s.log_series);
    }
  }
  Plot price("what a code costs", "kappa", "KL to the uniform, nats");
  for (const auto& [m, nats] : kl) price.line(fmt::format("m = {}", m), kappa, nats);
  return {map, price.log_x().key("top left")};
}

// --- program

void program(Concept& c) {
  const KlToUniform kl = c.broken("surface_forgotten") ? surface_forgotten
                         : c.broken("order_one_up")    ? order_one_up
                                                       : kl_to_uniform;
  const Correction correction = c.broken("correction_left_out") ? no_correction : of_acceptance;
  claims_of_kl(c, kl);
  claims_of_rejection(c, correction);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    const std::int64_t hidden = c.choose(400, 64);
    SphereVae globe({.hidden = hidden, .m = 3}), sphere({.hidden = hidden, .m = 11});
    vae::MlpVae normal({.hidden = {hidden}, .latent = 10});
    concepts::train_posterior(c, data, globe, "globe", c.choose(3, 4), 0, measured);
    concepts::train_posterior(c, data, sphere, "sphere", c.choose(6, 4), c.choose(200, 50),
                              measured);
    concepts::train_posterior(c, data, normal, "normal", c.choose(6, 4), c.choose(200, 50),
                              measured);
    keep_map(globe, data, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C141",
       .title = "Codes on a sphere",
       .source = "Davidson, Falorsi, De Cao, Kipf and Tomczak 2018",
       .mutants = {{"correction_left_out", "the gradient without what kappa decides to accept"},
                   {"surface_forgotten", "the surface of the sphere counts as 1"},
                   {"order_one_up", "Bessel functions of order m/2"}}},
      program);
}
