#include "distributions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace tiny {

Estimate estimate(const std::vector<double>& numbers) {
  const double n = static_cast<double>(numbers.size());
  double mean = 0, square = 0;
  for (const double x : numbers) mean += x / n;
  for (const double x : numbers) square += (x - mean) * (x - mean) / (n - 1);
  return {mean, std::sqrt(square / n)};
}

// --- 5.1  Log densities -----------------------------------------------------------------------------
double normal_log_prob(double x, double loc, double scale) {
  // SOLUTION 5.1 begin
  // STARTER todo("5.1", "the log density of a normal");
  if (!(scale > 0)) throw std::invalid_argument("normal_log_prob: the scale must be above 0");
  const double z = (x - loc) / scale;
  return -z * z / 2 - std::log(scale) - std::log(2 * std::numbers::pi) / 2;
  // SOLUTION 5.1 end
}
double bernoulli_log_prob(double x, double logit) {
  // SOLUTION 5.1 begin
  // STARTER todo("5.1", "the log probability of a coin");
  return x * logit - std::max(logit, 0.0) - std::log1p(std::exp(-std::abs(logit)));
  // SOLUTION 5.1 end
}

// --- 5.2  Samples -----------------------------------------------------------------------------------
double normal_sample(Rng& rng, double loc, double scale) {
  // SOLUTION 5.2 begin
  // STARTER todo("5.2", "a sample of a normal");
  // Box and Muller, 1958: the radius and the angle of two independent standard normals.
  const double radius = std::sqrt(-2 * std::log(rng.uniform()));
  return loc + scale * radius * std::cos(2 * std::numbers::pi * rng.uniform());
  // SOLUTION 5.2 end
}
double bernoulli_sample(Rng& rng, double logit) {
  // SOLUTION 5.2 begin
  // STARTER todo("5.2", "a toss of a coin");
  return rng.uniform() < 1 / (1 + std::exp(-logit)) ? 1 : 0;
  // SOLUTION 5.2 end
}

// --- 5.3  Divergences -------------------------------------------------------------------------------
double kl_normal(double loc_q, double scale_q, double loc_p, double scale_p) {
  // SOLUTION 5.3 begin
  // STARTER todo("5.3", "the divergence of two normals");
  const double ratio = scale_q / scale_p, shift = (loc_q - loc_p) / scale_p;
  return (ratio * ratio + shift * shift - 1) / 2 - std::log(ratio);
  // SOLUTION 5.3 end
}

Estimate kl_sampled(const LogProb& log_q, const Sample& sample_q, const LogProb& log_p, int samples,
                    Rng& rng) {
  // SOLUTION 5.3 begin
  // STARTER todo("5.3", "the divergence from samples");
  std::vector<double> terms;
  for (int i = 0; i < samples; ++i) {
    const double x = sample_q(rng);
    terms.push_back(log_q(x) - log_p(x));
  }
  return estimate(terms);
  // SOLUTION 5.3 end
}

// --- 5.4  Two gradients -----------------------------------------------------------------------------
Gradient score_gradient(const Function& f, double loc, double scale, int samples, Rng& rng) {
  // SOLUTION 5.4 begin
  // STARTER todo("5.4", "the score function");
  std::vector<double> by_loc, by_scale;
  for (int i = 0; i < samples; ++i) {
    const double x = normal_sample(rng, loc, scale), z = (x - loc) / scale;
    by_loc.push_back(f(x) * z / scale);
    by_scale.push_back(f(x) * (z * z - 1) / scale);
  }
  return {estimate(by_loc), estimate(by_scale)};
  // SOLUTION 5.4 end
}
Gradient path_gradient(const Function& slope, double loc, double scale, int samples, Rng& rng) {
  // SOLUTION 5.4 begin
  // STARTER todo("5.4", "the gradient along the path of a sample");
  std::vector<double> by_loc, by_scale;
  for (int i = 0; i < samples; ++i) {
    const double epsilon = normal_sample(rng, 0, 1), d = slope(loc + scale * epsilon);
    by_loc.push_back(d);
    by_scale.push_back(d * epsilon);
  }
  return {estimate(by_loc), estimate(by_scale)};
  // SOLUTION 5.4 end
}

// VARIATION 5.5

// --- 5.6  A test ------------------------------------------------------------------------------------
bool samples_fit(const LogProb& log_prob, const Sample& sample, double from, double to, Rng& rng) {
  // SOLUTION 5.6 begin
  // STARTER todo("5.6", "a test of samples against a density");
  // The distribution function by the trapezoidal rule; a density that does not integrate to 1 is wrong.
  constexpr int kSteps = 4000, kSamples = 20000;
  const double step = (to - from) / kSteps;
  std::vector<double> cdf{0};
  for (int i = 1; i <= kSteps; ++i)
    cdf.push_back(cdf.back() + step / 2 *
                                   (std::exp(log_prob(from + (i - 1) * step)) +
                                    std::exp(log_prob(from + i * step))));
  if (!(std::abs(cdf.back() - 1) < 1e-3)) return false;
  // Kolmogorov and Smirnov: sqrt(n) times the largest gap exceeds t with probability 2 exp(-2 t^2).
  std::vector<double> draws;
  for (int i = 0; i < kSamples; ++i) draws.push_back(sample(rng));
  std::sort(draws.begin(), draws.end());
  double gap = 0;
  for (int i = 0; i < kSamples; ++i) {
    const double place = std::clamp((draws[i] - from) / step, 0.0, kSteps - 1.0);
    const int below = static_cast<int>(place);
    const double at = cdf[below] + (place - below) * (cdf[below + 1] - cdf[below]);
    gap = std::max(
        {gap, std::abs(at - i / double{kSamples}), std::abs(at - (i + 1) / double{kSamples})});
  }
  return std::sqrt(kSamples) * gap < 2.4;  // once in 50,000 times, and a little for the rule
  // SOLUTION 5.6 end
}

}  // namespace tiny
