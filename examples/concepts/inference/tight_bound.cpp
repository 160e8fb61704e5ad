// tight_bound: at the posterior every sample of the ELBO is log p(x), and nowhere else
// C34, UDL section 17.4.1
//
//     log p(x, z) - log q(z)  =  log p(x)  +  log p(z | x) - log q(z)
//
// With q = posterior the last two terms cancel at each z: the integrand is flat, its mean is
// log p(x), its variance 0. Near the posterior the gap is half that variance, so the noise of the
// samples, which anyone can measure, tells how loose a bound is that nobody can check.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/line_noise.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// log p(x, z) - log q(z), what the ELBO averages, on the line.
Tensor integrand(const Line& line, const Tensor& x, const prob::Normal& q, const Tensor& z) {
  return line.log_joint(x, z) - q.log_prob(z);
}

prob::Normal posterior(const Line& line, const Tensor& x) { return line.posterior(x); }

// --- wrong versions

Tensor integrand_without_prior(const Line& line, const Tensor& x, const prob::Normal& q,
                               const Tensor& z) {
  return line.likelihood(z).log_prob(x) - q.log_prob(z);
}
prob::Normal variance_for_deviation(const Line& line, const Tensor& x) {
  const prob::Normal right = line.posterior(x);
  return {right.loc, square(right.scale)};
}

// --- claims

/// `integrand` holds log p(x, z) - log q(z) at many z, q the posterior.
void claims_of_flatness(Concept& c, const std::string& model, const Tensor& integrand,
                        const Tensor& log_px) {
  c.at_most(model + ": variance of the integrand", mean(square(integrand - mean(integrand))).item(),
            1e-20);
  c.identity(model + ": the integrand is log p(x)", mean(integrand).item(), log_px.item(), 1e-10);
}

void claims_of_models(Concept& c, const auto& integrand_of, const auto& posterior_of) {
  Rng rng = c.rng("models");
  const std::int64_t n = c.choose(10000, 1000);
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const prob::Normal q = posterior_of(line, x);
  const Tensor z = q.sample(rng, {n});
  claims_of_flatness(c, "line", integrand_of(line, x, q, z), line.log_px(x));

  const Ppca ppca = Ppca::random(10, 3, 0.7, rng);
  const Tensor x10 = slice(ppca.sample(rng, 1).x, 0, 0, 1);
  const prob::MultivariateNormal q3 = ppca.posterior(x10);
  const Tensor z3 = reshape(q3.sample(rng, {n}), {n, 3});
  claims_of_flatness(c, "ppca", ppca.log_joint(x10, z3) - q3.log_prob(z3), ppca.log_px(x10));

  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x6 = net.sample(rng, 1).x;
  claims_of_flatness(c, "binary net", net.log_joint(x6) - net.log_posterior(x6), net.log_px(x6));

  // The curve's posterior has three peaks and no name: q is its table on the grid.
  const Curve curve = Curve::example();
  const Tensor x2 = tensor({0.9, -0.9});
  claims_of_flatness(c, "curve", curve.log_joint(x2, curve.grid.points) - curve.log_posterior(x2),
                     curve.log_px(x2));
}

/// Any other q: the integrand bends, and for a small distance gap = variance / 2. The exact variance
/// is that of a + b e + c e^2 with e ~ N(0, 1): b^2 + 2 c^2 (see line_noise.hpp).
void claims_of_distance(Concept& c) {
  const Line line = Line::example();
  const prob::Normal q = line.posterior(tensor(kLineX)), near(q.loc + 0.01, q.scale * 1.01);
  const double variance = line_noise(line, kLineX, near).generic.value;
  c.within("line, q near the posterior: gap / (variance / 2)",
           line.gap(tensor(kLineX), near).item() / (variance / 2), 0.97, 1.03);
}

// --- picture

std::vector<Plot> picture() {
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const prob::Normal exact = line.posterior(x);
  const std::vector<double> at = support::grid(-0.8, 2.4, 120);
  const Tensor points = tensor(at, {120});
  const auto drawn = [&](double shift, double stretch) {
    const prob::Normal other(exact.loc + shift, exact.scale * stretch);
    return integrand(line, x, other, points).to_vector();
  };
  std::vector<double> gaps, variances;
  for (const double shift : support::grid(0.01, 0.5, 40)) {
    const prob::Normal other(exact.loc + shift, exact.scale * std::exp(shift / 2));
    gaps.push_back(line.gap(x, other).item());
    variances.push_back(line_noise(line, kLineX, other).generic.value / 2);
  }
  return {Plot("what the ELBO averages: flat only for the posterior", "z", "nats")
              .line("q = posterior: log p(x) everywhere", at, drawn(0, 1))
              .line("q too far right", at, drawn(0.4, 1))
              .line("q too wide", at, drawn(0, 1.5))
              .line("q too narrow", at, drawn(0, 0.75))
              .y_range(-4, 2)
              .key("top center"),
          Plot("the variance of the samples tells the gap", "gap = KL(q || posterior), nats",
               "half the variance of a sample")
              .points("q moves away from the posterior", gaps, variances)
              .dashed("variance / 2 = gap", {0, 0.5}, {0, 0.5})
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto integrand_of = c.broken("drop_prior") ? integrand_without_prior : integrand;
  const auto posterior_of = c.broken("variance") ? variance_for_deviation : posterior;
  claims_of_models(c, integrand_of, posterior_of);
  claims_of_distance(c);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C34",
                         .title = "tightness: at the posterior the integrand is constant",
                         .source = "UDL section 17.4.1",
                         .mutants = {{"variance", "the variance is taken for the deviation"},
                                     {"drop_prior", "log p(x|z) in place of log p(x, z)"}}},
                        program);
}
