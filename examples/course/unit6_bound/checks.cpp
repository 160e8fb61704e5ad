// The checks of unit 6. Tables are small enough that everything about them is known exactly; what is
// random is judged at five standard errors, so a right solution fails one check in a million.

#include "checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>

#include "agree.hpp"
#include "bound.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// p(z|x) for joints of ordinary size, to ask with.
Table posterior_of(Table joint) {
  double sum = 0;
  for (double& l : joint) sum += l = std::exp(l);
  for (double& l : joint) l /= sum;
  return joint;
}

// --- 6.1 evidence and posterior ---------------------------------------------------------------------

void evidence_worked() {
  Draw draw;
  const Table joint = near_table(draw, {-1, -2, -0.5});
  const double got = answer([&] { return log_evidence(joint); });
  judge([&] {
    note_table("log p(x, z)", joint);
    double sum = 0, product = 0;
    for (const double l : joint) sum += std::exp(l), product += l;
    const Mistake mistakes[] = {{"log", {sum}},
                                {"product", {product}},
                                {"mean", {true_evidence(joint) - std::log(3)}},
                                {"sum", {}}};
    expect_number("log p(x)", got, true_evidence(joint), mistakes);
  });
}

void evidence_far_out() {
  Draw draw;
  const double low = -draw.beyond(1000);
  for (const Table& joint : {Table{low, low - 1}, Table{low, -kInfinity, low - 2}}) {
    const double got = answer([&] { return log_evidence(joint); });
    judge([&] {
      note_table("log p(x, z)", joint);
      note("an image of 784 pixels has such joints; exp(-1000) is 0 in double");
      expect_number("log p(x)", got, true_evidence(joint), std::vector<Mistake>{{"largest", {}}});
    });
  }
}

void posterior_worked() {
  Draw draw;
  const Table joint = near_table(draw, {-1, -2, -0.5});
  const Table got = answer([&] { return posterior(joint); });
  judge([&] {
    note_table("log p(x, z)", joint);
    Table unnormalised = joint, logs = joint;
    for (double& l : unnormalised) l = std::exp(l);
    for (double& l : logs) l -= true_evidence(joint);
    const Mistake mistakes[] = {{"normalise", unnormalised}, {"logarithm", logs}, {"sum", {}}};
    expect_numbers("p(z|x)", got, true_posterior(joint), mistakes);
  });
}

void posterior_far_out() {
  Draw draw;
  const double low = -draw.beyond(1000);
  const Table joint{low, low - 1, -kInfinity};
  const Table got = answer([&] { return posterior(joint); });
  judge([&] {
    note_table("log p(x, z)", joint);
    expect_numbers("p(z|x)", got, true_posterior(joint), std::vector<Mistake>{{"largest", {}}});
  });
}

// --- 6.2 the bound, twice ---------------------------------------------------------------------------

void elbo_worked() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.2, 0.3, 0.5}),
              joint = near_table(draw, {-1, -2, -0.5});
  const double got = answer([&] { return elbo(q, joint); });
  judge([&] {
    note_table("q(z)", q);
    note_table("log p(x, z)", joint);
    double cross = 0, entropy = 0, plain = 0;
    for (std::size_t z = 0; z < q.size(); ++z) {
      cross += q[z] * joint[z];
      entropy -= q[z] * std::log(q[z]);
      plain += joint[z] - std::log(q[z]);
    }
    const Mistake mistakes[] = {{"entropy", {cross}},
                                {"sign_of_entropy", {cross - entropy}},
                                {"average", {plain}},
                                {"evidence", {true_evidence(joint)}},
                                {"formula", {}}};
    expect_number("E_q[log p(x, z) - log q(z)]", got, cross + entropy, mistakes);
  });
}

