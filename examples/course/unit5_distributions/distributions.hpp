#pragma once

// Densities, samples and estimates: what Tapestry's prob/ and vae/bounds/ are, on a page. You write
// distributions.cpp; this file is given and the checks use the original, so changes here have no
// effect.

#include <cstdint>
#include <functional>
#include <vector>

#include "todo.hpp"

namespace tiny {

using course::todo;  // marks what is still to be written

/// Random numbers: the same for the same seed. (Given.)
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  /// Uniform between 0 and 1, never 0 and never 1. SplitMix64 (Steele, Lea and Flood, 2014).
  double uniform() {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    x ^= x >> 31;
    return (static_cast<double>(x >> 12) + 0.5) * 0x1p-52;
  }

 private:
  std::uint64_t state_;
};

/// A mean over samples, and how far it may be off: the standard deviation of such means.
struct Estimate {
  double mean = 0;
  double standard_error = 0;
};

/// Mean and standard error of numbers. (Given.)
Estimate estimate(const std::vector<double>& numbers);

/// 5.1  log N(x; loc, scale^2) and log p(x) of a coin with p(1) = 1 / (1 + exp(-logit)), x being 0 or
/// 1. Right for any numbers that a double holds; a scale that is not above 0 throws
/// std::invalid_argument.
double normal_log_prob(double x, double loc, double scale);
double bernoulli_log_prob(double x, double logit);

/// 5.2  One sample, from as many uniform numbers as you like.
double normal_sample(Rng& rng, double loc, double scale);
double bernoulli_sample(Rng& rng, double logit);

/// 5.3  KL(q || p) = E_q[log q(x) - log p(x)] of two normals: in closed form, and for any two densities
/// from `samples` samples of q, with its standard error.
double kl_normal(double loc_q, double scale_q, double loc_p, double scale_p);
using LogProb = std::function<double(double x)>;
using Sample = std::function<double(Rng& rng)>;
Estimate kl_sampled(const LogProb& log_q, const Sample& sample_q, const LogProb& log_p, int samples,
                    Rng& rng);

/// 5.4  The gradient of E[f(x)] for x ~ N(loc, scale^2), with respect to loc and scale, from `samples`
/// samples. The score function needs nothing but f; the other way, x = loc + scale * epsilon, needs its
/// slope.
struct Gradient {
  Estimate loc, scale;
};
using Function = std::function<double(double x)>;
Gradient score_gradient(const Function& f, double loc, double scale, int samples, Rng& rng);
Gradient path_gradient(const Function& slope, double loc, double scale, int samples, Rng& rng);

/// 5.5  The density of your course; distributions.cpp says which.
double variation_log_prob(double x, double loc, double scale);
double variation_sample(Rng& rng, double loc, double scale);

/// 5.6  A test: whether samples are from a density. Both are of one number; the density is smooth, has
/// a single hill within `from` to `to`, and nearly nothing outside. A right pair is turned down at most
/// once in ten thousand times.
bool samples_fit(const LogProb& log_prob, const Sample& sample, double from, double to, Rng& rng);

}  // namespace tiny
