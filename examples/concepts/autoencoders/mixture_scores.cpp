// mixture_scores: an odd image is one that the mixture of codes and errors finds improbable
// C91, UDL chapter 17, notes; Zong et al. 2018 (DAGMM), equations 5 to 7
//
//     u = [code, |x - x^| / |x|, cosine of x and x^],    gamma = softmax(MLP(u))
//     phi_k = mean gamma_k, mu_k, Sigma_k from gamma;    E(u) = -log sum_k phi_k N(u; mu_k, Sigma_k)
//     least |x - x^|^2 + 0.1 E(u) + 0.005 sum 1 / Sigma_k,jj
//
// An autoencoder's error alone says only how well an image is copied. The energy asks as well where its code lies.
// All is trained together; at test the mixture is that of the whole training set. The model is in mixture_scores.hpp.
#include "concepts/autoencoders/mixture_scores.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "concepts/autoencoders/odd_rows.hpp"
#include "prob/mixture.hpp"
#include "prob/multivariate_normal.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/ranks.hpp"
#include "vae/inference/em.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

/// |Sigma_k| without the root.
Tensor with_determinant(const Parts& p, const Tensor& u) {
  const Tensor log_det = 2.0 * log_det_triangular(cholesky(p.covariance));
  Parts other = p;
  other.weight = p.weight * exp(-0.5 * log_det);
  return energy(other, u);
}

/// Each eight test rows by the mixture of themselves.
Tensor by_eight(Dagmm& model, const Tensor&, const Tensor& x) {
  const NoGrad no_grad;
  std::vector<Tensor> energies;
  for (std::int64_t i = 0; i < x.dim(0); i += 8) {
    const Tensor u = model.features(slice(x, 0, i, std::min(i + 8, x.dim(0))));
    energies.push_back(energy(model.parts(u), u));
  }
  return concat(energies, 0);
}

// --- claims

void claims_of_mixture(Concept& c, const ScoreSteps& steps) {
  Rng rng = c.rng("mixture");
  const Tensor u = rng.normal({200, 3}), gamma = softmax(rng.normal({200, 2}));
  const Parts p = parts_of(gamma, u);
  const auto parts = prob::MultivariateNormal::from_covariance(p.mean, p.covariance);
  const prob::Mixture<prob::MultivariateNormal> mixture(log(p.weight), parts);
  c.identity("E(u) + log p(u) of the mixture, largest of 200",
             max(abs(steps.energy(p, u) + mixture.log_prob(u))).item(), 0, 1e-10);
  const Tensor numbers = rng.normal({200});
  const Parts found = parts_of(gamma, reshape(numbers, {200, 1}));
  const auto best = vae::maximization_step(numbers, gamma);
  const Tensor off =
      concat({found.weight - best.weights(), reshape(found.mean, {2}) - best.loc}, 0);
  c.identity("phi and mu - EM's, largest", max(abs(off)).item(), 0, 1e-10);
  c.identity("Sigma - EM's", max(abs(reshape(found.covariance, {2}) - square(best.scale))).item(),
             0, 2e-6);
}

/// Trains on usual rows; how well energy and error find odd ones: AUROC, 1/2 is chance.
std::unique_ptr<Dagmm> measure(const Concept& c, const OddRows& rows, int epochs,
                               std::int64_t batch, const ScoreSteps& steps, Record& r) {
  const std::vector<std::int64_t> widths{rows.train.dim(1), 60, 30, 10, 1};
  auto model = std::make_unique<Dagmm>(widths, 4, steps);
  fit(*model, nn::TensorDataset({rows.train}),
      {.epochs = epochs, .batch = batch, .rate = 2e-3, .seed = c.seed()},
      [&](const nn::Batch& b, Rng&) { return model->loss(b.images); });
  model->eval();
  const NoGrad no_grad;
  const Parts mixture = model->parts(model->features(rows.train));
  double& smallest = r.numbers.try_emplace("smallest variance", 1e9).first->second;
  smallest = std::min(smallest, -max(-sum(mixture.covariance * eye(3), -1)).item());
  const auto E = [&](const Tensor& x) { return steps.energies(*model, rows.train, x); };
  const auto error = [&](const Tensor& x) { return squared_error(x, model->reconstruct(x)); };
  for (const auto& [name, odd] : rows.odd) {
    r.numbers[name + ", energy"] = vae::auroc(E(odd), E(rows.usual));
    r.numbers[name + ", largest part"] = max(mixture.weight).item();
    r.numbers[name + ", error"] = vae::auroc(error(odd), error(rows.usual));
  }
  return model;
}

