#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "concepts/decoders/sigma_measures.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/concept/train.hpp"

// VAEs of digits with sigma set by hand, learned, and in closed form.

namespace concepts {

/// A trained model on test images, with the sigma^2 of training images.
struct Calibrated {
  std::shared_ptr<SigmaVae> model;
  double neg_elbo = 0, kl = 0, error = 0;  ///< error: mean over pixels of (x - f)^2
};
inline Calibrated calibrated(std::shared_ptr<SigmaVae> model, const nn::ImageDataset& data,
                             Rng rng) {
  const NoGrad no_grad;
  const auto first = [&](nn::Part part) {
    return data.range(part, 0, std::min<std::int64_t>(10000, data.size(part)), Rng(1)).images;
  };
  const auto made = [&](const Tensor& x) { return model->f(model->encode(x).sample(rng)); };
  const Tensor x = first(nn::Part::train), test = first(nn::Part::test);
  model->kept.set_value(best_variance(x, made(x)));
  model->eval();
  const vae::ElboTerms terms = model->elbo(test, rng);
  return {model, -mean(terms.elbo()).item(), mean(terms.kl.total()).item(),
          best_variance(test, made(test)).item()};
}

inline Calibrated fit_digits(std::shared_ptr<SigmaVae> model, const nn::ImageDataset& data,
                             const support::Training& how) {
  nn::init::torch_default(*model, Rng(how.seed).stream("init"));
  support::train(
      *model, [&](const nn::Batch& b, Rng& rng) { return model->elbo(b.images, rng); }, data, how);
  return calibrated(model, data, Rng(how.seed).stream("test"));
}

/// VAEs of digits whose sigma^2 = beta was set by hand, and one each with sigma learned and with sigma*.
struct Digits {
  std::vector<double> beta, neg_elbo;
  Calibrated first, learned, own;  ///< first: beta = 1
  double best = 0;                 ///< the best of those by hand
};
struct DigitSizes {
  std::int64_t hidden, latents;
};
inline Digits compare_digits(const nn::ImageDataset& data, const SigmaVae& steps,
                             const DigitSizes& s, const support::Training& how) {
  const auto fit = [&](const std::string& name, const std::shared_ptr<SigmaVae>& model) {
    const Calibrated r = fit_digits(model, data, how);
    fmt::print("{}: test -ELBO {:.1f}, KL {:.2f} nats, squared error a pixel {:.4f}\n", name,
               r.neg_elbo, r.kl, r.error);
    return r;
  };
  Digits all;
  for (const double beta : {1.0, 0.1, 0.01, 0.001}) {
    const auto model = std::make_shared<SigmaVae>(784, s.hidden, s.latents);
    model->variance_of = [beta](const Tensor&, const Tensor&) { return tensor(beta); };
    const Calibrated r = fit(fmt::format("beta = {}", beta), model);
    all.beta.push_back(beta), all.neg_elbo.push_back(r.neg_elbo);
    if (beta == 1) all.first = r;
  }
  all.best = *std::min_element(all.neg_elbo.begin(), all.neg_elbo.end());
  all.learned = fit("sigma learned", std::make_shared<LearnedSigmaVae>(784, s.hidden, s.latents));
  const auto own = std::make_shared<SigmaVae>(784, s.hidden, s.latents);
  plant(*own, steps);
  all.own = fit("sigma*", own);
  return all;
}

}  // namespace concepts
