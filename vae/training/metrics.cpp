#include "vae/training/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "vae/analysis/active_units.hpp"
#include "vae/analysis/codebook_usage.hpp"
#include "vae/training/eval_mode.hpp"

namespace tapestry::vae {
namespace {

constexpr std::int64_t kEvaluationBatch = 500;
constexpr std::int64_t kUsageRows = 2000;  // a variance of 1 is seen to 3 %, and the limit is 0.01
// Rows of decoder input that fit the caches together with their pixels.
constexpr std::int64_t kImportanceRows = 4000;

}  // namespace

Means evaluate(nn::Module& model, const Play& play, const nn::Dataset& data, nn::Part part,
               const Rng& rng) {
  const EvalMode mode(model);
  const Rng pixels = rng.stream("pixels");
  Rng latent = rng.stream("latent");
  Means means;
  const std::int64_t rows = data.size(part);
  for (std::int64_t first = 0; first < rows; first += kEvaluationBatch) {
    const std::int64_t count = std::min(kEvaluationBatch, rows - first);
    means.add(play(data.range(part, first, count, pixels), latent));
  }
  return means;
}

std::int64_t evaluate_active_units(nn::Module& model,
                                   const std::function<Tensor(const nn::Batch&)>& code,
                                   const nn::Dataset& data, nn::Part part, const Rng& rng) {
  const EvalMode mode(model);
  const Rng pixels = rng.stream("pixels");
  const std::int64_t rows = std::min(kUsageRows, data.size(part));
  if (rows < 2) return -1;
  std::vector<Tensor> means;
  for (std::int64_t first = 0; first < rows; first += kEvaluationBatch) {
    const std::int64_t count = std::min(kEvaluationBatch, rows - first);
    means.push_back(reshape(code(data.range(part, first, count, pixels)), {count, -1}));
  }
  return active_units(concat(means, 0));
}

double evaluate_perplexity(nn::Module& model, const std::function<Tensor(const nn::Batch&)>& codes,
                           const nn::Dataset& data, nn::Part part, const Rng& rng) {
  const EvalMode mode(model);
  const std::int64_t rows = std::min(kUsageRows, data.size(part));
  if (rows == 0) return 0;
  const Tensor code = codes(data.range(part, 0, rows, rng.stream("pixels")));
  return perplexity(code_shares(code, *std::ranges::max_element(code.view<std::int32_t>()) + 1));
}

LogPx log_px_of_rows(nn::Module& model, const LogWeights& log_weights_of, const nn::Dataset& data,
                     nn::Part part, std::int64_t count, const Rng& rng, int samples) {
  check<ConfigError>(samples >= 1, "evaluate_log_px: samples must be at least 1, not {}", samples);
  check<ConfigError>(count >= 1 && data.size(part) >= 1,
                     "evaluate_log_px: {} rows of {}, expected at least 1", count, data.size(part));
  const EvalMode mode(model);
  const Rng pixels = rng.stream("pixels");
  Rng latent = rng.stream("importance");
  count = std::min(count, data.size(part));
  const std::int64_t batch = std::max<std::int64_t>(1, kImportanceRows / samples);
  std::vector<Tensor> log_px_of, ess, se;
  for (std::int64_t first = 0; first < count; first += batch) {
    const nn::Batch rows = data.range(part, first, std::min(batch, count - first), pixels);
    const LogPx estimate = log_px(log_weights_of(rows, latent, samples));
    log_px_of.push_back(estimate.log_px.to(DType::f64));
    ess.push_back(estimate.ess.to(DType::f64));
    se.push_back(estimate.se.to(DType::f64));
  }
  return {.log_px = concat(log_px_of, 0), .ess = concat(ess, 0), .se = concat(se, 0)};
}

LogPxReport evaluate_log_px(nn::Module& model, const LogWeights& log_weights_of,
                            const nn::Dataset& data, nn::Part part, std::int64_t count,
                            const Rng& rng, int samples) {
  const LogPx rows = log_px_of_rows(model, log_weights_of, data, part, count, rng, samples);
  double sum = 0, sum_squares = 0, ess = 0;
  for (const double v : rows.log_px.to_vector()) {
    sum += v;
    sum_squares += v * v;
  }
  for (const double v : rows.ess.to_vector()) ess += v;
  const std::int64_t images = rows.log_px.size();
  const double n = static_cast<double>(images), mean = sum / n;
  const double variance = images > 1 ? std::max(0.0, sum_squares - n * mean * mean) / (n - 1) : 0;
  return {.log_px = mean,
          .se = std::sqrt(variance / n),
          .ess = ess / n,
          .samples = samples,
          .images = images};
}

}  // namespace tapestry::vae
