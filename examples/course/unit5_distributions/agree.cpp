// What the judge knows, and how it compares statistics.

#include "agree.hpp"

#include <algorithm>

using namespace course;

static double normal_cdf(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }
static double normal_density(double z) { return -z * z / 2 - std::log(2 * std::numbers::pi) / 2; }
const Density kStandardNormal{"normal", "p(x) = N(x; loc, scale^2)", normal_density, normal_cdf, 1};

double integral(const std::function<double(double)>& g, double from, double to) {
  constexpr int kSteps = 20000;
  const double step = (to - from) / kSteps;
  double sum = (g(from) + g(to)) / 2;
  for (int i = 1; i < kSteps; ++i) sum += g(from + i * step);
  return sum * step;
}

double normal_mean(const std::function<double(double)>& g, double loc, double scale) {
  return integral([&](double z) { return std::exp(normal_density(z)) * g(loc + scale * z); }, -12,
                  12);
}

double normal_deviation(const std::function<double(double)>& g, double loc, double scale) {
  const double mean = normal_mean(g, loc, scale);
  return std::sqrt(
      normal_mean([&](double x) { return (g(x) - mean) * (g(x) - mean); }, loc, scale));
}

void judge_samples(const Density& density, double loc, double scale,
                   const std::vector<double>& samples) {
  expect_equal("samples", static_cast<int>(samples.size()), kSamples);
  const double n = kSamples, variance = density.variance * scale * scale;
  double mean = 0, square = 0, product = 0;
  for (const double x : samples) {
    expect(std::isfinite(x), "every sample is a finite number", "nan");
    mean += x / n;
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    square += (samples[i] - mean) * (samples[i] - mean) / n;
    if (i > 0) product += (samples[i] - mean) * (samples[i - 1] - mean) / n;
  }
  note(fmt::format(
      "{} samples of the {} with loc {:.4g} and scale {:.4g}: mean {:.4g}, deviation {:.4g}",
      kSamples, density.name, loc, scale, mean, std::sqrt(square)));
  const double off = std::abs(mean - loc) / std::sqrt(variance / n);
  expect(off < 6,
         fmt::format("the mean is {:.4g}, within 6 standard errors; it is {:.1f} off", loc, off),
         "loc");
  // The variance of a sample variance has the fourth moment in it: 6 times the normal's covers all here.
  const double ratio = square / variance;
  const char* hint =
      std::abs(ratio - scale * scale) < 0.1 * scale * scale || std::abs(ratio * scale - 1) < 0.1
          ? "scale"
          : "shape";
  expect(
      std::abs(ratio - 1) < 6 * std::sqrt(6 / n),
      fmt::format("the deviation is {:.4g}; it is {:.4g}", std::sqrt(variance), std::sqrt(square)),
      hint);
  const double correlation = product / square;
  expect(std::abs(correlation) < 6 / std::sqrt(n),
         fmt::format("a sample does not depend on the one before; their correlation is {:.3f}",
                     correlation),
         "again");
  std::vector<double> sorted = samples;
  std::sort(sorted.begin(), sorted.end());
  double gap = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double at = density.cdf((sorted[i] - loc) / scale);
    gap = std::max({gap, std::abs(at - static_cast<double>(i) / n),
                    std::abs(at - static_cast<double>(i + 1) / n)});
  }
  // Exceeded by a right sampler with probability 2 exp(-2 * 2.7^2) = 1e-6.
  expect(std::sqrt(n) * gap < 2.7,
         fmt::format(
             "the share of samples below x follows the distribution function; the largest gap is "
             "{:.2f} / sqrt(n), a right one stays below 2.7",
             std::sqrt(n) * gap),
         "shape");
}

void judge_estimate(const std::string& what, const std::vector<double>& got, double mean,
                    double deviation, int n, const std::vector<Mistake>& mistakes) {
  expect_equal("numbers of an estimate", static_cast<int>(got.size()), 2);
  const double error = deviation / std::sqrt(n);
  note(fmt::format("{} from {} samples: {:.5g} +- {:.2g}; it is {:.5g} +- {:.2g}", what, n, got[0],
                   got[1], mean, error));
  if (!(std::abs(got[0] - mean) < kErrors * error)) {
    std::vector<Mistake> known;
    for (const Mistake& mistake : mistakes)  // an answer that is near a known wrong mean
      if (!mistake.answer.empty() && std::abs(got[0] - mistake.answer[0]) < kErrors * error)
        known.push_back({mistake.hint, {got[0]}});
    known.push_back({"mean", {}});
    expect_number(fmt::format("{}, within {:g} standard errors", what, kErrors), got[0], mean,
                  known, 1e-12);
  }
  const char* hint = std::abs(got[1] / deviation - 1) < 0.2 ? "error" : "spread";
  expect(std::abs(got[1] / error - 1) < 0.2,
         fmt::format("the standard error of {} is {:.3g}; got {:.3g}", what, error, got[1]), hint);
}
