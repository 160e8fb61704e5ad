// The checks of unit 5. What is exact is compared exactly; what is random at five standard errors.

#include "checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "agree.hpp"
#include "distributions.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

const double kHalfLogTwoPi = std::log(2 * std::numbers::pi) / 2;

// --- 5.1 log densities ------------------------------------------------------------------------------

void normal_worked() {
  Draw draw;
  const double x = draw.near(3), loc = draw.near(1), scale = draw.near(2);
  const double at_loc = answer([&] { return normal_log_prob(loc, loc, 1); });
  const double got = answer([&] { return normal_log_prob(x, loc, scale); });
  judge([&] {
    note(fmt::format("N({0:.4g}; {0:.4g}, 1): the top of the hill", loc));
    expect_number("its log density", at_loc, -kHalfLogTwoPi,
                  std::vector<Mistake>{{"constant", {0}},
                                       {"constant", {-2 * kHalfLogTwoPi}},
                                       {"density", {std::exp(-kHalfLogTwoPi)}},
                                       {"minus", {kHalfLogTwoPi}},
                                       {"formula", {}}});
    const double z = (x - loc) / scale, right = -z * z / 2 - std::log(scale) - kHalfLogTwoPi;
    note(fmt::format("x = {:.4g}, loc = {:.4g}, scale = {:.4g}", x, loc, scale));
    const Mistake mistakes[] = {
        {"width", {-z * z / 2 - kHalfLogTwoPi}},
        {"variance", {-z * z * scale / 2 - std::log(scale) / 2 - kHalfLogTwoPi}},
        {"variance", {-(x - loc) * (x - loc) / scale / 2 - std::log(scale) - kHalfLogTwoPi}},
        {"width", {-z * z / 2 + std::log(scale) - kHalfLogTwoPi}},
        {"half", {-z * z - std::log(scale) - kHalfLogTwoPi}},
        {"formula", {}}};
    expect_number("log density", got, right, mistakes);
  });
}

void normal_integrates() {
  Draw draw;
  const double loc = draw.near(1), scale = draw.near(0.7);
  const std::vector<double> got = answer([&] {
    std::vector<double> all;
    for (int i = -400; i <= 400; ++i)
      all.push_back(normal_log_prob(loc + scale * i * 0.025, loc, scale));
    return all;
  });
  judge([&] {
    note(fmt::format("the density at 801 places around {:.4g}, summed", loc));
    double sum = 0;
    for (const double x : got) sum += std::exp(x) * 0.025 * scale;
    expect_number("integral of the density", sum, 1, std::vector<Mistake>{{"width", {}}}, 1e-6);
  });
}

void normal_far_out() {
  Draw draw;
  const double tiny_scale = draw.near(1e-200);
  const double got = answer([&] { return normal_log_prob(2 * tiny_scale, 0, tiny_scale); });
  judge([&] {
    note(fmt::format("x = 2 scale, scale = {:.3g}: the square of the scale is 0 in double",
                     tiny_scale));
    expect_number("log density", got, -2 - std::log(tiny_scale) - kHalfLogTwoPi,
                  std::vector<Mistake>{{"square", {}}});
  });
  const double far = draw.beyond(50);
  const double tail = answer([&] { return normal_log_prob(far, 0, 1); });
  judge([&] {
    note(fmt::format("x = {:.4g}, 0, 1: the density itself is 0 in double, its log is not", far));
    expect_number("log density", tail, -far * far / 2 - kHalfLogTwoPi,
                  std::vector<Mistake>{{"logarithm", {-std::numeric_limits<double>::infinity()}}});
  });
}

void normal_refuses() {
  Draw draw;
  for (const double scale : {0.0, draw.near(-1), std::nan("")}) {
    const bool good = answer([&] { return refused([&] { normal_log_prob(1, 0, scale); }); });
    judge([&] {
      expect(good, fmt::format("a scale of {:g} is refused, by std::invalid_argument", scale),
             "refuse");
    });
  }
  const double got = answer([&] { return normal_log_prob(1, 0, draw.near(1.5)); });
  judge([&] { expect(got < 0, "one of 1.5 is not", "refuse"); });
}

