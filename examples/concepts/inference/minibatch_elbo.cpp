// minibatch_elbo: a minibatch times N/B estimates the bound of all data, and its gradient, without bias
// C40, C41, AEVB equation 8 (S1, with N/M), stochastic variational inference (S0, with N/B)
//
//     L(data) = sum_n L(x_n)   is estimated by   (N / B) sum_{n in batch} L(x_n)
//
// With eight data every minibatch can be tried: the mean over all of them is the bound itself. Its
// variance is what drawing B of N without replacement gives,
//     N^2 (s^2 / B) (N - B) / (N - 1)      with s^2 the variance of L(x_n) over the data
// which is largest for B = 1 (the "one datum times N" of S0) and 0 for B = N.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr int kData = 8;

/// All sets of `size` of the numbers 0..7, as rows of a table.
std::vector<Tensor> all_batches(int size) {
  std::vector<Tensor> batches;
  for (unsigned bits = 0; bits < (1u << kData); ++bits) {
    std::vector<std::int32_t> rows;
    for (int n = 0; n < kData; ++n)
      if (bits >> n & 1u) rows.push_back(n);
    if (static_cast<int>(rows.size()) == size) batches.push_back(index_tensor(rows, {size}));
  }
  return batches;
}

/// The terms L(x_n) are exact here: only the choice of data is random.
struct Problem {
  vae::exact::Ppca model;
  Tensor x, mean_q, scale_q;  ///< of each datum
  Tensor terms(const Tensor& W, const Tensor& rows) const {
    const prob::Normal q(take_rows(mean_q, rows), take_rows(scale_q, rows), 1);
    return vae::exact::Ppca{W, model.mean, model.sigma}.elbo(take_rows(x, rows), q);
  }
};

/// (N / B) sum_{n in batch} L(x_n), from the terms of a minibatch.
Tensor estimate(const Tensor& terms) {
  return kData / static_cast<double>(terms.size()) * sum(terms);
}

/// In the weights of the model.
Tensor gradient(const Problem& of, const auto& estimate_of, const Tensor& rows) {
  return support::slope([&](const Tensor& W) { return estimate_of(of.terms(W, rows)); },
                        of.model.weight);
}

struct Estimates {
  double bound;                          ///< of all data
  std::vector<double> batch, estimate;   ///< size and value of each minibatch
  std::vector<double> sizes, deviation;  ///< the formula, for each size
};

// --- wrong versions

Tensor without_scale(const Tensor& terms) { return sum(terms); }

// --- claims

Estimates claims(Concept& c, const Problem& of, const auto& estimate_of) {
  const Tensor everything = all_batches(kData).front();
  const Tensor each = of.terms(of.model.weight, everything);
  const double full = sum(each).item(), spread = mean(square(each - mean(each))).item();  // s^2
  const Tensor full_gradient = gradient(of, estimate_of, everything);
  Estimates seen{full, {}, {}, {}, {}};
  double worst_mean = 0, worst_gradient = 0, worst_variance = 0;
  for (int size = 1; size <= kData; ++size) {
    const std::vector<Tensor> batches = all_batches(size);
    const auto count = static_cast<double>(batches.size());
    double total = 0, squares = 0;
    Tensor gradients = zeros_like(full_gradient);
    for (const Tensor& batch : batches) {
      const double value = estimate_of(of.terms(of.model.weight, batch)).item();
      total += value / count;
      squares += (value - full) * (value - full) / count;
      gradients = gradients + gradient(of, estimate_of, batch) / count;
      seen.batch.push_back(size);
      seen.estimate.push_back(value);
    }
    const double variance = kData * kData * spread / size * (kData - size) / (kData - 1.0);
    worst_mean = std::max(worst_mean, std::abs(total - full));
    worst_variance = std::max(worst_variance, std::abs(squares - variance));
    worst_gradient = std::max(worst_gradient, max(abs(gradients - full_gradient)).item());
    seen.sizes.push_back(size);
    seen.deviation.push_back(std::sqrt(variance));
  }
  c.identity("number of minibatches with B = 3", static_cast<double>(all_batches(3).size()), 56, 0);
  c.identity("|mean over all minibatches - bound|, worst B, nats", worst_mean, 0, 1e-10);
  c.identity("|mean of all gradients - gradient|, worst B and element", worst_gradient, 0, 1e-10);
  c.identity("|variance - formula|, worst B, nats^2", worst_variance, 0, 1e-8);
  return seen;
}

// --- picture

std::vector<Plot> picture(const Estimates& seen) {
  std::vector<double> lower, upper;
  for (const double deviation : seen.deviation) {
    lower.push_back(seen.bound - deviation);
    upper.push_back(seen.bound + deviation);
  }
  return {Plot("every minibatch: right on average, and how far off", "data in a minibatch",
               "estimate of the bound, nats")
              .band("one standard deviation", seen.sizes, lower, upper)
              .dots("one minibatch", seen.batch, seen.estimate)
              .line("the bound", {0.5, 8.5}, {seen.bound, seen.bound})
              .x_range(0.5, 8.5)
              .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const auto estimate_of = c.broken("no_scale") ? without_scale : estimate;
  Rng rng = c.rng("model");
  const auto model = vae::exact::Ppca::random(5, 2, 0.7, rng);
  const Tensor x = model.sample(rng, kData).x, mean_q = rng.normal({kData, 2});
  const Problem problem{model, x, mean_q, exp(0.3 * rng.normal({kData, 2}))};
  c.draw(picture(claims(c, problem, estimate_of)));
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