void elbo_at_posterior() {
  Draw draw;
  const Table joint = near_table(draw, {-1, -2, -0.5, -4}), q = posterior_of(joint);
  const double got = answer([&] { return elbo(q, joint); });
  judge([&] {
    note_table("log p(x, z)", joint);
    note("q is the posterior: there the bound touches log p(x)");
    expect_number("bound", got, true_evidence(joint), std::vector<Mistake>{{"formula", {}}});
  });
}

void elbo_with_zeros() {
  Draw draw;
  const Table joint{-draw.near(1), -kInfinity, -draw.near(2)};
  const double p = draw.uniform(0.2, 0.8);
  for (const Table& q : {Table{p, 0, 1 - p}, Table{1, 0, 0}}) {
    const double got = answer([&] { return elbo(q, joint); });
    judge([&] {
      note_table("q(z)", q);
      note_table("log p(x, z)", joint);
      note("0 log 0 is 0: a z that q never takes has no part in the average");
      expect_number("bound", got, true_elbo(q, joint), std::vector<Mistake>{{"zero_times", {}}});
    });
  }
}

void elbo_below_evidence() {
  Draw draw;
  for (int i = 0; i < 20; ++i) {
    const int n = 2 + draw.below(5);
    const Table q = draw_probabilities(draw, n), joint = draw_table(draw, n, -6, 0);
    const double got = answer([&] { return elbo(q, joint); });
    judge([&] {
      note_table("q(z)", q);
      note_table("log p(x, z)", joint);
      expect(got <= true_evidence(joint) + 1e-12,
             fmt::format("the bound is not above log p(x) = {:.6g}; it is {:.6g}",
                         true_evidence(joint), got),
             "formula");
      expect_number("bound", got, true_elbo(q, joint), std::vector<Mistake>{{"formula", {}}});
    });
  }
}

void split_worked() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.2, 0.3, 0.5}),
              prior = near_probabilities(draw, {0.5, 0.25, 0.25});
  const Table likelihood = near_table(draw, {-1, -2, -0.5});
  const std::vector<double> got = answer([&] {
    const Split s = elbo_split(q, likelihood, prior);
    return std::vector{s.reconstruction, s.kl};
  });
  judge([&] {
    expect_equal("numbers of a split", static_cast<int>(got.size()), 2);
    note_table("q(z)", q);
    note_table("p(z)", prior);
    note_table("log p(x|z)", likelihood);
    double reconstruction = 0, under_prior = 0;
    for (std::size_t z = 0; z < q.size(); ++z) {
      reconstruction += q[z] * likelihood[z];
      under_prior += prior[z] * likelihood[z];
    }
    expect_number("reconstruction, E_q[log p(x|z)]", got[0], reconstruction,
                  std::vector<Mistake>{{"average", {under_prior}}, {"parts", {}}});
    const Mistake mistakes[] = {
        {"direction", {true_kl(prior, q)}}, {"sign_of_kl", {-true_kl(q, prior)}}, {"parts", {}}};
    expect_number("KL(q || prior)", got[1], true_kl(q, prior), mistakes);
  });
}

// --- 6.3 the gap ------------------------------------------------------------------------------------

void gap_worked() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.2, 0.3, 0.5}),
              joint = near_table(draw, {-1, -2, -0.5});
  const double got = answer([&] { return gap(q, joint); });
  judge([&] {
    note_table("q(z)", q);
    note_table("log p(x, z)", joint);
    const double right = true_kl(q, true_posterior(joint));
    const Mistake mistakes[] = {{"direction", {true_kl(true_posterior(joint), q)}},
                                {"evidence", {-true_elbo(q, joint)}},
                                {"minus", {-right}},
                                {"formula", {}}};
    expect_number("KL(q || posterior)", got, right, mistakes);
  });
}

