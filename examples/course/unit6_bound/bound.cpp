#include "bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace tiny {

double Rng::uniform() {  // SplitMix64 (Steele, Lea and Flood, 2014)
  std::uint64_t x = state_ += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  x ^= x >> 31;
  return (static_cast<double>(x >> 12) + 0.5) * 0x1p-52;
}

double Rng::normal() {
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

Estimate estimate(const std::vector<double>& numbers) {
  const double n = static_cast<double>(numbers.size());
  double mean = 0, square = 0;
  for (const double x : numbers) mean += x / n;
  for (const double x : numbers) square += (x - mean) * (x - mean) / (n - 1);
  return {mean, std::sqrt(square / n)};
}

// --- 6.1  Evidence and posterior --------------------------------------------------------------------
double log_evidence(const Table& log_joint) {
  // SOLUTION 6.1 begin
  // STARTER todo("6.1", "the log evidence");
  const double most = *std::max_element(log_joint.begin(), log_joint.end());
  double sum = 0;
  for (const double l : log_joint) sum += std::exp(l - most);
  return most + std::log(sum);
  // SOLUTION 6.1 end
}
Table posterior(const Table& log_joint) {
  // SOLUTION 6.1 begin
  // STARTER todo("6.1", "the posterior");
  const double evidence = log_evidence(log_joint);
  Table p;
  for (const double l : log_joint) p.push_back(std::exp(l - evidence));
  return p;
  // SOLUTION 6.1 end
}

// --- 6.2  The bound, twice --------------------------------------------------------------------------
double elbo(const Table& q, const Table& log_joint) {
  // SOLUTION 6.2 begin
  // STARTER todo("6.2", "the bound");
  double sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += q[z] * (log_joint[z] - std::log(q[z]));
  return sum;
  // SOLUTION 6.2 end
}
Split elbo_split(const Table& q, const Table& log_likelihood, const Table& prior) {
  // SOLUTION 6.2 begin
  // STARTER todo("6.2", "the bound in two parts");
  Split split{0, 0};
  for (std::size_t z = 0; z < q.size(); ++z) {
    if (q[z] == 0) continue;
    split.reconstruction += q[z] * log_likelihood[z];
    split.kl += q[z] * (std::log(q[z]) - std::log(prior[z]));
  }
  return split;
  // SOLUTION 6.2 end
}

// --- 6.3  The gap -----------------------------------------------------------------------------------
double gap(const Table& q, const Table& log_joint) {
  // SOLUTION 6.3 begin
  // STARTER todo("6.3", "what the bound misses");
  const double evidence = log_evidence(log_joint);
  double sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += q[z] * (std::log(q[z]) - (log_joint[z] - evidence));
  return sum;
  // SOLUTION 6.3 end
}

// --- 6.4  Two estimators ----------------------------------------------------------------------------
/// log N(x; loc, scale^2). (Given.)
double normal_log_prob(double x, double loc, double scale) {
  const double z = (x - loc) / scale;
  return -z * z / 2 - std::log(scale) - std::log(2 * std::numbers::pi) / 2;
}

Estimate estimator_a(const Model& model, double x, const Q& q, int samples, Rng& rng) {
  // SOLUTION 6.4 begin
  // STARTER todo("6.4", "estimator A");
  std::vector<double> terms;
  for (int i = 0; i < samples; ++i) {
    const double z = q.loc + q.width * rng.normal();
    const double log_joint =
        normal_log_prob(z, 0, 1) + normal_log_prob(x, model.weight * z + model.bias, model.scale);
    terms.push_back(log_joint - normal_log_prob(z, q.loc, q.width));
  }
  return estimate(terms);
  // SOLUTION 6.4 end
}
Estimate estimator_b(const Model& model, double x, const Q& q, int samples, Rng& rng) {
  // SOLUTION 6.4 begin
  // STARTER todo("6.4", "estimator B");
  const double kl = (q.width * q.width + q.loc * q.loc - 1) / 2 - std::log(q.width);
  std::vector<double> terms;
  for (int i = 0; i < samples; ++i) {
    const double z = q.loc + q.width * rng.normal();
    terms.push_back(normal_log_prob(x, model.weight * z + model.bias, model.scale) - kl);
  }
  return estimate(terms);
  // SOLUTION 6.4 end
}

// --- 6.5  Many samples ------------------------------------------------------------------------------
double log_mean_weight(const std::vector<double>& log_weights) {
  // SOLUTION 6.5 begin
  // STARTER todo("6.5", "the log of the mean weight");
  return log_evidence(log_weights) - std::log(static_cast<double>(log_weights.size()));
  // SOLUTION 6.5 end
}
double effective_sample_size(const std::vector<double>& log_weights) {
  // SOLUTION 6.5 begin
  // STARTER todo("6.5", "the effective sample size");
  const double most = *std::max_element(log_weights.begin(), log_weights.end());
  double sum = 0, square = 0;
  for (const double l : log_weights) {
    const double w = std::exp(l - most);
    sum += w;
    square += w * w;
  }
  return sum * sum / square;
  // SOLUTION 6.5 end
}

// VARIATION 6.6

// --- 6.7  A test ------------------------------------------------------------------------------------
bool is_the_bound(Bound bound) {
  // SOLUTION 6.7 begin
  // STARTER todo("6.7", "a test of a bound");
  const auto close = [](double a, double b) { return std::abs(a - b) < 1e-9; };
  const std::vector<Table> joints{{-1, -2.5, -0.3}, {-4, -1, -6}, {-2000, -2005, -2001}};
  const std::vector<Table> qs{{0.2, 0.5, 0.3}, {0.6, 0.3, 0.1}, {1.0 / 3, 1.0 / 3, 1.0 / 3}};
  for (const Table& log_joint : joints) {
    const double evidence = log_evidence(log_joint);
    // It touches log p(x) at the posterior, and is below it by the divergence elsewhere.
    if (!close(bound(posterior(log_joint), log_joint), evidence)) return false;
    for (const Table& q : qs)
      if (!close(bound(q, log_joint), evidence - gap(q, log_joint))) return false;
    // A q that is certain: the bound is the joint there, whatever the others are.
    if (!close(bound({0, 1, 0}, log_joint), log_joint[1])) return false;
    if (!close(bound({0, 0.5, 0.5}, {-INFINITY, log_joint[1], log_joint[2]}),
               (log_joint[1] + log_joint[2]) / 2 + std::log(2)))
      return false;
  }
  return true;
  // SOLUTION 6.7 end
}

}  // namespace tiny
