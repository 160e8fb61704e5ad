// total_correlation_minibatch: estimates of q(z) from a minibatch make the latents look dependent
// C80, UDL section 17.8.4 and figure 17.14; Chen et al. 2018 (the two estimators)
//
//     TC = E[log q(z) - sum_k log q(z_k)],    q(z_i) ~ sum_j w_ij q(z_i | x_j)    over a minibatch of B
//
//     weighted:    w_ij = 1/(N B);     stratified:  w_ii = 1/N, the others share (N - 1)/N
//
// Four independent latents: the total correlation is nearly 0, its estimates are not. The weights of
// the first sum to 1/N, so that log N is missing once from log q(z) and four times from the sum over
// k. In the sum of all three parts of the KL log q(z) cancels: a right sum proves nothing.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "vae/bounds/total_correlation.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// log of the weight of row j in the q(z) of row i, [B, B].
Tensor stratified(std::int64_t batch, std::int64_t data) {
  return vae::stratified_rows(batch, data);
}

/// The sum of log q(z) - sum_k log q(z_k) over the rows of a minibatch.
double correlation(const prob::Normal& q, const Tensor& z, const Tensor& weights) {
  return sum(vae::split_kl(q, z, weights).total_correlation).item();
}

/// The two steps of the stratified estimate that a wrong version may replace.
struct Method {
  decltype(&stratified) weights = stratified;
  decltype(&correlation) estimate = correlation;
};

struct Bias {
  double weighted, stratified;
};

/// Estimates of the total correlation from all minibatches of an epoch, minus the exact one of the
/// same draws.
Bias bias(const Method& by, const prob::Normal& q, const Tensor& z, double exact,
          std::int64_t batch) {
  const std::int64_t data = z.dim(0);
  Bias total{0, 0};
  for (std::int64_t at = 0; at < data; at += batch) {
    const auto rows = [&](const Tensor& all) { return slice(all, 0, at, at + batch); };
    const prob::Normal part(rows(q.loc), rows(q.scale), 1);
    total.stratified += by.estimate(part, rows(z), by.weights(batch, data));
    total.weighted += correlation(part, rows(z), vae::weighted_rows(batch, data));
  }
  const double n = static_cast<double>(data);
  return {total.weighted / n - exact, total.stratified / n - exact};
}

// --- wrong versions

/// The small weight 1/N is for the row that z_i came from: entry (i, i), and not (i, 0).
Tensor own_in_column_0(std::int64_t batch, std::int64_t data) {
  return slice(stratified(batch, data), 0, 0, 1) + zeros({batch, 1});
}

/// log q(z) with the weight inside the sum over k.
double counted_for_each_latent(const prob::Normal& q, const Tensor& z, const Tensor& weights) {
  const Tensor k_times = static_cast<double>(z.dim(1)) * weights;
  return correlation(q, z, weights) - sum(vae::split_kl(q, z, k_times).mutual_information -
                                          vae::split_kl(q, z, weights).mutual_information)
                                          .item();
}

// --- claims

struct Biases {
  std::vector<double> batch = {}, weighted = {}, stratified = {};
  double three_logs;  ///< (K - 1) log N for four latents
};

Biases claims(Concept& c, const Method& by) {
  const std::int64_t data = c.choose(1024, 512);
  const double sigma = 0.3;  // means such that q(z) is about N(0, I)
  Rng means = c.rng("means"), rng = c.rng("one draw each");
  const prob::Normal q(std::sqrt(1 - sigma * sigma) * means.normal({data, 4}),
                       full({data, 4}, sigma), 1);
  const Tensor z = q.sample(rng);
  const double exact = mean(vae::split_kl(q, z, vae::all_rows(data)).total_correlation).item();
  Biases of{.three_logs = 3 * std::log(static_cast<double>(data))};
  for (std::int64_t batch = 16; batch <= data; batch *= 2) {
    const Bias b = bias(by, q, z, exact, batch);
    of.batch.push_back(static_cast<double>(batch));
    of.weighted.push_back(b.weighted), of.stratified.push_back(b.stratified);
  }
  c.within("batch 64, weighted: bias / (K - 1) log N", of.weighted[2] / of.three_logs, 0.8, 1.2);
  // log is concave: both logarithms come out too small, that of q(z) more than those of the q(z_k).
  c.within("batch 64, stratified: bias", of.stratified[2], -0.8, -0.05);
  c.identity("batch of all data, weighted: bias", of.weighted.back(), of.three_logs, 1e-10);
  c.identity("batch of all data, stratified: bias", of.stratified.back(), 0, 1e-10);
  return of;
}

// --- picture

std::vector<Plot> picture(const Biases& of) {
  return {Plot("total correlation from a minibatch", "rows in the minibatch", "bias, nats")
              .line("weighted", of.batch, of.weighted)
              .dashed("(K - 1) log N", {16, of.batch.back()}, {of.three_logs, of.three_logs})
              .line("stratified", of.batch, of.stratified)
              .log_x()
              .x_range(10, 1500)
              .key("center right")};
}

// --- program

void program(Concept& c) {
  const Method method{
      .weights = c.broken("own_in_column_0") ? own_in_column_0 : stratified,
      .estimate = c.broken("counted_for_each_latent") ? counted_for_each_latent : correlation};
  c.draw(picture(claims(c, method)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C80",
       .title = "the bias of total correlation from a minibatch",
       .source = "UDL section 17.8.4, figure 17.14; Chen et al. 2018",
       .mutants = {{"own_in_column_0", "the weight of a row's own draw is not on the diagonal"},
                   {"counted_for_each_latent", "weights are added before the sum over latents"}}},
      program);
}