void gap_and_bound() {
  Draw draw;
  for (int i = 0; i < 10; ++i) {
    const int n = 2 + draw.below(5);
    const Table q = draw_probabilities(draw, n), joint = draw_table(draw, n, -6, 0);
    const double got = answer([&] { return gap(q, joint); });
    judge([&] {
      note_table("q(z)", q);
      note_table("log p(x, z)", joint);
      note(fmt::format("log p(x) = {:.6g} = bound {:.6g} + gap", true_evidence(joint),
                       true_elbo(q, joint)));
      expect_number("gap", got, true_evidence(joint) - true_elbo(q, joint),
                    std::vector<Mistake>{{"formula", {}}});
    });
  }
}

void gap_with_zeros() {
  Draw draw;
  const double p = draw.uniform(0.2, 0.8);
  const Table joint{-draw.near(1), -kInfinity, -draw.near(2)};
  const double finite = answer([&] { return gap({p, 0, 1 - p}, joint); });
  const double infinite = answer([&] { return gap({p, 1 - p, 0}, joint); });
  judge([&] {
    note_table("log p(x, z)", joint);
    note("a q that never takes the impossible z");
    expect_number("gap", finite, true_kl({p, 0, 1 - p}, true_posterior(joint)),
                  std::vector<Mistake>{{"zero_times", {}}});
    note("a q that does");
    expect_number("gap", infinite, kInfinity, std::vector<Mistake>{{"impossible", {}}});
  });
}

// --- 6.4 two estimators -----------------------------------------------------------------------------

constexpr int kSamples = 20000;

struct Setting {
  Model model;
  double x;
  Q q;
  std::uint64_t seed;
};

Setting draw_setting() {
  Draw draw;
  return {{draw.near(1.5), draw.near(0.5), draw.near(0.8)},
          draw.near(2),
          {draw.near(0.6), draw.near(0.7)},
          static_cast<std::uint64_t>(draw.uniform(1, 1e15))};
}

inline double log_normal(double x, double loc, double scale) {
  const double z = (x - loc) / scale;
  return -z * z / 2 - std::log(scale) - std::log(2 * std::numbers::pi) / 2;
}

/// The term that an estimator averages, as a function of z.
inline double term_of(const Setting& at, double z, bool a) {
  const double log_lik = log_normal(at.x, at.model.weight * z + at.model.bias, at.model.scale);
  return a ? log_lik + log_normal(z, 0, 1) - log_normal(z, at.q.loc, at.q.width) : log_lik;
}

/// Mean and standard deviation of a function of z ~ q, by the trapezoidal rule.
inline std::pair<double, double> moments(const Setting& at,
                                         const std::function<double(double)>& g) {
  double mean = 0, square = 0;
  constexpr double kStep = 0.002;
  for (int i = -5000; i <= 5000; ++i) {
    const double e = i * kStep, weight = std::exp(log_normal(e, 0, 1)) * kStep;
    const double value = g(at.q.loc + at.q.width * e);
    mean += weight * value;
    square += weight * value * value;
  }
  return {mean, std::sqrt(square - mean * mean)};
}

inline double kl_to_standard(const Q& q) {
  return (q.width * q.width + q.loc * q.loc - 1) / 2 - std::log(q.width);
}

inline void judge_estimate(const Setting& at, const std::vector<double>& got, bool a) {
  expect_equal("numbers of an estimate", static_cast<int>(got.size()), 2);
  const auto [mean, deviation] = moments(at, [&](double z) { return term_of(at, z, a); });
  const double kl = kl_to_standard(at.q), right = a ? mean : mean - kl;
  const double log_lik = moments(at, [&](double z) { return term_of(at, z, false); }).first;
  const double error = deviation / std::sqrt(kSamples);
  note(fmt::format("x = {:.4g}, p(x|z) = N({:.4g} z + {:.4g}, {:.4g}^2), q = N({:.4g}, {:.4g}^2)",
                   at.x, at.model.weight, at.model.bias, at.model.scale, at.q.loc, at.q.width));
  note(fmt::format("from {} samples: {:.5g} +- {:.2g}; the bound is {:.5g} +- {:.2g}", kSamples,
                   got[0], got[1], right, error));
  if (!(std::abs(got[0] - right) < 5 * error)) {
    const std::pair<const char*, double> known[] = {{"no_kl", log_lik},
                                                    {"sign_of_kl", log_lik + kl}};
    const char* hint = "mean";
    for (const auto& [topic, answer] : known)
      if (std::abs(got[0] - answer) < 5 * error) hint = topic;
    expect_number("the bound, within 5 standard errors", got[0], right,
                  std::vector<Mistake>{{hint, {got[0]}}}, 1e-12);
  }
  const char* hint = std::abs(got[1] / deviation - 1) < 0.08 ? "error" : "spread";
  expect(std::abs(got[1] / error - 1) < 0.08,
         fmt::format("the standard error is {:.3g}; got {:.3g}", error, got[1]), hint);
}

