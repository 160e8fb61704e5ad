#pragma once

// What is trained in the place of the bound: beta, free bits, and many samples, on models of which
// everything is known. You write bounds.cpp; this file is given and the checks use the original, so
// changes here have no effect.

#include <cmath>
#include <numbers>
#include <vector>

#include "todo.hpp"

namespace tiny {

using course::todo;  // marks what is still to be written

using Table = std::vector<double>;  ///< one number for each z = 0, 1, ..., or for each sample

/// A model and the one x that was observed: p(z), all above 0, and log p(x|z).
struct Model {
  Table prior, log_likelihood;
};

/// E_q[f(z)]; a z with q(z) = 0 has no part in it. (Given.)
inline double mean(const Table& q, const Table& f) {
  double sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += q[z] * f[z];
  return sum;
}
/// KL(q || p) in nats. (Given.)
inline double kl(const Table& q, const Table& p) {
  double sum = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) sum += q[z] * std::log(q[z] / p[z]);
  return sum;
}

/// 8.1  The beta objective E_q[log p(x|z)] - beta KL(q || prior), which is the bound at beta = 1;
/// and the q that makes it largest, q(z) = p(z) p(x|z)^(1/beta) / C. beta > 0; right for any
/// size of log p(x|z).
double beta_objective(const Table& q, const Model& model, double beta);
Table best_q(const Model& model, double beta);

/// 8.2  Free bits: the sum over latents of max(least, mean over images of kl[image][latent]), and
/// its slope by every element of kl; 0 for a latent whose mean is below the floor.
double free_bits(const std::vector<Table>& kl, double least);
std::vector<Table> free_bits_gradient(const std::vector<Table>& kl, double least);

/// 8.3  From log weights log w_k of k samples: the bound log (1/k) sum_k w_k, and w_k / sum w.
/// Right for any size of log weights.
double iwae(const Table& log_weights);
Table normalised(const Table& log_weights);

/// A model of one number: z ~ N(0, 1), x ~ N(weight z + bias, scale^2); and q(z) = N(loc, width^2).
struct Line {
  double weight, bias, scale;
};
struct Q {
  double loc, width;
};
/// log N(x; loc, scale^2). (Given.)
inline double normal_log_prob(double x, double loc, double scale) {
  const double z = (x - loc) / scale;
  return -z * z / 2 - std::log(scale) - std::log(2 * std::numbers::pi) / 2;
}
/// log w = log p(x, z) - log q(z) of the sample z = loc + width * e. (Given.)
inline double log_weight(const Line& line, double x, const Q& q, double e) {
  const double z = q.loc + q.width * e;
  return normal_log_prob(x, line.weight * z + line.bias, line.scale) + normal_log_prob(z, 0, 1) -
         normal_log_prob(z, q.loc, q.width);
}

/// 8.4  The slopes of iwae(log w_1 ... log w_k) by loc and by width, where w_k = log_weight of
/// e_k: z moves with both, and e_k does not.
struct Slopes {
  double loc, width;
};
Slopes iwae_gradient(const Line& line, double x, const Q& q, const Table& e);

/// 8.5  Without noise: E[log (1/k) sum_k w_k] over k independent z ~ q, w = p(x, z) / q(z); and
/// the spread of the weights, Var_q[w] / p(x)^2. What the bound misses is nearly spread / (2k).
double expected_iwae(const Table& q, const Model& model, int k);
double spread(const Table& q, const Model& model);

/// 8.6  A test: whether a function is expected_iwae, by what you know of it.
using ManySamples = double (*)(const Table& q, const Model& model, int k);
bool is_iwae(ManySamples f);

}  // namespace tiny