void bernoulli_worked() {
  Draw draw;
  const double logit = draw.near(2);
  const double one = answer([&] { return bernoulli_log_prob(1, logit); });
  const double zero = answer([&] { return bernoulli_log_prob(0, logit); });
  judge([&] {
    const double p = 1 / (1 + std::exp(-logit));
    note(fmt::format("logit = {:.4g}, so p(1) = {:.4g}", logit, p));
    const Mistake of_one[] = {
        {"target", {std::log(1 - p)}}, {"density", {p}}, {"minus", {-std::log(p)}}, {"coin", {}}};
    expect_number("log p(1)", one, std::log(p), of_one);
    expect_number("log p(0)", zero, std::log(1 - p),
                  std::vector<Mistake>{{"target", {std::log(p)}}, {"coin", {}}});
  });
}

void bernoulli_far_out() {
  Draw draw;
  const double large = draw.beyond(1000);
  const std::vector<double> got = answer([&] {
    return std::vector{bernoulli_log_prob(1, large), bernoulli_log_prob(0, large),
                       bernoulli_log_prob(1, -large), bernoulli_log_prob(0, -large)};
  });
  judge([&] {
    note(fmt::format(
        "logits of {:.4g} and minus that: one side is certain, the other costs the logit", large));
    expect_numbers("log p(1), log p(0), and with the other sign", got, {0, -large, -large, 0},
                   std::vector<Mistake>{{"stable", {}}});
  });
}

// --- 5.2 samples ------------------------------------------------------------------------------------

void normal_samples() {
  Draw draw;
  const double loc = draw.near(2), scale = draw.near(3);
  const std::vector<double> got =
      samples_of([&](Rng& rng) { return normal_sample(rng, loc, scale); }, draw_seed(draw));
  judge([&] { judge_samples(kStandardNormal, loc, scale, got); });
}

void normal_standard_samples() {
  Draw draw;
  const std::vector<double> got =
      samples_of([&](Rng& rng) { return normal_sample(rng, 0, 1); }, draw_seed(draw));
  judge([&] { judge_samples(kStandardNormal, 0, 1, got); });
}

void samples_repeat() {
  Draw draw;
  const std::uint64_t seed = draw_seed(draw);
  const double loc = draw.near(5), scale = draw.near(0.1);
  const std::vector<double> got = answer([&] {
    Rng a(seed), b(seed);
    std::vector<double> all;
    for (int i = 0; i < 20; ++i) all.push_back(normal_sample(a, loc, scale));
    for (int i = 0; i < 20; ++i) all.push_back(normal_sample(b, loc, scale));
    return all;
  });
  judge([&] {
    note("two generators of one seed, twenty samples of each");
    expect_equal("samples", static_cast<int>(got.size()), 40);
    expect_numbers("the second twenty are the first", std::vector(got.begin() + 20, got.end()),
                   std::vector(got.begin(), got.begin() + 20), std::vector<Mistake>{{"seed", {}}});
    double mean = 0;
    for (const double x : got) mean += x / 40;
    expect(std::abs(mean - loc) < 2 * scale, fmt::format("they lie around {:.4g}", loc), "loc");
  });
}

void bernoulli_samples() {
  Draw draw;
  const double logit = draw.near(1.5);
  const std::vector<double> got =
      samples_of([&](Rng& rng) { return bernoulli_sample(rng, logit); }, draw_seed(draw));
  judge([&] {
    const double p = 1 / (1 + std::exp(-logit)), n = kSamples;
    expect_equal("samples", static_cast<int>(got.size()), kSamples);
    double ones = 0;
    for (const double x : got) {
      expect(x == 0 || x == 1, "every sample is 0 or 1", "coin");
      ones += x / n;
    }
    note(fmt::format("logit {:.4g}: p(1) = {:.4g}; {:.4g} of {} samples are 1", logit, p, ones,
                     kSamples));
    const double error = std::sqrt(p * (1 - p) / n);
    expect(std::abs(ones - p) < kErrors * error, fmt::format("the share of ones is {:.4g}", p),
           std::abs(1 - ones - p) < kErrors * error ? "target" : "coin");
  });
}

