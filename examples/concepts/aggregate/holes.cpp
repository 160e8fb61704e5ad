// holes: draws of the prior fall where no datum is encoded; a code on a learned simplex has no such place
// C121, UDL notes; Xu, Cheung and Cao 2020
//
//     mu_1(x) = sum_i pi_i(x) e_i,     pi(x) = softmax(...)            z_1 is drawn from the simplex of the e_i
//
// A hole of q(z): log q(z) is below what 99 % of the draws of q(z) itself have.
#include "concepts/aggregate/holes.hpp"

#include <numbers>

#include "concepts/aggregate/structure.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::SimplexSizes, concepts::SimplexSteps, concepts::SimplexVae, concepts::Structure;
using support::Concept, support::Plot;

namespace {

using Meter = double (*)(const prob::Normal& q, const Tensor& z, Rng& rng);

double in_holes(const prob::Normal& q, const Tensor& z, Rng& rng) {
  return vae::hole_share(q, z, rng);
}

// --- wrong versions

/// The limit is that of the means of q(z|x), which are where q(z) is highest.
double meter_on_means(const prob::Normal& q, const Tensor& z, Rng&) {
  std::vector<double> own = vae::aggregate_log_prob(q, q.loc).to_vector();
  std::sort(own.begin(), own.end());
  const double limit = own[own.size() / 100];
  const Tensor at = vae::aggregate_log_prob(q, z);
  return mean(where(less(at, limit), 1.0, zeros_like(at))).item();
}

SimplexSteps no_softmax() {
  SimplexSteps steps;
  steps.shares = [](const Tensor& s) { return s; };
  return steps;
}

// --- claims

/// q(z) is the prior; and it is a ring, of 64 normals with the means (2 cos, 2 sin), by quadrature over the radius.
void claims_of_meter(Concept& c, Meter meter) {
  Rng rng = c.rng("meter");
  const std::int64_t n = c.choose(100000, 20000);
  const Tensor z = rng.normal({n, 2});
  const auto share = [&](const char* name, const prob::Normal& q, double exact) {
    // The limit is drawn, too, which adds less than 0.001.
    const double error = std::sqrt(exact * (1 - exact) / static_cast<double>(n)) + 0.001;
    c.monte_carlo(name, meter(q, z, rng), error, exact, 0.005);
  };
  share("share of holes where q(z) is the prior", {zeros({64, 2}), ones({64, 2}), 1}, 0.01);
  const Tensor angle = 2 * std::numbers::pi / 64 * arange(64);
  const prob::Normal ring(2.0 * stack({cos(angle), sin(angle)}, 1), full({64, 2}, 0.3), 1);
  const Tensor r = linspace(0.0005, 5.9995, 6000);
  const Tensor log_q = vae::aggregate_log_prob(ring, stack({r, zeros_like(r)}, 1));
  const Tensor mass = 2 * std::numbers::pi * 0.001 * r * exp(log_q);
  double low = -40, high = 0;  // the limit: 1 % of q(z) has less
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    const bool more = sum(where(less(log_q, middle), mass, zeros_like(mass))).item() > 0.01;
    (more ? high : low) = middle;
  }
  const Tensor of_prior = 0.001 * r * exp(-0.5 * square(r));
  share("share of holes of a ring", ring,
        sum(where(less(log_q, low), of_prior, zeros_like(r))).item());
}

void claims_of_simplex(Concept& c, SimplexVae& model, const nn::ImageDataset& data) {
  const NoGrad no_grad;
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const Tensor pi = model.shares(x);
  c.at_least("least share of a vertex", -max(-pi).item(), 0);
  c.identity("largest |sum of the shares - 1|", max(abs(sum(pi, -1) - 1.0)).item(), 0, 1e-5);
  c.at_most("|E E^T - alpha I| / alpha", std::sqrt(model.skewness().item()) / model.sizes.alpha,
            c.choose(0.05, 0.5));
  Rng rng = c.rng("advantage");
  const Tensor z = model.encode(x).sample(rng), log_lik = model.decode(z).log_prob(x);
  c.at_least("z_1 of another image costs, nats", mean(model.advantage(x, z, log_lik)).item(),
             c.choose(10, 5));
}

// --- picture

/// Pictures of z_1 along an edge of the simplex, of three styles.
Tensor along_edge(SimplexVae& model) {
  const NoGrad no_grad;
  std::vector<Tensor> z;
  Rng rng(5);
  for (int row = 0; row < 3; ++row) {
    const Tensor style = rng.normal({1, model.sizes.style});
    for (int i = 0; i < 9; ++i) {
      const double t = i / 8.0;
      const Tensor first = (1 - t) * slice(model.vertices, 0, row, row + 1) +
                           t * slice(model.vertices, 0, (row + 1) % 3, (row + 1) % 3 + 1);
      z.push_back(concat({first, style}, 1));
    }
  }
  return model.decode(concat(z, 0)).mean().with_shape({27, 28, 28});
}

std::vector<Plot> picture(const std::vector<double>& of_beta, const std::vector<double>& of_simplex,
                          SimplexVae& model) {
  return {Plot("share in holes of q(z_1)", "", "share")
              .bars("beta-VAE", of_beta)
              .bars("CP-VAE", of_simplex)
              .names({"draws", "halfway"})
              .y_range(0, 1.2)
              .key("top right"),
          Plot("z_1 along the edges of the simplex", "", "").images(along_edge(model), 9)};
}

// --- program

void program(Concept& c) {
  const Meter meter = c.broken("meter_on_means") ? meter_on_means : in_holes;
  SimplexSteps steps = c.broken("hull_left") ? no_softmax() : SimplexSteps{};
  if (c.broken("hinge_sign")) steps.sign = -1;
  claims_of_meter(c, meter);
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
  data.binarize = nn::Binarize::dynamic;
  const SimplexSizes sizes{.hidden = c.choose(400, 100)};
  SimplexVae model(sizes, steps);
  const support::Training how{c.choose(12, 15), c.choose(128, 50), c.choose(1e-3, 3e-3), c.seed(),
                              support::kConstantRate};
  const Structure beta = concepts::of_beta_vae(data, sizes, 0.1, how, c.rng("beta"));
  const Structure simplex = concepts::of_simplex(data, model, how, c.rng("simplex"));
  claims_of_simplex(c, model, data);
  Rng rng = c.rng("holes");
  const auto share = [&](const Structure& s, const Tensor& z) { return meter(s.q, z, rng); };
  const std::vector<double> of_beta{share(beta, beta.drawn), share(beta, beta.on_way)};
  const std::vector<double> of_simplex{share(simplex, simplex.drawn),
                                       share(simplex, simplex.on_way)};
  fmt::print("test -ELBO: beta-VAE {:.2f}, CP-VAE {:.2f} nats\n", beta.error, simplex.error);
  c.at_most("draws in holes: CP-VAE / beta-VAE", of_simplex[0] / of_beta[0], 0.5);
  c.at_most("halfway in holes: CP-VAE - beta-VAE", of_simplex[1] - of_beta[1], -0.1);
  c.draw(picture(of_beta, of_simplex, model));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C121",
       .title = "Holes, and a constrained posterior",
       .source = "UDL notes; Xu, Cheung and Cao 2020",
       .mutants = {{"hull_left", "the shares of the vertices are any numbers"},
                   {"hinge_sign", "the hinge asks for the other image's z_1"},
                   {"meter_on_means", "the limit is that of the means of q(z|x)"}}},
      program);
}
