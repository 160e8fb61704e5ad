// stochastic_vi: a q of its own for every datum, learned together with the model, a minibatch a step
// C40, inference notes S0 (stochastic VI)
//
//     L(theta, psi_1..N | data) = sum_n L(theta, psi_n | x_n)
//                               ~ N/B sum_{n in batch} E_q_n[log p(x_n|z) + log p(z) - log q_n(z)]
//
// psi_n = (mean, log scale) is a row of a table: a step moves the model and the rows of its minibatch. The
// model is PPCA, of which the best likelihood and every posterior are known. The table grows with the
// data and says nothing of a new x: amortised inference replaces it by one function of x (C42).
#include <cmath>

#include "nn/optim/descend.hpp"
#include "nn/optim/sgd.hpp"
#include "support/concept/concept.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/inference/local_posterior.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr std::int64_t kData = 200, kOutputs = 6, kLatents = 2, kBatch = 20;

struct Model {
  Parameter weight, mean, log_sigma;
  vae::exact::Ppca now() { return {recorded(weight), recorded(mean), exp(log_sigma)}; }
};

/// The numbers of `kBatch` data, at random.
Tensor draw_minibatch(Rng& rng) {
  const std::vector<std::int32_t> order = rng.permutation(kData);
  return index_tensor(std::span(order).first(kBatch), {kBatch});
}

/// S0's sum for the data in `rows`, an estimate of that of all of them: one z for each datum.
Tensor estimate(Model& model, vae::LocalPosterior& local, const Tensor& x, const Tensor& rows,
                Rng& rng) {
  const vae::exact::Ppca now = model.now();
  const auto likelihood = [&](const Tensor& z) { return now.likelihood(z); };
  return vae::sgvb_generic(take_rows(x, rows), local.q(rows), now.prior(), likelihood, rng)
      .data_set_elbo(kData);
}

// --- wrong versions

Tensor estimate_without_scale(Model& model, vae::LocalPosterior& local, const Tensor& x,
                              const Tensor& rows, Rng& rng) {
  return static_cast<double>(kBatch) / kData * estimate(model, local, x, rows, rng);
}
Tensor estimate_with_any_q(Model& model, vae::LocalPosterior& local, const Tensor& x,
                           const Tensor& rows, Rng& rng) {
  const vae::exact::Ppca now = model.now();
  const prob::Normal other = local.q(draw_minibatch(rng));
  const auto likelihood = [&](const Tensor& z) { return now.likelihood(z); };
  return vae::sgvb_generic(take_rows(x, rows), other, now.prior(), likelihood, rng)
      .data_set_elbo(kData);
}

// --- claims

struct Course {
  std::vector<double> at, bound, log_px;  ///< nats below the ceiling
  double others = 0;                      ///< the largest gradient of a row outside the minibatch
};

Course learn(Model& model, vae::LocalPosterior& local, const Tensor& x, const auto& bound_of,
             Rng& batches, int steps) {
  const double ceiling = vae::exact::fit_ppca(x, kLatents).log_px;
  nn::Sgd move_model({&model.weight, &model.mean, &model.log_sigma}, {.lr = 0});
  nn::Sgd move_local(local.parameters(), {.lr = 0});
  Course course;
  for (int step = 0; step < steps; ++step) {
    const double rate = std::pow(1e-2, static_cast<double>(step) / steps);
    move_model.set_lr(5e-4 * rate);
    move_local.set_lr(1e-2 * rate);
    const Tensor rows = draw_minibatch(batches);
    move_model.zero_grad();
    nn::descend(move_local, [&] { return -bound_of(rows); });
    move_model.step();
    if (step % (steps / 100) != 0) continue;
    const auto outside = 1.0 - reshape(sum(prob::one_hot(rows, kData, DType::f64), 0), {kData, 1});
    course.others = std::max(course.others, max(outside * abs(local.loc.grad())).item());
    course.at.push_back(step);
    course.bound.push_back(ceiling - mean(model.now().elbo(x, local.q())).item());
    course.log_px.push_back(ceiling - mean(model.now().log_px(x)).item());
  }
  return course;
}

Course claims(Concept& c, const auto& estimate_of) {
  Rng rng = c.rng("data"), noise = c.rng("noise"), batches = c.rng("batches");
  const Tensor x = vae::exact::Ppca::random(kOutputs, kLatents, 1.0, rng).sample(rng, kData).x;
  Model model{Parameter("W", 0.5 * c.rng("start").normal({kOutputs, kLatents})),
              Parameter("m", zeros({kOutputs})), Parameter("log_sigma", tensor(0.0))};
  vae::LocalPosterior local(kData, kLatents);
  const auto of_rows = [&](const Tensor& r) { return estimate_of(model, local, x, r, noise); };
  const Course course = learn(model, local, x, of_rows, batches, c.choose(40000, 10000));
  c.identity("largest gradient of a q_n outside the minibatch", course.others, 0, 0);
  const NoGrad no_grad;
  const vae::exact::Ppca end = model.now();
  const double whole = sum(end.elbo(x, local.q())).item();
  std::vector<double> estimates;
  for (int i = 0; i < 2000; ++i)
    estimates.push_back(of_rows(draw_minibatch(batches)).item() - whole);
  c.monte_carlo("N/B times a minibatch - the bound of all data, nats",
                prob::estimate(tensor(estimates, {2000})), 0, 5);
  c.within("ceiling of PPCA - mean log p(x), nats", course.log_px.back(), 0, 0.05);
  c.within("mean over n of KL(q_n || p(z|x_n)), nats", mean(end.gap(x, local.q())).item(), 0, 0.1);
  const prob::Normal best = end.best_diagonal(x);
  c.at_most("q_n against the best of its family: root mean square of the means, in sigma",
            std::sqrt(mean(square((local.q().loc - best.loc) / best.scale)).item()), 0.2);
  return course;
}

// --- picture

std::vector<Plot> picture(const Course& course) {
  return {Plot("a table of q_n and the model, learned together", "step", "nats below the ceiling")
              .line("ELBO", course.at, course.bound)
              .line("mean log p(x)", course.at, course.log_px)
              .log_y()};
}

// --- program

void program(Concept& c) {
  const auto estimate_of = c.broken("no_scale") ? estimate_without_scale
                           : c.broken("any_q")  ? estimate_with_any_q
                                                : estimate;
  c.draw(picture(claims(c, estimate_of)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C40",
                         .title = "Stochastic variational inference with local parameters",
                         .source = "inference notes S0, stochastic VI; model F2",
                         .mutants = {{"no_scale", "the factor N/B is left out"},
                                     {"any_q", "each datum gets the q of some other"}}},
                        program);
}
