#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "autograd/kernels/symmetric_eigen.hpp"
#include "concepts/collapse/posterior_collapse.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "nn/optim/schedule.hpp"
#include "support/concept/images.hpp"

// Images as a linear VAE sees them, by their mean and their covariance, and its training on all of them at once.

namespace concepts {

using namespace tapestry;

struct LinearData {
  explicit LinearData(nn::ImageDataset grey) : images(std::move(grey)) {
    const DTypeScope f64(DType::f64);
    mean = block_mean(nn::Part::train, [](const Tensor& x) { return sum(x, 0); });
    const auto squares = [&](const Tensor& x) {
      return matmul(x - mean, x - mean, {.transpose_left = true});
    };
    covariance = block_mean(nn::Part::train, squares);
    of_test = block_mean(nn::Part::test, squares);
    eigenvalues = symmetric_eigen(covariance).values.to_vector();
  }

  /// All test images, [N, D] of the default dtype.
  Tensor test() const { return support::rows_of(images, nn::Part::test).images; }
  /// The mean of the eigenvalues after the first `kept`: the noise that the best model with so many latents learns.
  double discarded(std::int64_t kept) const {
    double total = 0;
    for (auto v = eigenvalues.begin() + kept; v != eigenvalues.end(); ++v) total += *v;
    return total / static_cast<double>(std::ssize(eigenvalues) - kept);
  }

  nn::ImageDataset images;
  Tensor mean, covariance,
      of_test;  // [D], [D, D] f64; both covariances about the mean of the training images
  std::vector<double> eigenvalues;  // of the training images' covariance, falling

 private:
  Tensor block_mean(nn::Part part, const std::function<Tensor(const Tensor&)>& sums) const {
    Tensor total;
    for (std::int64_t i = 0; i < images.size(part); i += 5000) {
      const std::int64_t rows = std::min<std::int64_t>(5000, images.size(part) - i);
      const Tensor more = sums(images.range(part, i, rows, Rng(1)).images);
      total = i == 0 ? more : total + more;
    }
    return total / static_cast<double>(images.size(part));
  }
};

struct LinearTraining {
  int steps;
  double rate;                 // of Adam, falling to 0 along half a cosine
  bool learned_noise = false;  // sigma^2 moves, too
  double kl_weight = 1;        // in a bound it is 1
};

/// In f32; the VAE is f64 before and after.
inline void train(LinearVae& vae, const LinearData& data, const LinearTraining& how) {
  vae.convert(DType::f32);
  const Tensor covariance = data.covariance.to(DType::f32);
  std::vector<Parameter*> moved{&vae.weight, &vae.encoder, &vae.log_s};
  if (how.learned_noise) moved.push_back(&vae.log_sigma2);
  nn::Adam adam(moved);
  const nn::Schedule rate = nn::schedule::cosine(how.rate, how.steps);
  for (int step = 0; step < how.steps; ++step) {
    adam.set_lr(rate(step));
    nn::descend(adam, [&] {
      const MeanBound b = vae.mean_bound(covariance);
      return how.kl_weight * sum(b.kl) - b.log_lik;
    });
  }
  vae.convert(DType::f64);
}

}  // namespace concepts
