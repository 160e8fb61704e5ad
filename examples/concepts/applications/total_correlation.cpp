// total_correlation: what the KL of a VAE is made of, and why minibatches get the parts wrong
// C80, UDL section 17.8.4 and figure 17.14
//
//     mean_n KL(q(z|x_n) || p(z)) = I(x; z) + KL(q(z) || prod_k q(z_k)) + sum_k KL(q(z_k) || p(z_k))
//
// with q(z) the mean of all q(z|x_n). The second part, the total correlation, is 0 when the latents
// are independent: TC-VAE weighs it more to disentangle them. It needs all N data for each z, and
// estimates from a minibatch are biased. Their sum is right all the same: log q(z) cancels in it.
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept.hpp"
#include "vae/analysis/total_correlation.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

Tensor correlated(double rho) { return tensor({{1, rho}, {rho, 1}}); }

/// The posteriors of N data, their means such that q(z) is about N(0, covariance).
prob::Normal encoder(const Tensor& covariance, std::int64_t data, Rng rng) {
  const std::int64_t k = covariance.dim(0);
  const double sigma = 0.3;
  const auto means =
      prob::MultivariateNormal::from_covariance(zeros({k}), covariance - sigma * sigma * eye(k));
  return {means.sample(rng, {data}), full({data, k}, sigma), 1};
}

/// 64 data, two latents: all of q(z), by quadrature.
void exact_split(Concept& c, Plot& bars) {
  std::vector<double> information, correlation, dimensions;
  for (const double rho : {0.0, 0.6, 0.9}) {
    const prob::Normal q = encoder(correlated(rho), 64, c.rng("means"));
    const vae::KlSplit exact = vae::exact_kl_split(q);
    const std::string name = fmt::format("N = 64, rho = {}: ", rho);
    c.exact(name + "sum of the parts", exact.sum().item(),
            mean(prob::kl(q, prob::StandardNormal({64, 2}, 1))).item(), 1e-9);
    Rng rng = c.rng("draws");
    const Tensor z = q.sample(rng, {c.choose(2000, 150)});
    // A forgotten 1/N: the sums over n are taken for q(z) and q(z_k).
    const Tensor weights = c.broken("sum_for_mean") ? zeros({64}) : vae::all_rows(64);
    const Tensor drawn = mean(vae::split_kl(q, z, weights).total_correlation, 1);
    c.monte_carlo(name + "total correlation, draws and quadrature", prob::estimate(drawn),
                  exact.total_correlation.item(), 0.02);
    information.push_back(exact.mutual_information.item());
    correlation.push_back(exact.total_correlation.item());
    dimensions.push_back(exact.dimension_wise.item());
  }
  c.at_most("N = 64: information, at most log 64", information[0], std::log(64));
  bars.names({"rho = 0", "0.6", "0.9"})
      .bars("mutual information", information)
      .bars("total correlation", correlation)
      .bars("dimension-wise KL", dimensions);
}

struct Bias {
  double weighted, stratified;
};

/// Estimates of the total correlation from all minibatches of an epoch, minus the exact one of the
/// same draws.
Bias bias(Concept& c, const prob::Normal& q, const Tensor& z, double exact, std::int64_t batch) {
  const std::int64_t data = z.dim(0);
  Bias total{0, 0};
  for (std::int64_t at = 0; at < data; at += batch) {
    const auto rows = [&](const Tensor& all) { return slice(all, 0, at, at + batch); };
    const prob::Normal part(rows(q.loc), rows(q.scale), 1);
    Tensor weights = vae::stratified_rows(batch, data);
    // The small weight 1/N is for the row that z_i came from: entry (i, i).
    if (c.broken("own_in_column_0")) weights = slice(weights, 0, 0, 1) + zeros({batch, 1});
    const vae::KlSplit stratified = vae::split_kl(part, rows(z), weights);
    const vae::KlSplit weighted = vae::split_kl(part, rows(z), vae::weighted_rows(batch, data));
    total.stratified += sum(stratified.total_correlation).item();
    total.weighted += sum(weighted.total_correlation).item();
    if (c.broken("counted_for_each_latent")) {  // log q(z) with the weight inside the sum over k
      const Tensor k_times = static_cast<double>(z.dim(1)) * weights;
      total.stratified -= sum(vae::split_kl(part, rows(z), k_times).mutual_information -
                              stratified.mutual_information)
                              .item();
    }
  }
  const double n = static_cast<double>(data);
  return {total.weighted / n - exact, total.stratified / n - exact};
}

/// Four independent latents: the total correlation is nearly 0, its estimates are not.
Plot minibatches(Concept& c) {
  const std::int64_t data = c.choose(1024, 512);
  const prob::Normal q = encoder(eye(4), data, c.rng("four"));
  Rng rng = c.rng("one draw each");
  const Tensor z = q.sample(rng);
  const double exact = mean(vae::split_kl(q, z, vae::all_rows(data)).total_correlation).item();
  const double three_logs = 3 * std::log(static_cast<double>(data));
  std::vector<double> sizes, weighted, stratified;
  for (std::int64_t batch = 16; batch <= data; batch *= 2) {
    const Bias b = bias(c, q, z, exact, batch);
    sizes.push_back(static_cast<double>(batch));
    weighted.push_back(b.weighted), stratified.push_back(b.stratified);
  }
  c.within("batch 64, weighted: bias / (K - 1) log N", weighted[2] / three_logs, 0.8, 1.2);
  // log is concave: both logarithms come out too small, that of q(z) more than those of the q(z_k).
  c.within("batch 64, stratified: bias", stratified[2], -0.8, -0.05);
  c.identity("batch of all data, weighted: bias", weighted.back(), three_logs, 1e-10);
  c.identity("batch of all data, stratified: bias", stratified.back(), 0, 1e-10);
  return Plot("total correlation from a minibatch", "rows in the minibatch", "bias, nats")
      .line("weighted", sizes, weighted)
      .dashed("(K - 1) log N", {16, sizes.back()}, {three_logs, three_logs})
      .line("stratified", sizes, stratified)
      .log_x()
      .x_range(10, 1500)
      .key("center right");
}

void program(Concept& c) {
  // Of a normal vector the total correlation is -log det R / 2: the KL to its marginals.
  const Tensor r = correlated(0.9);
  const auto joint = prob::MultivariateNormal::from_covariance(zeros({2}), r);
  const prob::MultivariateNormal marginals(zeros({2}), eye(2));
  const double exact = vae::gaussian_total_correlation(r).item();
  c.exact("normal vector, rho = 0.9", exact, 0.8303656);
  c.identity("the same as KL(joint || marginals)", prob::kl(joint, marginals).item(), exact);

  Plot left("the mean KL is the sum of three parts", "64 data, two latents", "nats");
  exact_split(c, left);
  const Plot right = minibatches(c);
  c.draw({left.stacked().y_range(0, 3.6), right});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C80",
       .title = "mutual information, total correlation and dimension-wise KL",
       .source = "UDL section 17.8.4, figure 17.14",
       .mutants = {{"sum_for_mean", "q(z) is a sum over the data, without 1/N"},
                   {"own_in_column_0", "the weight of a row's own draw is not on the diagonal"},
                   {"counted_for_each_latent", "weights are added before the sum over latents"}}},
      program);
}