void claims_of_scores(Concept& c, const Record& r) {
  const auto gain = [&](const std::string& odd) {
    return r.number(odd + ", energy") - r.number(odd + ", error");
  };
  c.at_least("smallest variance of a part", r.number("smallest variance"), 1e-4);
  c.within("crosses: AUROC of the energy - of the error", gain("crosses"), c.choose(0.03, -0.3),
           c.choose(0.25, 0.6));
  c.within("large sprites: the same", gain("large sprites"), c.choose(-0.45, -0.6),
           c.choose(-0.2, 0.5));
  c.within("the digit 1: the same", gain("1"), c.choose(0.2, -1.0), c.choose(0.6, 1.0));
  const int n = c.choose(10, 2);
  const std::map<std::string, double> of{{"energy", .474}, {"error", .605}, {"largest part", .981}};
  for (const auto& [what, mean] : of) {
    double sum = 0;
    for (int odd = 0; odd < n; ++odd) sum += r.number(fmt::format("{}, {}", odd, what));
    c.within("digits, mean of ten: " + what, sum / n, c.choose(0.85 * mean, 0.2),
             c.choose(std::min(1.0, 1.15 * mean), 1.0));
  }
}

// --- picture

/// Where the mixture sees the rows.
void keep_features(Dagmm& model, const OddRows& rows, Record& r) {
  const NoGrad no_grad;
  const auto keep = [&](const std::string& name, const Tensor& u) {
    for (std::int64_t i = 0; i < u.dim(0); ++i) r.add(name, u.at({i, 0}), u.at({i, 1}));
  };
  keep("usual", model.features(rows.usual));
  for (const auto& [name, odd] : rows.odd) keep(name, model.features(odd));
}

std::vector<Plot> picture(const Record& r, int digits) {
  Plot plane("sprites, as the mixture sees them", "code", "|x - x^| / |x|");
  for (const std::string name : {"usual", "crosses", "large sprites"})
    plane.dots(name, r.curve(name).x, r.curve(name).y);
  std::vector<std::string> names;
  std::vector<double> energy, error;
  for (int odd = 0; odd < digits; ++odd) {
    names.push_back(fmt::format("{}", odd));
    energy.push_back(r.number(names.back() + ", energy"));
    error.push_back(r.number(names.back() + ", error"));
  }
  return {plane, Plot("the digit that was left out", "digit", "AUROC")
                     .bars("energy", energy)
                     .bars("error alone", error)
                     .names(names)
                     .y_range(0, 1)};
}

// --- program

void program(Concept& c) {
  const ScoreSteps steps{
      .energy = c.broken("determinant") ? with_determinant : ::concepts::energy,
      .narrowness = c.broken("no_diagonal_penalty") ? 0 : 0.005,
      .energies = c.broken("batch_parameters_at_test") ? by_eight : ::concepts::energies_of};
  claims_of_mixture(c, steps);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
    nn::keep_first(data, 20000, 10000);
    measured.data_rule =
        c.choose("20,000 digits of MNIST, grey pixels", "drawn digits, grey pixels");
    const OddRows sprites = odd_sprites(c.choose(8, 6), c.rng("split"));
    keep_features(*measure(c, sprites, c.choose(800, 150), 100, steps, measured), sprites,
                  measured);
    for (int odd = 0; odd < c.choose(10, 2); ++odd)
      measure(c, odd_digit(data, odd), 10, c.choose(256, 100), steps, measured);
  });
  claims_of_scores(c, r);
  c.draw(picture(r, c.choose(10, 2)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C91",
       .title = "Odd images by a mixture of codes and errors",
       .source = "UDL chapter 17, notes; Zong et al. 2018, equations 5 to 7; model F6",
       .mutants = {{"determinant", "the volume of a part counts twice"},
                   {"no_diagonal_penalty", "nothing keeps the parts from shrinking"},
                   {"batch_parameters_at_test", "the mixture is that of eight test rows"}}},
      program);
}
