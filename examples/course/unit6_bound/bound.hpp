#pragma once

// The bound of variational inference on models that are small enough to be known exactly: what
// Tapestry's vae/bounds/ is, on a page. You write bound.cpp; this file is given and the checks use the
// original, so changes here have no effect.

#include <cstdint>
#include <vector>

#include "todo.hpp"

namespace tiny {

using course::todo;  // marks what is still to be written

/// One number for each value of a hidden z = 0, 1, ..., for one x that was observed. Probabilities sum
/// to 1; a log joint is log p(x, z) = log p(z) + log p(x|z), and -infinity where that is impossible.
using Table = std::vector<double>;

/// 6.1  log p(x) = log sum_z p(x, z), and the posterior p(z|x). Right for any size of log joints.
double log_evidence(const Table& log_joint);
Table posterior(const Table& log_joint);

/// 6.2  The bound E_q[log p(x, z) - log q(z)] in nats, and the same as reconstruction minus divergence,
/// E_q[log p(x|z)] - KL(q || prior). A z with q(z) = 0 takes no part, whatever else it has.
double elbo(const Table& q, const Table& log_joint);
struct Split {
  double reconstruction, kl;
};
Split elbo_split(const Table& q, const Table& log_likelihood, const Table& prior);

/// 6.3  What the bound misses: KL(q || posterior) >= 0; infinite where q(z) > 0 and p(z|x) = 0.
double gap(const Table& q, const Table& log_joint);

/// Random numbers: the same for the same seed. (Given.)
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  double normal();  ///< of mean 0 and standard deviation 1

 private:
  double uniform();
  std::uint64_t state_;
};

/// A model of one number: z ~ N(0, 1), x ~ N(weight z + bias, scale^2); and q(z) = N(loc, width^2).
struct Model {
  double weight, bias, scale;
};
struct Q {
  double loc, width;
};

/// A mean over samples and its standard error; log N(x; loc, scale^2). (Both functions are given.)
struct Estimate {
  double mean, standard_error;
};
Estimate estimate(const std::vector<double>& numbers);
double normal_log_prob(double x, double loc, double scale);

/// 6.4  The bound from samples z = loc + width * rng.normal(). Estimator A averages
/// log p(x, z) - log q(z); estimator B averages log p(x|z) and takes KL(q || p(z)) in closed form.
Estimate estimator_a(const Model& model, double x, const Q& q, int samples, Rng& rng);
Estimate estimator_b(const Model& model, double x, const Q& q, int samples, Rng& rng);

/// 6.5  From log weights log p(x, z_k) - log q(z_k) of samples z_k ~ q: the estimate log (1/K) sum_k w_k
/// of log p(x), which is a bound in the mean, and the effective sample size (sum w)^2 / sum w^2.
double log_mean_weight(const std::vector<double>& log_weights);
double effective_sample_size(const std::vector<double>& log_weights);

/// 6.6  The bound of your course; bound.cpp says which.
double variation_bound(const Table& q, const Table& log_joint);

/// 6.7  A test: whether a function is the bound of 6.2, by what you know of it, on tables of your choice.
using Bound = double (*)(const Table& q, const Table& log_joint);
bool is_the_bound(Bound bound);

}  // namespace tiny
