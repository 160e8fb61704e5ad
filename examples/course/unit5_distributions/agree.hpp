#pragma once

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "checks.hpp"
#include "distributions.hpp"

// What the open and the hidden checks of the unit share: what is asked, and what only the judge knows.
// Statistics are judged at five standard errors or more: a right solution fails one check in a million.

constexpr int kSamples = 20000;
constexpr double kErrors = 5;  ///< standard errors that an estimate may be off

/// A seed for the student's random numbers.
inline std::uint64_t draw_seed(course::Draw& draw) {
  return static_cast<std::uint64_t>(draw.uniform(1, 1e15));
}

/// Samples that the student's function draws.
template <class One>
std::vector<double> samples_of(One one, std::uint64_t seed) {
  return course::answer([&] {
    tiny::Rng rng(seed);
    std::vector<double> all;
    for (int i = 0; i < kSamples; ++i) all.push_back(one(rng));
    return all;
  });
}

// --- The judge --------------------------------------------------------------------------------------

/// A density with location 0 and scale 1.
struct Density {
  const char* name;
  const char* formula;
  double (*log_prob)(double z);
  double (*cdf)(double z);
  double variance;
};
extern const Density kStandardNormal;

/// The integral of g over `from` to `to`, by the trapezoidal rule.
double integral(const std::function<double(double)>& g, double from, double to);
/// Mean of g(x) under N(loc, scale^2), and its standard deviation.
double normal_mean(const std::function<double(double)>& g, double loc, double scale);
double normal_deviation(const std::function<double(double)>& g, double loc, double scale);

/// Samples are from the density at this place: how many, mean, variance, independence, and the largest
/// gap of the distribution functions.
void judge_samples(const Density& density, double loc, double scale,
                   const std::vector<double>& samples);

/// An estimate {mean, standard error} from n samples of something with this mean and deviation.
void judge_estimate(const std::string& what, const std::vector<double>& got, double mean,
                    double deviation, int n, const std::vector<course::Mistake>& mistakes = {});
