#pragma once

#include <algorithm>
#include <limits>

#include "concepts/discrete/code_prior.hpp"
#include "concepts/discrete/two_level_codes.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "support/concept/images.hpp"
#include "support/concept/record.hpp"
#include "vae/analysis/codebook_usage.hpp"

// What is measured of the codes of a two-level VQ-VAE and of their priors.

namespace concepts {

/// What logits do when one code changes.
struct ByCode {
  double before = 0;  ///< the largest move of the code's own logits and of earlier ones
  double right = std::numeric_limits<double>::infinity();  ///< the smallest of those to its right
};
/// Each of the P codes of a random map in turn, under one random condition.
inline ByCode change_codes(CodePrior& prior, Rng rng) {
  const NoGrad no_grad;
  const std::int64_t n = prior.sizes.map, P = n * n;
  const auto K = static_cast<double>(prior.sizes.codes);
  const Tensor code = (rng.uniform({1, P}) * K).to(DType::i32).to(DType::f64);
  const Tensor next = where(less(code, K - 1.5), code + 1.0, 0.0);
  const Tensor given =
      broadcast_to(rng.normal({1, prior.sizes.given, n, n}), {P, prior.sizes.given, n, n});
  const auto logits = [&](const Tensor& k) {
    return prior(broadcast_to(k, {P, P}).to(DType::i32), given);
  };
  const Tensor by = sum(abs(logits(where(equal(eye(P), 1.0), next, code)) - logits(code)), -1);
  ByCode moved;
  for (std::int64_t j = 0; j < P; ++j) {
    for (std::int64_t i = 0; i <= j; ++i) moved.before = std::max(moved.before, by.at({j, i}));
    if (j % n < n - 1) moved.right = std::min(moved.right, by.at({j, j + 1}));
  }
  return moved;
}

/// The codes of all images of a part, as numbers f32: bottom codes with top codes as their labels.
inline nn::TensorPart codes_of(TwoLevelVq& vq, const nn::ImageDataset& data, nn::Part part) {
  std::vector<Tensor> top, bottom;
  const std::int64_t n = data.size(part);
  for (std::int64_t i = 0; i < n; i += 1000) {
    const Codes codes =
        vq.codes(data.range(part, i, std::min<std::int64_t>(1000, n - i), Rng(1)).images);
    top.push_back(codes.top.to(DType::f32));
    bottom.push_back(codes.bottom.to(DType::f32));
  }
  return {.rows = concat(bottom, 0), .labels = concat(top, 0)};
}

inline Codes as_codes(const nn::Batch& b) {
  return {.top = b.labels.to(DType::i32), .bottom = b.images.to(DType::i32)};
}

/// Nats a code if each position had its share of codes alone: cross entropy of test codes under training shares.
inline double single_codes(const Tensor& train, const Tensor& test, std::int64_t K) {
  const Tensor p = vae::code_shares(train, K), q = vae::code_shares(test, K);
  return -sum(where(greater(q, 0.0), q * log(maximum(p, 1e-9)), 0.0)).item();
}

/// How much is paid without a learned prior.
inline void measure_codes(TwoLevelVq& vq, const nn::TensorDataset& codes,
                          const nn::ImageDataset& data, support::Record& r) {
  const NoGrad no_grad;
  const auto all = [&](nn::Part part) { return codes.range(part, 0, codes.size(part), Rng(1)); };
  const nn::Batch train = all(nn::Part::train), test = all(nn::Part::test);
  const auto note = [&](const std::string& level, const Tensor& seen, const Tensor& k,
                        std::int64_t K) {
    r.numbers[level + ", uniform"] = log_codes(k.dim(1), K);
    r.numbers[level + ", single"] = single_codes(seen, k, K);
    r.numbers[level + ", perplexity"] = vae::perplexity(vae::code_shares(k, K));
  };
  const Codes seen = as_codes(train), own = as_codes(test);
  note("top", seen.top, own.top, vq.sizes.top_codes);
  note("bottom", seen.bottom, own.bottom, vq.sizes.bottom_codes);
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  r.numbers["-log p(x|codes)"] = -mean(vq.decode(own).log_prob(x)).item();
}

}  // namespace concepts