template <bool a>
void estimator() {
  const Setting at = draw_setting();
  const std::vector<double> got = answer([&] {
    Rng rng(at.seed);
    const Estimate e = (a ? estimator_a : estimator_b)(at.model, at.x, at.q, kSamples, rng);
    return std::vector{e.mean, e.standard_error};
  });
  judge([&] { judge_estimate(at, got, a); });
}

void exact_at_posterior() {
  Setting at = draw_setting();
  // The posterior of this model is a normal; there estimator A has no noise at all.
  const double w = at.model.weight, s = at.model.scale, precision = 1 + w * w / (s * s);
  at.q = {w * (at.x - at.model.bias) / (s * s) / precision, 1 / std::sqrt(precision)};
  const std::vector<double> got = answer([&] {
    Rng rng(at.seed);
    const Estimate e = estimator_a(at.model, at.x, at.q, 100, rng);
    return std::vector{e.mean, e.standard_error};
  });
  const std::vector<double> b = answer([&] {
    Rng rng(at.seed);
    const Estimate e = estimator_b(at.model, at.x, at.q, kSamples, rng);
    return std::vector{e.mean, e.standard_error};
  });
  judge([&] {
    expect_equal("numbers of an estimate", static_cast<int>(got.size()), 2);
    note("q is the posterior: log p(x, z) - log q(z) is log p(x) for every z");
    const double evidence = log_normal(at.x, at.model.bias, std::sqrt(w * w + s * s));
    expect_numbers("estimator A and its error", got, {evidence, 0},
                   std::vector<Mistake>{{"mean", {}}});
    note("estimator B averages log p(x|z), which does move with z");
    judge_estimate(at, b, false);
  });
}

// --- 6.5 many samples -------------------------------------------------------------------------------

void mean_weight_worked() {
  Draw draw;
  const std::vector<double> weights = near_table(draw, {-1, -2, -0.5, -3});
  const double got = answer([&] { return log_mean_weight(weights); });
  judge([&] {
    note_table("log w", weights);
    double mean_of_logs = 0;
    for (const double l : weights) mean_of_logs += l / 4;
    const Mistake mistakes[] = {
        {"sum_not_mean", {true_evidence(weights)}}, {"logs", {mean_of_logs}}, {"weights", {}}};
    expect_number("log (1/K) sum w", got, true_evidence(weights) - std::log(4), mistakes);
  });
}

void mean_weight_far_out() {
  Draw draw;
  const double low = -draw.beyond(1000);
  const std::vector<double> weights{low, low - 3, low - 1};
  const double got = answer([&] { return log_mean_weight(weights); });
  judge([&] {
    note_table("log w", weights);
    expect_number("log (1/K) sum w", got, true_evidence(weights) - std::log(3),
                  std::vector<Mistake>{{"largest", {}}});
  });
}

