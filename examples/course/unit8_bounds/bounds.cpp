#include "bounds.hpp"

#include <algorithm>
#include <limits>

namespace tiny {

// --- 8.1  The beta objective ------------------------------------------------------------------------
double beta_objective(const Table& q, const Model& model, double beta) {
  // SOLUTION 8.1 begin
  // STARTER todo("8.1", "the beta objective");
  return mean(q, model.log_likelihood) - beta * kl(q, model.prior);
  // SOLUTION 8.1 end
}
Table best_q(const Model& model, double beta) {
  // SOLUTION 8.1 begin
  // STARTER todo("8.1", "the best q");
  const Table& l = model.log_likelihood;
  const double most = *std::max_element(l.begin(), l.end());
  Table q;
  double sum = 0;
  for (std::size_t z = 0; z < l.size(); ++z) {
    q.push_back(model.prior[z] * std::exp((l[z] - most) / beta));
    sum += q[z];
  }
  for (double& p : q) p /= sum;
  return q;
  // SOLUTION 8.1 end
}

// --- 8.2  Free bits ---------------------------------------------------------------------------------
double free_bits(const std::vector<Table>& kl, double least) {
  // SOLUTION 8.2 begin
  // STARTER todo("8.2", "free bits");
  double total = 0;
  for (std::size_t latent = 0; latent < kl[0].size(); ++latent) {
    double mean = 0;
    for (const Table& image : kl) mean += image[latent] / static_cast<double>(kl.size());
    total += std::max(least, mean);
  }
  return total;
  // SOLUTION 8.2 end
}
std::vector<Table> free_bits_gradient(const std::vector<Table>& kl, double least) {
  // SOLUTION 8.2 begin
  // STARTER todo("8.2", "the gradient of free bits");
  const double images = static_cast<double>(kl.size());
  std::vector<Table> slopes = kl;
  for (std::size_t latent = 0; latent < kl[0].size(); ++latent) {
    double mean = 0;
    for (const Table& image : kl) mean += image[latent] / images;
    for (Table& image : slopes) image[latent] = mean > least ? 1 / images : 0;
  }
  return slopes;
  // SOLUTION 8.2 end
}

// --- 8.3  The bound of k samples --------------------------------------------------------------------
double iwae(const Table& log_weights) {
  // SOLUTION 8.3 begin
  // STARTER todo("8.3", "the bound of k samples");
  const double most = *std::max_element(log_weights.begin(), log_weights.end());
  double sum = 0;
  for (const double l : log_weights) sum += std::exp(l - most);
  return most + std::log(sum / static_cast<double>(log_weights.size()));
  // SOLUTION 8.3 end
}
Table normalised(const Table& log_weights) {
  // SOLUTION 8.3 begin
  // STARTER todo("8.3", "the normalised weights");
  const double most = *std::max_element(log_weights.begin(), log_weights.end());
  double sum = 0;
  for (const double l : log_weights) sum += std::exp(l - most);
  Table w;
  for (const double l : log_weights) w.push_back(std::exp(l - most) / sum);
  return w;
  // SOLUTION 8.3 end
}

// --- 8.4  Its gradient ------------------------------------------------------------------------------
Slopes iwae_gradient(const Line& line, double x, const Q& q, const Table& e) {
  // SOLUTION 8.4 begin
  // STARTER todo("8.4", "the gradient of the bound of k samples");
  Table log_weights;
  for (const double noise : e) log_weights.push_back(log_weight(line, x, q, noise));
  const Table w = normalised(log_weights);
  Slopes slopes{0, 0};
  for (std::size_t k = 0; k < e.size(); ++k) {
    const double z = q.loc + q.width * e[k];
    // log q(z) = -e^2/2 - log width - ...: of q only the width is left once z moves along.
    const double by_z =
        line.weight * (x - line.weight * z - line.bias) / (line.scale * line.scale) - z;
    slopes.loc += w[k] * by_z;
    slopes.width += w[k] * (by_z * e[k] + 1 / q.width);
  }
  return slopes;
  // SOLUTION 8.4 end
}

// --- 8.5  Without noise -----------------------------------------------------------------------------
double expected_iwae(const Table& q, const Model& model, int k) {
  // SOLUTION 8.5 begin
  // STARTER todo("8.5", "the expected bound of k samples");
  // Counts z_1 ... z_k through like the digits of a number.
  std::vector<std::size_t> digits(static_cast<std::size_t>(k), 0);
  double expected = 0;
  for (;;) {
    double probability = 1;
    Table log_weights;
    for (const std::size_t z : digits) {
      probability *= q[z];
      log_weights.push_back(std::log(model.prior[z]) + model.log_likelihood[z] - std::log(q[z]));
    }
    if (probability > 0) expected += probability * iwae(log_weights);
    std::size_t place = 0;
    while (place < digits.size() && ++digits[place] == q.size()) digits[place++] = 0;
    if (place == digits.size()) return expected;
  }
  // SOLUTION 8.5 end
}
double spread(const Table& q, const Model& model) {
  // SOLUTION 8.5 begin
  // STARTER todo("8.5", "the spread of the weights");
  const Table posterior = best_q(model, 1);
  double square = 0;  // E_q[(w / p(x))^2]
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) square += posterior[z] * posterior[z] / q[z];
  return square - 1;
  // SOLUTION 8.5 end
}

// --- 8.6  A test ------------------------------------------------------------------------------------
bool is_iwae(ManySamples f) {
  // SOLUTION 8.6 begin
  // STARTER todo("8.6", "a test of the expected bound");
  const auto close = [](double a, double b) { return std::abs(a - b) < 1e-9; };
  const Table prior{0.5, 0.3, 0.2}, q{0.2, 0.2, 0.6};
  for (const double far : {0.0, -1500.0}) {
    const Model model{prior, {far - 1, far - 3, far - 2}};
    // p(x) and the posterior by hand: log-likelihoods of -1, -3, -2, and what is far out beside
    // them.
    const double p = 0.5 * std::exp(-1) + 0.3 * std::exp(-3) + 0.2 * std::exp(-2);
    const Table posterior{0.5 * std::exp(-1) / p, 0.3 * std::exp(-3) / p, 0.2 * std::exp(-2) / p};
    const double log_px = far + std::log(p);
    // One sample: the bound of unit 6.
    if (!close(f(q, model, 1), mean(q, model.log_likelihood) - kl(q, prior))) return false;
    // q is the posterior: every weight is p(x), however many there are.
    for (const int k : {1, 2, 3})
      if (!close(f(posterior, model, k), log_px)) return false;
    // q is certain: so is every sample.
    if (!close(f({1, 0, 0}, model, 2), std::log(0.5) + far - 1)) return false;
    // More samples come nearer, and stay below.
    if (!(f(q, model, 1) < f(q, model, 2) && f(q, model, 2) < f(q, model, 3))) return false;
    if (!(f(q, model, 3) < log_px)) return false;
  }
  // Two z, two samples: the four pairs, of weights 1/2 and 1/4.
  const double a = std::log(0.5), b = std::log(0.25), both = std::log(0.375);
  return close(f({0.5, 0.5}, {{0.5, 0.5}, {a, b}}, 2), a / 4 + b / 4 + both / 2);
  // SOLUTION 8.6 end
}

}  // namespace tiny