// --- 5.3 divergences --------------------------------------------------------------------------------

double true_kl(double loc_q, double scale_q, double loc_p, double scale_p) {
  const double r = scale_q / scale_p, s = (loc_q - loc_p) / scale_p;
  return (r * r + s * s - 1) / 2 - std::log(r);
}

void kl_worked() {
  Draw draw;
  const double lq = draw.near(1), sq = draw.near(0.5), lp = draw.near(-1), sp = draw.near(2);
  const double same = answer([&] { return kl_normal(lq, sq, lq, sq); });
  const double got = answer([&] { return kl_normal(lq, sq, lp, sp); });
  judge([&] {
    note("a normal against itself");
    expect_number("divergence", same, 0, std::vector<Mistake>{{"formula", {}}});
    note(fmt::format("q = N({:.4g}, {:.4g}^2), p = N({:.4g}, {:.4g}^2)", lq, sq, lp, sp));
    const Mistake mistakes[] = {{"direction", {true_kl(lp, sp, lq, sq)}},
                                {"variance", {true_kl(lq, std::sqrt(sq), lp, std::sqrt(sp))}},
                                {"formula", {}}};
    expect_number("KL(q || p)", got, true_kl(lq, sq, lp, sp), mistakes);
  });
}

void kl_many() {
  Draw draw;
  for (int i = 0; i < 8; ++i) {
    const double lq = draw.uniform(-2, 2), sq = draw.uniform(0.3, 3), lp = draw.uniform(-2, 2),
                 sp = draw.uniform(0.3, 3);
    const double got = answer([&] { return kl_normal(lq, sq, lp, sp); });
    judge([&] {
      note(fmt::format("q = N({:.4g}, {:.4g}^2), p = N({:.4g}, {:.4g}^2)", lq, sq, lp, sp));
      const Mistake mistakes[] = {{"direction", {true_kl(lp, sp, lq, sq)}}, {"formula", {}}};
      expect_number("KL(q || p)", got, true_kl(lq, sq, lp, sp), mistakes);
    });
  }
}

// q is a normal, p any function: the kit brings both, so that 5.3 needs neither 5.1 nor 5.2.
double density_of(double x, double loc, double scale) {
  const double z = (x - loc) / scale;
  return -z * z / 2 - std::log(scale) - kHalfLogTwoPi;
}

double sample_by_sum(Rng& rng, double loc, double scale) {
  const double radius = std::sqrt(-2 * std::log(rng.uniform()));
  return loc + scale * radius * std::sin(2 * std::numbers::pi * rng.uniform());
}

void check_kl_sampled(double lq, double sq, double lp, double sp) {
  Draw draw;
  const std::uint64_t seed = draw_seed(draw);
  const std::vector<double> got = answer([&] {
    Rng rng(seed);
    const Estimate e = kl_sampled([&](double x) { return density_of(x, lq, sq); },
                                  [&](Rng& r) { return sample_by_sum(r, lq, sq); },
                                  [&](double x) { return density_of(x, lp, sp); }, kSamples, rng);
    return std::vector{e.mean, e.standard_error};
  });
  judge([&] {
    note(fmt::format("q = N({:.4g}, {:.4g}^2), p = N({:.4g}, {:.4g}^2)", lq, sq, lp, sp));
    const auto term = [&](double x) { return density_of(x, lq, sq) - density_of(x, lp, sp); };
    judge_estimate(
        "KL(q || p)", got, true_kl(lq, sq, lp, sp), normal_deviation(term, lq, sq), kSamples,
        {{"direction", {true_kl(lp, sp, lq, sq)}}, {"minus", {-true_kl(lq, sq, lp, sp)}}});
  });
}

void kl_sampled_worked() {
  Draw draw;
  check_kl_sampled(draw.near(1), draw.near(0.5), draw.near(-1), draw.near(2));
}

