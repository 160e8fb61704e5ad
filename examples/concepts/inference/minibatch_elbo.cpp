// minibatch_elbo: a minibatch times N/B estimates the bound of all data, and its gradient, without bias
// C40, C41, AEVB equation 8 (S1, with N/M), stochastic variational inference (S0, with N/B)
//
//     L(data) = sum_n L(x_n)   is estimated by   (N / B) sum_{n in batch} L(x_n)
//
// With eight data every minibatch can be tried: the mean over all of them is the bound itself. Its
// variance is what drawing B of N without replacement gives,
//
//     N^2 (s^2 / B) (N - B) / (N - 1)      with s^2 the variance of L(x_n) over the data
//
// which is largest for B = 1 (the "one datum times N" of S0) and 0 for B = N.
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/concept.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr int kData = 8;

/// All sets of `size` of the numbers 0..7, as rows of a table.
std::vector<Tensor> all_batches(int size) {
  std::vector<Tensor> batches;
  for (unsigned bits = 0; bits < (1u << kData); ++bits) {
    std::vector<std::int32_t> rows;
    for (int n = 0; n < kData; ++n) {
      if (bits >> n & 1u) rows.push_back(n);
    }
    if (static_cast<int>(rows.size()) == size) batches.push_back(index_tensor(rows, {size}));
  }
  return batches;
}

void program(Concept& c) {
  Rng rng = c.rng("model");
  vae::exact::Ppca model = vae::exact::Ppca::random(5, 2, 0.7, rng);
  const Tensor x = model.sample(rng, kData).x;
  const Tensor mean_q = rng.normal({kData, 2}), scale_q = exp(0.3 * rng.normal({kData, 2}));

  /// The estimate from the data in `rows`; its terms are exact, only the choice of data is random.
  const auto estimate = [&](const Tensor& rows) {
    const prob::Normal q(take_rows(mean_q, rows), take_rows(scale_q, rows), 1);
    const double scale = c.broken("no_scale") ? 1 : kData / static_cast<double>(rows.size());
    return scale * sum(model.elbo(take_rows(x, rows), q));
  };
  const auto gradient = [&](const Tensor& rows) {
    Tape tape;
    const vae::exact::Ppca plain = model;
    model.weight = tape.watch(plain.weight);
    tape.backward(estimate(rows));
    const Tensor grad = tape.grad(model.weight);
    model = plain;
    return grad;
  };

  const Tensor everything = all_batches(kData).front();
  const double full = sum(model.elbo(x, prob::Normal(mean_q, scale_q, 1))).item();
  const Tensor full_gradient = gradient(everything);
  const Tensor each = model.elbo(x, prob::Normal(mean_q, scale_q, 1));
  const double spread = tapestry::mean(square(each - tapestry::mean(each))).item();  // s^2

  std::vector<double> at, estimates, sizes, upper, lower;
  double worst_mean = 0, worst_gradient = 0, worst_variance = 0;
  for (int size = 1; size <= kData; ++size) {
    const std::vector<Tensor> batches = all_batches(size);
    const auto count = static_cast<double>(batches.size());
    double total = 0, squares = 0;
    Tensor gradients = zeros_like(full_gradient);
    for (const Tensor& batch : batches) {
      const double value = estimate(batch).item();
      total += value / count;
      squares += (value - full) * (value - full) / count;
      gradients = gradients + gradient(batch) / count;
      at.push_back(size);
      estimates.push_back(value);
    }
    const double variance = kData * kData * spread / size * (kData - size) / (kData - 1.0);
    worst_mean = std::max(worst_mean, std::abs(total - full));
    worst_variance = std::max(worst_variance, std::abs(squares - variance));
    worst_gradient = std::max(worst_gradient, max(abs(gradients - full_gradient)).item());
    sizes.push_back(size);
    upper.push_back(full + std::sqrt(variance));
    lower.push_back(full - std::sqrt(variance));
  }
  c.identity("number of minibatches with B = 3", static_cast<double>(all_batches(3).size()), 56, 0);
  c.identity("|mean over all minibatches - bound|, worst B, nats", worst_mean, 0, 1e-10);
  c.identity("|mean of all gradients - gradient|, worst B and element", worst_gradient, 0, 1e-10);
  c.identity("|variance - formula|, worst B, nats^2", worst_variance, 0, 1e-8);

  c.draw({Plot("every minibatch: right on average, and how far off", "data in a minibatch",
               "estimate of the bound, nats")
              .band("one standard deviation", sizes, lower, upper)
              .dots("one minibatch", at, estimates)
              .line("the bound", {0.5, 8.5}, {full, full})
              .x_range(0.5, 8.5)
              .key("bottom right")});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C40, C41",
                         .title = "The bound of a data set from a minibatch",
                         .source = "AEVB equation 8 (S1); stochastic variational inference (S0)",
                         .mutants = {{"no_scale", "the factor N/B is left out"}}},
                        program);
}