void size_worked() {
  Draw draw;
  const double l = draw.near(-5);
  const double equal = answer([&] { return effective_sample_size({l, l, l, l}); });
  const double one = answer([&] { return effective_sample_size({l, l - 60, l - 70}); });
  const std::vector<double> weights = near_table(draw, {-1, -2, -0.5});
  const double some = answer([&] { return effective_sample_size(weights); });
  const double low = -draw.beyond(1000);
  const double far = answer([&] { return effective_sample_size({low, low - 3, low - 1}); });
  judge([&] {
    note("four equal weights are four samples; one that is much larger than the others is one");
    expect_number("effective sample size of equal weights", equal, 4,
                  std::vector<Mistake>{{"size", {}}});
    expect_number("of one weight and two that are nearly 0", one, 1,
                  std::vector<Mistake>{{"size", {}}});
    note_table("log w", weights);
    double sum = 0, square = 0;
    for (const double x : weights) sum += std::exp(x), square += std::exp(2 * x);
    const Mistake mistakes[] = {
        {"squares", {sum / square}}, {"squares", {square / sum / sum}}, {"size", {}}};
    expect_number("(sum w)^2 / sum w^2", some, sum * sum / square, mistakes);
    note("log weights of -1000, -1003, -1001, or below");
    const double e = std::exp(-3.0), d = std::exp(-1.0);
    expect_number("effective sample size", far, (1 + e + d) * (1 + e + d) / (1 + e * e + d * d),
                  std::vector<Mistake>{{"largest", {}}});
  });
}

// --- 6.6 a bound of your own ------------------------------------------------------------------------

void variation_worked() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.2, 0.3, 0.5}),
              joint = near_table(draw, {-1, -2, -0.5});
  const double got = answer([&] { return variation_bound(q, joint); });
  judge([&] {
    note(fmt::format("this course's bound: {}, {}", variation().name, variation().formula));
    note_table("q(z)", q);
    note_table("log p(x, z)", joint);
    const Mistake mistakes[] = {
        {"same", {true_elbo(q, joint)}}, {"same", {true_evidence(joint)}}, {"formula", {}}};
    expect_number("its value", got, variation().value(q, joint), mistakes);
  });
}

void variation_edges() {
  Draw draw;
  const double low = -draw.beyond(1000), p = draw.uniform(0.2, 0.8);
  const Table far{low, low - 2}, with_zero{p, 0, 1 - p};
  const Table joint{-draw.near(1), draw.near(-0.5), -draw.near(2)};
  const double got = answer([&] { return variation_bound({p, 1 - p}, far); });
  const double zero = answer([&] { return variation_bound(with_zero, joint); });
  judge([&] {
    note_table("log p(x, z)", far);
    expect_number("its value", got, variation().value({p, 1 - p}, far),
                  std::vector<Mistake>{{"largest", {}}});
    note_table("q(z)", with_zero);
    expect_number("its value", zero, variation().value(with_zero, joint),
                  std::vector<Mistake>{{"zero_times", {}}});
  });
}

// --- 6.7 a test -------------------------------------------------------------------------------------

double shift = 0;  // drawn, so that a wrong bound is not known by its numbers
double right_bound(const Table& q, const Table& joint) {
  double sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += q[z] * (joint[z] - std::log(q[z]));
  return sum;
}

double evidence_of(const Table& joint) {
  double most = -kInfinity, sum = 0;
  for (const double l : joint) most = std::max(most, l);
  for (const double l : joint) sum += std::exp(l - most);
  return most + std::log(sum);
}