void kl_sampled_wide() {
  Draw draw;
  check_kl_sampled(draw.near(0.5), draw.near(2), draw.near(0.3), draw.near(1.5));
}

// --- 5.4 two gradients ------------------------------------------------------------------------------

// f(x) = c x^2 + sin x + 2, of which only the path needs the slope.
double c = 1;
double f_of(double x) { return c * x * x + std::sin(x) + 2; }
double slope_of(double x) { return 2 * c * x + std::cos(x); }

struct Setting {
  double loc, scale;
  std::uint64_t seed;
};

Setting draw_setting() {
  Draw draw;
  c = draw.near(0.7);
  return {draw.near(1), draw.near(0.8), draw_seed(draw)};
}

inline void note_setting(const Setting& at) {
  note(fmt::format("f(x) = {:.4g} x^2 + sin x + 2, x ~ N({:.4g}, {:.4g}^2)", c, at.loc, at.scale));
}

/// The terms of which the estimators are means.
inline double score_of(double x, const Setting& at, bool of_scale) {
  const double z = (x - at.loc) / at.scale;
  return f_of(x) * (of_scale ? z * z - 1 : z) / at.scale;
}
inline double path_of(double x, const Setting& at, bool of_scale) {
  return slope_of(x) * (of_scale ? (x - at.loc) / at.scale : 1);
}

/// Asks one of the two functions; {loc, its error, scale, its error}.
template <class Ask>
std::vector<double> gradient_of(Ask ask, const Setting& at) {
  return answer([&] {
    Rng rng(at.seed);
    const Gradient g = ask(rng);
    return std::vector{g.loc.mean, g.loc.standard_error, g.scale.mean, g.scale.standard_error};
  });
}

using Term = double (*)(double x, const Setting& at, bool of_scale);
inline void judge_gradient(const Setting& at, const std::vector<double>& got, Term term,
                           bool of_scale) {
  expect_equal("numbers of a gradient", static_cast<int>(got.size()), 4);
  note_setting(at);
  const auto terms = [&](double x) { return term(x, at, of_scale); };
  const double mean = normal_mean(terms, at.loc, at.scale);
  const std::size_t k = of_scale ? 2 : 0;
  judge_estimate(of_scale ? "d E[f] / d scale" : "d E[f] / d loc", {got[k], got[k + 1]}, mean,
                 normal_deviation(terms, at.loc, at.scale), kSamples,
                 {{"scale", {mean * at.scale}},
                  {"scale", {mean * at.scale * at.scale}},
                  {"minus", {-mean}},
                  {"value", {normal_mean(f_of, at.loc, at.scale)}}});
}

template <bool of_scale>
void score() {
  const Setting at = draw_setting();
  const std::vector<double> got = gradient_of(
      [&](Rng& rng) { return score_gradient(f_of, at.loc, at.scale, kSamples, rng); }, at);
  judge([&] { judge_gradient(at, got, score_of, of_scale); });
}

template <bool of_scale>
void path() {
  const Setting at = draw_setting();
  const std::vector<double> got = gradient_of(
      [&](Rng& rng) { return path_gradient(slope_of, at.loc, at.scale, kSamples, rng); }, at);
  judge([&] { judge_gradient(at, got, path_of, of_scale); });
}

void ratio_of_noise() {
  const Setting at = draw_setting();
  const std::vector<double> by_score = gradient_of(
      [&](Rng& rng) { return score_gradient(f_of, at.loc, at.scale, kSamples, rng); }, at);
  const std::vector<double> by_path = gradient_of(
      [&](Rng& rng) { return path_gradient(slope_of, at.loc, at.scale, kSamples, rng); }, at);
  judge([&] {
    expect_equal("numbers of both", static_cast<int>(by_score.size() + by_path.size()), 8);
    note_setting(at);
    const auto of = [&](Term term) {
      return normal_deviation([&](double x) { return term(x, at, false); }, at.loc, at.scale);
    };
    const double right = std::pow(of(score_of) / of(path_of), 2);
    const double got = std::pow(by_score[1] / by_path[1], 2);
    note(fmt::format("variance of the score's gradient / of the path's: {:.3g}; it is {:.3g}", got,
                     right));
    expect(std::abs(got / right - 1) < 0.4, "the ratio of the two variances", "error");
  });
}

