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
#include "support/concept.hpp"
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

/// The claims of tightness: `integrand` holds log p(x, z) - log q(z) at many z, q the posterior.
void flat(Concept& c, const std::string& model, const Tensor& integrand, const Tensor& log_px) {
  c.at_most(model + ": variance of the integrand", mean(square(integrand - mean(integrand))).item(),
            1e-20);
  c.identity(model + ": the integrand is log p(x)", mean(integrand).item(), log_px.item(), 1e-10);
}

void program(Concept& c) {
  Rng rng = c.rng("models");
  const std::int64_t n = c.choose(10000, 1000);
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const prob::Normal posterior = line.posterior(x);
  const prob::Normal q(posterior.loc,
                       c.broken("variance") ? square(posterior.scale) : posterior.scale);
  const Tensor z = q.sample(rng, {n});
  const Tensor log_joint =
      c.broken("drop_prior") ? line.likelihood(z).log_prob(x) : line.log_joint(x, z);
  flat(c, "line", log_joint - q.log_prob(z), line.log_px(x));

  const Ppca ppca = Ppca::random(10, 3, 0.7, rng);
  const Tensor x10 = slice(ppca.sample(rng, 1).x, 0, 0, 1);
  const prob::MultivariateNormal q3 = ppca.posterior(x10);
  const Tensor z3 = reshape(q3.sample(rng, {n}), {n, 3});
  flat(c, "ppca", ppca.log_joint(x10, z3) - q3.log_prob(z3), ppca.log_px(x10));

  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x6 = net.sample(rng, 1).x;
  flat(c, "binary net", net.log_joint(x6) - net.log_posterior(x6), net.log_px(x6));

  // The curve's posterior has three peaks and no name: q is its table on the grid.
  const Curve curve = Curve::example();
  const Tensor x2 = tensor({0.9, -0.9});
  const Tensor integrand = curve.log_joint(x2, curve.grid.points) - curve.log_posterior(x2);
  flat(c, "curve", integrand, curve.log_px(x2));

  // Any other q: the integrand bends, and for a small distance gap = variance / 2. The exact
  // variance is that of a + b e + c e^2 with e ~ N(0, 1): b^2 + 2 c^2 (see line_noise.hpp).
  const prob::Normal near(posterior.loc + 0.01, posterior.scale * 1.01);
  const double variance = line_noise(line, kLineX, near).generic.value;
  c.within("line, q near the posterior: gap / (variance / 2)",
           line.gap(x, near).item() / (variance / 2), 0.97, 1.03);

  const std::vector<double> at = support::grid(-0.8, 2.4, 120);
  const Tensor points = tensor(at, {120});
  const auto drawn = [&](double shift, double stretch) {
    const prob::Normal other(posterior.loc + shift, posterior.scale * stretch);
    return (line.log_joint(x, points) - other.log_prob(points)).to_vector();
  };
  std::vector<double> gaps, variances;
  for (const double shift : support::grid(0.01, 0.5, 40)) {
    const prob::Normal other(posterior.loc + shift, posterior.scale * std::exp(shift / 2));
    gaps.push_back(line.gap(x, other).item());
    variances.push_back(line_noise(line, kLineX, other).generic.value / 2);
  }
  c.draw({Plot("what the ELBO averages: flat only for the posterior", "z", "nats")
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
              .key("top left")});
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
