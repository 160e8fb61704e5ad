#pragma once

#include <functional>
#include <vector>

#include "autograd/ops.hpp"
#include "vae/inference/linear_em.hpp"

// Factor analysis (Rubin and Thayer, EM algorithms for ML factor analysis, 1982):
//
//     z ~ N(0, I_K),   x = m + W z + Psi^(1/2) e,   Psi diagonal        so   x ~ N(m, W W^T + Psi)
//
// The factors explain how the numbers of x vary together, Psi what each varies by itself. There is no closed form;
// the model and its EM step are the library's.

namespace concepts {

using namespace tapestry;
using vae::exact::FactorAnalysis, vae::exact::RowMoments;

using EmStep = std::function<FactorAnalysis(const FactorAnalysis&, const Tensor& S)>;
inline FactorAnalysis em_step(const FactorAnalysis& model, const Tensor& S) {
  return vae::em_step(model, S);
}

/// A model, and the mean log p(x) of its data at the start and after each step.
struct Climb {
  FactorAnalysis model;
  std::vector<double> log_px;
};
inline Climb climb(FactorAnalysis model, const RowMoments& data, int steps, const EmStep& next) {
  std::vector<double> log_px{model.mean_log_px(data).item()};
  for (int t = 0; t < steps; ++t) {
    model = next(model, data.covariance);
    log_px.push_back(model.mean_log_px(data).item());
  }
  return {model, log_px};
}

/// The PPCA of K latents, to start from.
inline FactorAnalysis start_of(const RowMoments& data, std::int64_t K) {
  return FactorAnalysis::from(fit_ppca(data, K).model);
}

// Other units: x_d becomes s_d x_d, and a density is divided by the product of the s_d.

inline RowMoments in_units(const RowMoments& data, const Tensor& s) {
  return {s * data.mean, reshape(s, {-1, 1}) * data.covariance * s};
}
inline FactorAnalysis in_units(const FactorAnalysis& model, const Tensor& s) {
  return {reshape(s, {-1, 1}) * model.weight, s * model.mean, square(s) * model.noise};
}

/// The share of each number's variance that the factors explain [D]: its communality.
inline Tensor communality(const FactorAnalysis& model) {
  const Tensor explained = sum(square(model.weight), -1);
  return explained / (explained + model.noise);
}

}  // namespace concepts