// --- 5.5 a density of your own ----------------------------------------------------------------------

void variation_worked() {
  Draw draw;
  const double x = draw.near(2), loc = draw.near(0.5), scale = draw.near(1.5);
  const double got = answer([&] { return variation_log_prob(x, loc, scale); });
  judge([&] {
    const double z = (x - loc) / scale, right = variation().log_prob(z) - std::log(scale);
    note(fmt::format("{}: {}", variation().name, variation().formula));
    note(fmt::format("x = {:.4g}, loc = {:.4g}, scale = {:.4g}", x, loc, scale));
    const Mistake mistakes[] = {
        {"width", {variation().log_prob(z)}}, {"density", {std::exp(right)}}, {"formula", {}}};
    expect_number("log density", got, right, mistakes);
  });
}

void variation_far_out() {
  Draw draw;
  const double far = draw.beyond(1000);
  for (const double side : {1.0, -1.0}) {
    const double got = answer([&] { return variation_log_prob(side * far, 0, 1); });
    judge([&] {
      note(
          fmt::format("x = {:.4g}, 0, 1: exponentials overflow on one side and vanish on the other",
                      side * far));
      expect_number("log density", got, variation().log_prob(side * far),
                    std::vector<Mistake>{{"stable", {}}});
    });
  }
}

void variation_samples() {
  Draw draw;
  const double loc = draw.near(-1), scale = draw.near(2);
  const std::vector<double> got =
      samples_of([&](Rng& rng) { return variation_sample(rng, loc, scale); }, draw_seed(draw));
  judge([&] { judge_samples(variation(), loc, scale, got); });
}

// --- 5.6 a test -------------------------------------------------------------------------------------

// Pairs of a density and samples. Where they lie is drawn.
double place = 0, width = 1;
double right_density(double x) { return density_of(x, place, width); }
double right_sample(Rng& rng) { return sample_by_sum(rng, place, width); }

struct Pair {
  const char* what;
  const char* hint;
  double (*log_prob)(double x);
  double (*sample)(Rng& rng);
};
const Pair kWrong[] = {
    {"the density is not normalised: it integrates to 1.25", "integral",
     [](double x) { return right_density(x) + std::log(1.25); }, right_sample},
    {"the samples lie a tenth of a deviation to the right", "compare", right_density,
     [](Rng& rng) { return right_sample(rng) + 0.1 * width; }},
    {"the samples are fifteen percent too wide", "shape", right_density,
     [](Rng& rng) { return place + 1.15 * (right_sample(rng) - place); }},
    {"mean and variance are right, but the samples are uniform", "shape", right_density,
     [](Rng& rng) { return place + width * std::sqrt(12) * (rng.uniform() - 0.5); }},
    {"mean and variance are right, but the samples have two hills", "shape", right_density,
     [](Rng& rng) {
       const double hill = rng.uniform() < 0.5 ? -0.8 : 0.8;
       return place + hill * width + 0.6 * (right_sample(rng) - place);
     }},
    {"one sample in twenty-five is ten deviations off", "shape", right_density,
     [](Rng& rng) { return right_sample(rng) + (rng.uniform() < 0.04 ? 10 * width : 0); }},
};

/// What the student's test says of a pair.
inline int said_of(double (*log_prob)(double), double (*sample)(Rng&), std::uint64_t seed) {
  return answer([&] {
    Rng rng(seed);
    return samples_fit(log_prob, sample, place - 12 * width, place + 12 * width, rng) ? 1 : 0;
  });
}

template <int wrong>
void catches() {
  Draw draw;
  place = draw.near(3), width = draw.near(2);
  std::uint64_t seed = draw_seed(draw);
  check_test(draw, 10, {"a normal with its samples", kWrong[wrong].what, kWrong[wrong].hint},
             [&](bool right) {
               Rng rng(++seed);
               return samples_fit(right ? right_density : kWrong[wrong].log_prob,
                                  right ? right_sample : kWrong[wrong].sample, place - 12 * width,
                                  place + 12 * width, rng);
             });
}

