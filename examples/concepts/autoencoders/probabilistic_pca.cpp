// probabilistic_pca: PCA with spherical noise is a density, and EM climbs to it
// C88, UDL chapter 17, notes; Tipping and Bishop 1999
//
//     x ~ N(m, W W^T + sigma^2 I):   W = V (Lambda - sigma^2 I)^(1/2),   sigma^2 = mean of the discarded lambda_k
//     EM:  M = W^T W + sigma^2 I,    W' = S W (sigma^2 I + M^-1 W^T S W)^-1,   sigma'^2 = tr(S - S W M^-1 W'^T)/D
//
// The likelihood never falls from one EM step to the next. Nothing of size D x D is inverted. Rows with
// gaps have the same EM, a posterior for each row from what was seen of it: probabilistic_pca.hpp.
#include "concepts/autoencoders/probabilistic_pca.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/kernels/symmetric_eigen.hpp"
#include "concepts/autoencoders/grey_rows.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot;
using vae::exact::row_moments;

namespace {

// --- model

Ppca closed_form(const RowMoments& data, std::int64_t K) { return fit_ppca(data, K).model; }
Ppca em_step(const Ppca& model, const Tensor& S) { return vae::em_step(model, S); }

// --- wrong versions

Ppca sigma_from_all(const RowMoments& data, std::int64_t K) {
  const auto fit = fit_ppca(data, K);
  const Tensor top = top_eigen(data.covariance, K).vectors;
  const Tensor variance = mean(fit.eigenvalues), kept = slice(fit.eigenvalues, 0, 0, K);
  return {top * sqrt(maximum(kept - variance, 1e-9)), data.mean, sqrt(variance)};
}

Ppca old_W_in_sigma(const Ppca& model, const Tensor& S) {
  const Tensor &W = model.weight, SW = matmul(S, W);
  const Tensor M =
      matmul(W, W, {.transpose_left = true}) + square(model.sigma) * eye(model.latents());
  const Tensor explained = sum(matmul(SW, vae::exact::inverse_of(M)) * W);
  const Tensor left = sum(S * eye(model.outputs())) - explained;
  return {vae::em_step(model, S).weight, model.mean,
          sqrt(left / static_cast<double>(model.outputs()))};
}

// --- claims

/// Tipping and Bishop's constants for a data set: sigma^2, mean log p(x) of training and of test rows.
struct Known {
  double variance, train, test;
};

void claims_of_closed_form(Concept& c, const std::string& what, const Ppca& model,
                           const RowMoments& train, const RowMoments& test, const Known& known) {
  c.exact(what + ": sigma^2", square(model.sigma).item(), known.variance, 1e-7);
  c.exact(what + ": log p(x), training", mean_log_px(model, train), known.train, 1e-3);
  c.exact(what + ": log p(x), test", mean_log_px(model, test), known.test, 1e-3);
}

Staircase claims_of_em(Concept& c, const RowMoments& data, const Ppca& best,
                       decltype(&em_step) next) {
  const Ppca start{0.1 * Rng(1).normal(best.weight.shape()), data.mean, tensor(0.2)};
  const Staircase path = climb(start, data, mean_log_px(best, data), 3000, next);
  c.at_most("largest fall of log p(x) in an EM step, nats", path.largest_fall, 1e-9);
  c.within("closed form - EM, 1000 steps, nats", path.gap[1000], -1e-9, 2e-3);
  c.exact("closed form - EM, 3000 steps, nats", path.gap.back(), 0, 1e-9);
  return path;
}

/// A step by the covariance and one by the rows' posteriors, from the same start.
void claims_of_step(Concept& c, const Tensor& x, const Ppca& best, decltype(&em_step) next) {
  const Gaps whole{x, ones_like(x)};
  const Ppca start{best.weight + 0.1, best.mean, 1.1 * best.sigma};
  const Ppca by_rows = em_step_with_gaps(start, whole);
  const Ppca by_covariance = next(start, row_moments(x).covariance);
  c.identity("a step by S - by the posteriors of the rows: W', largest element",
             max(abs(by_covariance.weight - by_rows.weight)).item(), 0, 1e-9);
  c.identity("... sigma'^2, relative", square(by_covariance.sigma / by_rows.sigma).item() - 1, 0,
             1e-9);
}

/// Three of ten pixels of each image are gone, of the images that are learned from, too. Returns the test
/// images with gaps, and filled in.
std::pair<Gaps, Tensor> claims_of_gaps(Concept& c, const Tensor& train, const Tensor& test,
                                       std::int64_t K) {
  Rng rng = c.rng("gaps");
  const Gaps learned = Gaps::in(train, 0.3, rng), other = Gaps::in(test, 0.3, rng);
  Ppca model{0.1 * rng.normal({train.dim(1), K}), learned.mean(), tensor(0.2)};
  for (int t = 0; t < c.choose(60, 20); ++t) model = em_step_with_gaps(model, learned);
  const auto ratio = [&](const Tensor& x, const Gaps& rows) {
    const Tensor gap = 1.0 - rows.seen;
    return (sum(gap * square(x - filled(model, rows))) / sum(gap * square(x - model.mean))).item();
  };
  c.within("gaps of training images: squared error / the mean image's", ratio(train, learned), 0.05,
           c.choose(0.5, 0.8));
  c.within("gaps of test images: squared error / the mean image's", ratio(test, other), 0.05,
           c.choose(0.7, 0.8));
  return {other, filled(model, other)};
}

// --- picture

/// The gap after 1, 2, 3 ... steps, ever farther apart.
Plot staircase(const Staircase& path) {
  std::vector<double> step, gap;
  for (std::size_t t = 1; t < path.gap.size(); t += 1 + t / 10) {
    step.push_back(static_cast<double>(t));
    gap.push_back(std::max(path.gap[t], 1e-13));
  }
  return Plot("EM climbs to the closed form", "step", "nats below it, an image")
      .line("", step, gap)
      .log_x()
      .log_y();
}

std::vector<Plot> picture(const Staircase& path, const std::vector<Tensor>& sets, std::int64_t rows,
                          std::int64_t cols) {
  std::vector<Tensor> shown;
  for (const Tensor& x : sets) {
    const Tensor six = index_tensor(std::vector<std::int32_t>{5, 30, 60, 90, 120, 150}, {6});
    shown.push_back(clamp(take_rows(x, six), 0, 1).with_shape({6, rows, cols}));
  }
  return {staircase(path),
          Plot("rows: 30 % gone; filled in; whole", "", "").images(concat(shown, 0), 6)};
}

// --- program

void program(Concept& c) {
  const auto fit = c.broken("sigma_from_all") ? sigma_from_all : closed_form;
  const auto next = c.broken("old_W_in_sigma") ? old_W_in_sigma : em_step;
  const std::int64_t K = c.choose(10, 6), half = c.choose(1, 2);
  const nn::ImageDataset data = support::load_images(c, "freyfaces", 400, 160);
  const Tensor x = grey_rows(data.train, c.quick()), test = grey_rows(data.test, c.quick());
  const RowMoments faces = row_moments(x);
  const Ppca best = fit(faces, K);
  if (!c.quick()) {
    const nn::ImageDataset mnist = support::load_images(c, "mnist", 0, 0);
    const DTypeScope f32(DType::f32);
    const RowMoments digits = row_moments(grey_rows(mnist.train, false)),
                     others = row_moments(grey_rows(mnist.test, false));
    claims_of_closed_form(c, "digits, K = 10", fit(digits, 10), digits, others,
                          {.03486734, 182.1547, 186.0241});
    claims_of_closed_form(c, "digits, K = 50", fit(digits, 50), digits, others,
                          {.01259605, 507.9054, 517.6033});
    claims_of_closed_form(c, "faces, K = 10", best, faces, row_moments(test),
                          {.00352697, 763.8935, 601.5297});
  }
  const Staircase path = claims_of_em(c, faces, best, next);
  claims_of_step(c, x, best, next);
  const auto [gaps, by_model] = claims_of_gaps(c, x, test, K);
  c.draw(picture(path, {gaps.x, by_model, test}, data.rows() / half, data.cols() / half));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C88",
       .title = "Probabilistic PCA, in closed form and by EM",
       .source = "UDL chapter 17, notes; Tipping and Bishop 1999; model F2",
       .mutants = {{"sigma_from_all", "sigma^2 is the mean of all eigenvalues"},
                   {"old_W_in_sigma", "the update of sigma^2 takes the old W twice"}}},
      program);
}