struct Wrong {
  const char* what;
  const char* hint;
  Bound bound;
};
const Wrong kWrong[] = {
    {"the entropy of q is left out", "touches",
     [](const Table& q, const Table& joint) {
       double sum = 0;
       for (std::size_t z = 0; z < q.size(); ++z)
         if (q[z] > 0) sum += q[z] * joint[z];
       return sum;
     }},
    {"log p(x) whatever q is: it touches, and is never below", "below",
     [](const Table&, const Table& joint) { return evidence_of(joint); }},
    {"right at the posterior; half of what is missing elsewhere", "below",
     [](const Table& q, const Table& joint) {
       return (right_bound(q, joint) + evidence_of(joint)) / 2;
     }},
    {"too low by a constant", "touches",
     [](const Table& q, const Table& joint) { return right_bound(q, joint) - shift; }},
    {"NaN where q is 0 at one z", "zeros",
     [](const Table& q, const Table& joint) {
       double sum = 0;
       for (std::size_t z = 0; z < q.size(); ++z) sum += q[z] * (joint[z] - std::log(q[z]));
       return sum;
     }},
    {"right for tables of moderate numbers; far out an exponential vanishes", "far",
     [](const Table& q, const Table& joint) {
       double evidence = 0, kl = 0;
       for (const double l : joint) evidence += std::exp(l);
       for (std::size_t z = 0; z < q.size(); ++z)
         if (q[z] > 0) kl += q[z] * std::log(q[z] * evidence / std::exp(joint[z]));
       return std::log(evidence) - kl;
     }},
};

template <int wrong>
void catches() {
  Draw draw;
  shift = draw.near(0.1);
  check_test(draw, 16, {"the bound", kWrong[wrong].what, kWrong[wrong].hint},
             [&](bool right) { return is_the_bound(right ? right_bound : kWrong[wrong].bound); });
}

constexpr Check kChecks[] = {
    {"6.1", Kind::worked, "the log evidence of three z", 3, evidence_worked, "sum"},
    {"6.1", Kind::edge, "log joints of -1000 and -infinity", 3, evidence_far_out, "largest"},
    {"6.1", Kind::worked, "the posterior of three z", 3, posterior_worked, "normalise"},
    {"6.1", Kind::edge, "the posterior at -1000", 3, posterior_far_out, "largest"},
    {"6.2", Kind::worked, "the bound", 5, elbo_worked, "formula"},
    {"6.2", Kind::worked, "at the posterior it is log p(x)", 3, elbo_at_posterior, "formula"},
    {"6.2", Kind::edge, "q is 0 at some z", 3, elbo_with_zeros, "zero_times"},
    {"6.2", Kind::property, "never above log p(x)", 3, elbo_below_evidence, "formula"},
    {"6.2", Kind::worked, "reconstruction and divergence", 5, split_worked, "parts"},
    {"6.3", Kind::worked, "the divergence from the posterior", 4, gap_worked, "formula"},
    {"6.3", Kind::property, "bound and gap are log p(x)", 4, gap_and_bound, "formula"},
    {"6.3", Kind::edge, "z that q or p never take", 3, gap_with_zeros, "zero_times"},
    {"6.4", Kind::worked, "estimator A", 7, estimator<true>, "mean"},
    {"6.4", Kind::worked, "estimator B", 7, estimator<false>, "mean"},
    {"6.4", Kind::edge, "at the posterior, A has no noise and B has", 4, exact_at_posterior,
     "mean"},
    {"6.5", Kind::worked, "log of the mean weight", 4, mean_weight_worked, "weights"},
    {"6.5", Kind::edge, "log weights of -1000", 3, mean_weight_far_out, "largest"},
    {"6.5", Kind::worked, "effective sample size", 5, size_worked, "size"},
    {"6.6", Kind::worked, "its value", 5, variation_worked, "formula"},
    {"6.6", Kind::edge, "far out, and where q is 0", 3, variation_edges, "largest"},
    {"6.7", Kind::property, "catches a missing entropy", 3, catches<0>, "touches"},
    {"6.7", Kind::property, "catches log p(x) itself", 3, catches<1>, "below"},
    {"6.7", Kind::property, "catches half of the gap", 3, catches<2>, "below"},
    {"6.7", Kind::property, "catches a constant too many", 2, catches<3>, "touches"},
    {"6.7", Kind::property, "catches 0 times infinity", 3, catches<4>, "zeros"},
    {"6.7", Kind::property, "catches what vanishes far out", 2, catches<5>, "far"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