void accepts_what_is_right() {
  Draw draw;
  std::vector<int> is_right, said;
  for (int i = 0; i < 24; ++i) {
    place = draw.near(3), width = draw.near(0.5);
    is_right.push_back(draw.below(5) > 0);
    const Pair& half = kWrong[0];
    said.push_back(
        said_of(is_right.back() ? right_density : half.log_prob, right_sample, draw_seed(draw)));
  }
  judge([&] {
    note(
        "your test is shown normals of many places and widths, with other random numbers each "
        "time");
    for (std::size_t i = 0; i < said.size(); ++i) {
      expect(!is_right[i] || said[i] == 1,
             "your test lets a right pair pass; it may err once in ten thousand times", "passes");
      expect(is_right[i] || said[i] == 0, "your test turns down a density that integrates to 1.25",
             "integral");
    }
  });
}

constexpr Check kChecks[] = {
    {"5.1", Kind::worked, "the normal's log density", 4, normal_worked, "formula"},
    {"5.1", Kind::property, "the density integrates to 1", 3, normal_integrates, "width"},
    {"5.1", Kind::edge, "a scale of 1e-200, and fifty deviations away", 2, normal_far_out,
     "square"},
    {"5.1", Kind::edge, "a scale that is not above 0 is refused", 1, normal_refuses, "refuse"},
    {"5.1", Kind::worked, "the coin's log probabilities", 3, bernoulli_worked, "coin"},
    {"5.1", Kind::edge, "logits of 1000", 2, bernoulli_far_out, "stable"},
    {"5.2", Kind::property, "samples of a standard normal", 4, normal_standard_samples, "shape"},
    {"5.2", Kind::property, "samples of a normal anywhere", 4, normal_samples, "loc"},
    {"5.2", Kind::edge, "the same seed gives the same samples", 2, samples_repeat, "seed"},
    {"5.2", Kind::property, "tosses of a coin", 5, bernoulli_samples, "coin"},
    {"5.3", Kind::worked, "two normals in closed form", 5, kl_worked, "formula"},
    {"5.3", Kind::property, "many of them", 4, kl_many, "formula"},
    {"5.3", Kind::worked, "from samples, with its standard error", 6, kl_sampled_worked, "mean"},
    {"5.3", Kind::edge, "from samples of a q that is wider than p", 3, kl_sampled_wide, "mean"},
    {"5.4", Kind::gradient, "the score function, by loc", 5, score<false>, "mean"},
    {"5.4", Kind::gradient, "the score function, by scale", 4, score<true>, "mean"},
    {"5.4", Kind::gradient, "along the path, by loc", 5, path<false>, "mean"},
    {"5.4", Kind::gradient, "along the path, by scale", 4, path<true>, "mean"},
    {"5.4", Kind::property, "how much noisier the score function is", 2, ratio_of_noise, "error"},
    {"5.5", Kind::worked, "its log density", 4, variation_worked, "formula"},
    {"5.5", Kind::edge, "its log density far out", 2, variation_far_out, "stable"},
    {"5.5", Kind::property, "its samples", 6, variation_samples, "shape"},
    {"5.6", Kind::property, "right pairs pass, one that is not normalised does not", 5,
     accepts_what_is_right, "passes"},
    {"5.6", Kind::property, "catches a density that is not normalised", 1, catches<0>, "integral"},
    {"5.6", Kind::property, "catches samples that are shifted", 2, catches<1>, "compare"},
    {"5.6", Kind::property, "catches samples that are fifteen percent too wide", 2, catches<2>,
     "shape"},
    {"5.6", Kind::property, "catches uniform samples of the right variance", 2, catches<3>,
     "shape"},
    {"5.6", Kind::property, "catches two hills of the right variance", 2, catches<4>, "shape"},
    {"5.6", Kind::property, "catches four percent that are far off", 2, catches<5>, "shape"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
