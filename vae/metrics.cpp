#include "vae/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

constexpr std::int64_t kEvaluationBatch = 500;
// Rows of decoder input that fit the caches together with their pixels.
constexpr std::int64_t kImportanceRows = 4000;

// The model in eval mode until the end of the block.
class EvalMode {
 public:
  explicit EvalMode(Vae& model) : model_(model), was_training_(model.training()) { model.eval(); }
  ~EvalMode() { model_.train(was_training_); }
  EvalMode(const EvalMode&) = delete;

 private:
  const NoGrad no_tape_;
  Vae& model_;
  bool was_training_;
};

}  // namespace

ElboMeans evaluate(Vae& model, const nn::ByteImages& images, nn::Binarize rule, const Rng& rng) {
  const EvalMode mode(model);
  const Rng pixels = rng.stream("pixels");
  Rng latent = rng.stream("latent");
  ElboMeans means;
  for (std::int64_t first = 0; first < images.count; first += kEvaluationBatch) {
    const std::int64_t count = std::min(kEvaluationBatch, images.count - first);
    means.add(model.elbo(nn::image_tensor(images, first, count, rule, pixels), latent));
  }
  return means;
}

LogPxReport evaluate_log_px(Vae& model, const nn::ByteImages& images, std::int64_t count,
                            nn::Binarize rule, const Rng& rng, int samples) {
  const EvalMode mode(model);
  const Rng pixels = rng.stream("pixels");
  Rng latent = rng.stream("importance");
  count = std::min(count, images.count);
  const std::int64_t batch = std::max<std::int64_t>(1, kImportanceRows / samples);
  double sum = 0, sum_squares = 0, ess = 0;
  for (std::int64_t first = 0; first < count; first += batch) {
    const Tensor x = nn::image_tensor(images, first, std::min(batch, count - first), rule, pixels);
    const LogEvidence evidence = model.log_px(x, latent, samples);
    for (const double v : evidence.log_px.to_vector()) {
      sum += v;
      sum_squares += v * v;
    }
    for (const double v : evidence.ess.to_vector()) ess += v;
  }
  const double n = static_cast<double>(count), mean = sum / n;
  const double variance = count > 1 ? std::max(0.0, sum_squares - n * mean * mean) / (n - 1) : 0;
  return {.log_px = mean,
          .se = std::sqrt(variance / n),
          .ess = ess / n,
          .samples = samples,
          .images = count};
}

}  // namespace tapestry::vae
