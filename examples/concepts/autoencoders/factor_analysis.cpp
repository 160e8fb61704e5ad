// factor_analysis: a noise of its own for each pixel is worth many nats, and units no longer matter
// C89, UDL chapter 17, notes; Rubin and Thayer 1982
//
//     x ~ N(m, W W^T + Psi),   E-step: G = (I + W^T Psi^-1 W)^-1,   B = G W^T Psi^-1,   E z = B (x - m)
//     M-step: W' = S B^T (G + B S B^T)^-1,   Psi' = diag(S - W' B S)
//
// PPCA has one noise for all pixels, so its axes go where the variance is, in whatever units. Factor analysis looks
// for what varies together: a pixel in other units changes its row of W and its Psi, and nothing else. Needed is a
// variance above 0 in each pixel: faces have it, MNIST's borders do not. The model is in factor_analysis.hpp.
#include "concepts/autoencoders/factor_analysis.hpp"

#include <algorithm>
#include <cmath>

#include "concepts/autoencoders/grey_rows.hpp"
#include "support/concept/images.hpp"
#include "vae/exact/matrices.hpp"

using namespace concepts;
using support::Concept, support::Plot;
using vae::exact::row_moments;

namespace {

// --- wrong versions

FactorAnalysis psi_without_cross_term(const FactorAnalysis& model, const Tensor& S) {
  const auto [projection, G] = vae::exact::factor_posterior(model);
  const Tensor B = matmul(G, projection), W = vae::em_step(model, S).weight;
  const Tensor zz = G + matmul(matmul(B, S), B, {.transpose_right = true});
  return {W, model.mean, sum(S * eye(S.dim(0)), -1) + sum(matmul(W, zz) * W, -1)};
}

FactorAnalysis spherical_psi(const FactorAnalysis& model, const Tensor& S) {
  const FactorAnalysis next = vae::em_step(model, S);
  return {next.weight, next.mean, broadcast_to(mean(next.noise), next.noise.shape())};
}

// --- claims

double largest_fall(const std::vector<double>& log_px) {
  double largest = 0;
  for (std::size_t t = 1; t < log_px.size(); ++t)
    largest = std::max(largest, log_px[t - 1] - log_px[t]);
  return largest;
}

/// Mean log p(x) after 500 steps, and the nats over PPCA on the test faces.
struct Known {
  std::int64_t factors;
  double train, test, over_ppca;
};

Climb claims_of_faces(Concept& c, const RowMoments& train, const RowMoments& test,
                      const Known& known, const EmStep& next) {
  const FactorAnalysis start = start_of(train, known.factors);
  const Climb found = climb(start, train, c.choose(500, 100), next);
  const std::string K = fmt::format("K = {}: ", known.factors);
  c.at_most(K + "largest fall of log p(x) in an EM step, nats", largest_fall(found.log_px), 1e-9);
  const double of_test = found.model.mean_log_px(test).item();
  const double over_ppca = of_test - start.mean_log_px(test).item();
  if (c.quick()) {
    c.at_least(K + "test log p(x) over PPCA's, nats", over_ppca, 5);
  } else {
    c.exact(K + "log p(x), training", found.log_px.back(), known.train, 0.05);
    c.exact(K + "log p(x), test", of_test, known.test, 0.05);
    c.exact(K + "test log p(x) over PPCA's, nats", over_ppca, known.over_ppca, 0.05);
  }
  return found;
}

/// x_d -> s_d x_d.
void claims_of_units(Concept& c, const RowMoments& data, std::int64_t K, const EmStep& next) {
  const Tensor s = exp(c.rng("units").normal({data.mean.size()}) * 0.5);
  const double of_units = -sum(log(s)).item();
  const FactorAnalysis start = start_of(data, K);
  const double before = climb(start, data, 50, next).log_px.back();
  const double after = climb(in_units(start, s), in_units(data, s), 50, next).log_px.back();
  c.exact("other units: change of log p(x) + sum log s", after - before - of_units, 0);
  c.at_least("PPCA: the same, absolute",
             std::abs(fit_ppca(in_units(data, s), K).log_px - fit_ppca(data, K).log_px - of_units),
             1);
}

/// From 50,000 draws of a known model: ten numbers around a circle, with noises from 0.5 to 2.
void claims_of_known_noise(Concept& c, const EmStep& next) {
  Rng rng = c.rng("model");
  const Tensor turn = arange(10);
  const FactorAnalysis truth{stack({cos(turn), sin(turn)}, 1), turn, linspace(0.5, 2, 10)};
  const RowMoments data = row_moments(truth.sample(rng, 50000).x);
  const auto [found, log_px] = climb(start_of(data, 2), data, 500, next);
  c.at_most("known model: largest fall of log p(x), nats", largest_fall(log_px), 1e-9);
  c.at_most("known model: |Psi / true Psi - 1|, largest of 10",
            max(abs(found.noise / truth.noise - 1.0)).item(), 0.05);
  c.at_most("angle of its factors to the true ones, rad",
            max(vae::exact::principal_angles(found.weight, truth.weight)).item(), 0.05);
}

// --- picture

std::vector<Plot> picture(const FactorAnalysis& model, const RowMoments& data, std::int64_t rows,
                          std::int64_t cols) {
  const auto sheet = [&](const Tensor& x) { return x.with_shape({1, rows, cols}); };
  const Tensor variance = sum(data.covariance * eye(data.mean.size()), -1);
  const Tensor all = sqrt(concat({reshape(variance, {1, -1}), reshape(model.noise, {1, -1})}, 0));
  const Tensor shown = all / max(all);
  return {Plot("mean face", "", "").images(sheet(data.mean)),
          Plot("spread of each pixel (left), of its own noise (right)", "", "")
              .images(shown.with_shape({2, rows, cols}), 2),
          Plot("share that the factors explain", "", "").images(sheet(communality(model)))};
}

// --- program

void program(Concept& c) {
  const EmStep next = c.broken("psi_without_cross_term") ? psi_without_cross_term
                      : c.broken("spherical_psi")        ? spherical_psi
                                                         : concepts::em_step;
  const nn::ImageDataset data = support::load_images(c, "freyfaces", 600, 200);
  Tensor x = grey_rows(data.train, c.quick()), test = grey_rows(data.test, c.quick());
  if (c.quick()) {  // a noise in each pixel, and more of it below
    Rng rng = c.rng("noise");
    const Tensor scale = linspace(0.05, 0.3, x.dim(1));
    x += scale * rng.normal(x.shape());
    test += scale * rng.normal(test.shape());
  }
  const RowMoments faces = row_moments(x), others = row_moments(test);
  const Climb ten = claims_of_faces(c, faces, others, {10, 884.2455, 637.5209, 35.9912}, next);
  if (!c.quick()) claims_of_faces(c, faces, others, {20, 995.2232, 663.5454, 46.1246}, next);
  claims_of_units(c, faces, 10, next);
  claims_of_known_noise(c, next);
  const std::int64_t half = c.choose(1, 2);
  c.draw(picture(ten.model, faces, data.rows() / half, data.cols() / half));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C89",
                         .title = "Factor analysis: a noise for each pixel",
                         .source = "UDL chapter 17, notes; Rubin and Thayer 1982",
                         .mutants = {{"psi_without_cross_term", "Psi' = diag(S + W' E[zz^T] W'^T)"},
                                     {"spherical_psi", "one noise for all pixels"}}},
                        program);
}
