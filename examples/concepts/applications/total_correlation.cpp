// total_correlation: the KL of a VAE is information, dependence of the latents, and their shapes
// C80, UDL section 17.8.4 and figure 17.14
//
//     mean_n KL(q(z|x_n) || p(z)) = I(x; z) + KL(q(z) || prod_k q(z_k)) + sum_k KL(q(z_k) || p(z_k))
//
// with q(z) the mean of all q(z|x_n). The second part, the total correlation, is 0 when the latents
// are independent: TC-VAE weighs it more to disentangle them. It needs all N data for each z; what
// minibatches make of it is in total_correlation_minibatch.
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "prob/mixture.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept/concept.hpp"
#include "vae/bounds/total_correlation.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

Tensor correlated(double rho) { return tensor({{1, rho}, {rho, 1}}); }

/// The posteriors of N data, their means such that q(z) is about N(0, covariance).
prob::Normal encoder(const Tensor& covariance, std::int64_t data, Rng rng) {
  const std::int64_t k = covariance.dim(0);
  const double sigma = 0.3;
  const auto means =
      prob::MultivariateNormal::from_covariance(zeros({k}), covariance - sigma * sigma * eye(k));
  return {means.sample(rng, {data}), full({data, k}, sigma), 1};
}

/// log of the weight of each datum in q(z): 1/N.
Tensor weights(std::int64_t data) { return vae::all_rows(data); }

/// The total correlation at each z [S, N, 2], from mixtures with a part for each datum.
Tensor of_mixtures(const prob::Normal& q, const Tensor& z) {
  const auto log_q = [&](std::int64_t from, std::int64_t to) {
    const prob::Normal parts(slice(q.loc, 1, from, to), slice(q.scale, 1, from, to), 1);
    return prob::Mixture<prob::Normal>(zeros({64}), parts).log_prob(slice(z, 2, from, to));
  };
  return log_q(0, 2) - log_q(0, 1) - log_q(1, 2);
}

// --- wrong versions

/// The sums over n are taken for q(z) and q(z_k).
Tensor no_weights(std::int64_t data) { return zeros({data}); }

// --- claims

/// Of a normal vector the total correlation is -log det R / 2: the KL to its marginals.
void claims_of_vector(Concept& c) {
  const Tensor r = correlated(0.9);
  const auto joint = prob::MultivariateNormal::from_covariance(zeros({2}), r);
  const prob::MultivariateNormal marginals(zeros({2}), eye(2));
  const double exact = vae::gaussian_total_correlation(r).item();
  c.exact("normal vector, rho = 0.9", exact, 0.8303656);
  c.identity("the same as KL(joint || marginals)", prob::kl(joint, marginals).item(), exact);
}

/// By rho, in nats.
struct Parts {
  std::vector<double> information, correlation, dimensions;
};

/// 64 data, two latents: all of q(z), by quadrature.
Parts claims_of_split(Concept& c, const auto& weights_of) {
  Parts of;
  for (const double rho : {0.0, 0.6, 0.9}) {
    const prob::Normal q = encoder(correlated(rho), 64, c.rng("means"));
    const vae::KlSplit exact = vae::exact_kl_split(q);
    const std::string name = fmt::format("N = 64, rho = {}: ", rho);
    c.exact(name + "sum of the parts", exact.sum().item(),
            mean(prob::kl(q, prob::StandardNormal({64, 2}, 1))).item(), 1e-9);
    Rng rng = c.rng("draws");
    const Tensor z = q.sample(rng, {c.choose(2000, 150)});
    const Tensor drawn = vae::split_kl(q, z, weights_of(64)).total_correlation;
    c.monte_carlo(name + "total correlation, draws and quadrature", prob::estimate(mean(drawn, 1)),
                  exact.total_correlation.item(), 0.02);
    c.identity(name + "log q(z) - sum_k log q(z_k) of mixtures, largest difference",
               max(abs(drawn - of_mixtures(q, z))).item(), 0, 1e-10);
    of.information.push_back(exact.mutual_information.item());
    of.correlation.push_back(exact.total_correlation.item());
    of.dimensions.push_back(exact.dimension_wise.item());
  }
  c.at_most("N = 64: information, at most log 64", of.information[0], std::log(64));
  return of;
}

// --- picture

std::vector<Plot> picture(const Parts& of) {
  return {Plot("the mean KL is the sum of three parts", "64 data, two latents", "nats")
              .names({"rho = 0", "0.6", "0.9"})
              .bars("mutual information", of.information)
              .bars("total correlation", of.correlation)
              .bars("dimension-wise KL", of.dimensions)
              .stacked()
              .y_range(0, 3.6)};
}

// --- program

void program(Concept& c) {
  const auto weights_of = c.broken("sum_for_mean") ? no_weights : weights;
  claims_of_vector(c);
  c.draw(picture(claims_of_split(c, weights_of)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C80",
                         .title = "mutual information, total correlation and dimension-wise KL",
                         .source = "UDL section 17.8.4, figure 17.14",
                         .mutants = {{"sum_for_mean", "q(z) is a sum over the data, without 1/N"}}},
                        program);
}
